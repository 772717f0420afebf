import numpy as np
import pytest
from tests.rank_files.made_models import SHAPES, made_model

from rankdistill import files
from rankdistill.rank_files.container import sealed, unsealed
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.rank_file import read_rank_file, write_rank_file
from rankdistill.rank_files.row_codes import PackedRows
from rankdistill.rank_files.tables import decoded, encoded


def written(path, *args, **changes):
    model = made_model(*args, **changes)
    write_rank_file(path, model)
    return model


def assert_equal_tables(one, other):
    assert one.keys() == other.keys()
    for name, table in one.items():
        packed = isinstance(table, PackedRows)
        assert packed == isinstance(other[name], PackedRows)
        for found, expected in zip(
            table if packed else [table], other[name] if packed else [other[name]], strict=True
        ):
            np.testing.assert_array_equal(found, expected, strict=not np.isscalar(found))


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("bits", [32, 16, 8, 6, 5, 4])
def test_all_that_is_written_comes_back(kind, bits, tmp_path):
    model = written(tmp_path / "a.rank", kind, bits)
    again = read_rank_file(tmp_path / "a.rank")
    assert_equal_tables(again.tables, model.tables)
    for name in ("kind", "storage", "settings", "item_ids", "item_titles", "user_ids", "about"):
        assert getattr(again, name) == getattr(model, name), name
    assert again.item_counts.tolist() == model.item_counts.tolist()
    assert [part.tolist() for part in again.seen] == [part.tolist() for part in model.seen]


def test_what_a_model_does_not_have_takes_no_bytes_and_is_not_there(tmp_path):
    path = tmp_path / "a.rank"
    none = {"item_titles": (), "item_counts": None, "seen": None, "about": {}}
    written(path, **none)
    arrays, _ = unsealed(path.read_bytes())
    assert not {name for name in arrays if name.startswith(("seen", "item_titles", "item_counts"))}
    again = read_rank_file(path)
    assert (again.item_titles, again.item_counts, again.seen) == ((), None, None)


def test_tables_of_a_network_keep_their_names_and_kinds_of_numbers(tmp_path):
    tables = {
        "layers.0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        "steps": np.array(7),
        "flags": np.array([True, False]),
        "none": np.zeros((0, 4), np.float32),
    }
    write_rank_file(tmp_path / "a.rank", RankFile(kind="network", storage="fp32", tables=tables))
    assert_equal_tables(read_rank_file(tmp_path / "a.rank").tables, tables)


def test_equal_models_make_equal_files(tmp_path):
    for name in ("a.rank", "b.rank"):
        written(tmp_path / name, "factors", 6)
    assert (tmp_path / "a.rank").read_bytes() == (tmp_path / "b.rank").read_bytes()


def numbers_of(name, entry, arrays):
    """Read a table slowly, as docs/serving.md says it."""
    codes, exponents, kept = (
        "".join(f"{byte:08b}" for byte in arrays.get(f"table.{name}.{part}", b""))
        for part in ("codes", "exponents", "kept_rows")
    )
    width, of_exponent = entry["bits"], entry.get("exponent_bits", 8)
    rows, *more = entry["shape"]
    rows, per_row = (rows, int(np.prod(more))) if more else (1, rows)
    kept = kept[:rows] or "1" * rows
    num_kept = kept.count("1")
    assert len(exponents) == -(-num_kept * of_exponent // 8) * 8
    assert len(codes) == -(-num_kept * per_row * width // 8) * 8
    numbers = []
    for row in range(rows):
        place = kept[:row].count("1")
        exponent = int(exponents[place * of_exponent :][:of_exponent] or "0", 2)
        power = -exponent * entry.get("exponent_unit", 1) / 16
        step = np.float32(entry["largest_step"] * 2.0**power)
        for column in range(per_row):
            code = codes[(place * per_row + column) * width :][:width]
            is_kept = kept[row] == "1"
            numbers.append(np.float32(int(code, 2) - 2 ** (width - 1)) * step if is_kept else 0.0)
    return [float(number) for number in numbers]


@pytest.mark.parametrize("bits", [5, 4])
def test_packed_numbers_are_the_steps_and_codes_of_the_documentation(bits, tmp_path):
    """A slow reader that follows docs/serving.md finds the numbers of ours, bit for bit."""
    path = tmp_path / "a.rank"
    model = written(path, "factors", bits)
    arrays, description = unsealed(path.read_bytes())
    for name, entry in description["tables"].items():
        assert decoded(model.tables[name]).ravel().tolist() == numbers_of(name, entry, arrays)


@pytest.mark.parametrize("zeros", [0, 5, 15])
def test_a_slow_reader_finds_the_rows_that_are_left_out(zeros, tmp_path):
    weights = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)
    weights[3 : 3 + zeros] = 0
    stored = encoded("w", weights, 4)
    model = RankFile(kind="network", storage="int4", tables={"w": stored})
    write_rank_file(tmp_path / "a.rank", model)
    arrays, description = unsealed((tmp_path / "a.rank").read_bytes())
    assert ("table.w.kept_rows" in arrays) is (zeros > 0)
    found = numbers_of("w", description["tables"]["w"], arrays)
    assert found == decoded(stored).ravel().tolist()
    assert_equal_tables(read_rank_file(tmp_path / "a.rank").tables, model.tables)


@pytest.mark.parametrize(("bits", "has_form"), [(8, False), (5, False), (4, True), (2, True)])
def test_only_tables_of_four_bits_and_fewer_tell_the_form_of_their_exponents(
    bits, has_form, tmp_path
):
    written(tmp_path / "a.rank", "factors", bits)
    _, description = unsealed((tmp_path / "a.rank").read_bytes())
    entries = description["tables"]
    assert ("exponent_bits" in entries["users"]) is has_form
    assert "exponent_bits" not in entries["item_bias"]


def test_a_missing_file_is_an_error_that_says_what_to_give(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no model at .*give the path of a model\.rank"):
        read_rank_file(tmp_path / "model.rank")


@pytest.mark.parametrize("kept", [0, 7, 8, 100, 1000, -1])
def test_a_truncated_file_is_an_error_that_names_it(kept, tmp_path):
    path = tmp_path / "a.rank"
    written(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"a\.rank is (truncated|no model)"):
        read_rank_file(path)


def test_a_flipped_bit_is_an_error_that_names_the_file(tmp_path):
    path = tmp_path / "a.rank"
    written(path)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.rank is truncated or damaged: its checksum"):
        read_rank_file(path)


def described(**changes):
    table = {"shape": [6, 3], "bits": 4, "largest_step": 1.0}
    good = {
        "kind": "network",
        "storage": "int4",
        "tables": {"items": table},
        "settings": {},
        "about": {},
    }
    return {**good, **changes}


ARRAYS = {
    "table.items.codes": np.zeros(9, np.uint8),
    "table.items.exponents": np.zeros(6, np.uint8),
}


def test_a_made_file_is_read(tmp_path):
    (tmp_path / "a.rank").write_bytes(sealed(ARRAYS, described()))
    assert decoded(read_rank_file(tmp_path / "a.rank").tables["items"]).tolist() == [[-8.0] * 3] * 6


def of_half_bytes(**changes):
    entry = {"shape": [6, 3], "bits": 4, "largest_step": 1.0, "exponent_bits": 4}
    return described(tables={"items": {**entry, "exponent_unit": 4, **changes}})


HALF_BYTES = {**ARRAYS, "table.items.exponents": np.full(3, 0x40, np.uint8)}


def test_a_made_file_of_half_a_byte_a_row_is_read(tmp_path):
    (tmp_path / "a.rank").write_bytes(sealed(HALF_BYTES, of_half_bytes()))
    read = decoded(read_rank_file(tmp_path / "a.rank").tables["items"])
    assert read.tolist() == [[-4.0] * 3, [-8.0] * 3] * 3


@pytest.mark.parametrize(
    ("arrays", "description"),
    [
        ({}, described()),
        (ARRAYS, of_half_bytes()),
        (HALF_BYTES, described()),
        (HALF_BYTES, of_half_bytes(exponent_bits=4.0)),
        (HALF_BYTES, of_half_bytes(exponent_bits=5)),
        (HALF_BYTES, of_half_bytes(exponent_unit=18)),
        (HALF_BYTES, of_half_bytes(exponent_unit="4")),
        ({**HALF_BYTES, "table.items.exponents": np.zeros(3, np.uint16)}, of_half_bytes()),
        (HALF_BYTES, of_half_bytes(shape=[])),
        ({**HALF_BYTES, "table.items.kept_rows": np.full(1, 0xF0, np.uint8)}, of_half_bytes()),
        ({**HALF_BYTES, "table.items.kept_rows": np.full(1, 0.5)}, of_half_bytes()),
        (ARRAYS, {}),
        (ARRAYS, described(tables=7)),
        (ARRAYS, described(tables={"items": {"shape": "abc", "bits": 4, "largest_step": 1.0}})),
        (ARRAYS, described(tables={"items": {"shape": [6], "bits": [], "largest_step": 1.0}})),
        (ARRAYS, described(tables={"items": {"shape": [6, 3]}})),
        (ARRAYS, described(tables={"more": {}})),
        (ARRAYS, described(kind="factors")),
        (ARRAYS, described(kind=["a"])),
        (ARRAYS, described(settings={"power": "x"})),
        (ARRAYS, described(about=7)),
        ({**ARRAYS, "table.items.codes": np.zeros(9)}, described()),
        ({**ARRAYS, "item_ids.lengths": np.zeros(9, np.uint8)}, described()),
        (
            {**ARRAYS, "user_ids.lengths": np.array([1.0]), "user_ids.text": np.zeros(1)},
            described(),
        ),
        ({**ARRAYS, "seen.counts": np.zeros(0, np.uint8)}, described()),
    ],
    ids=range(25),
)
def test_a_file_of_nonsense_with_a_right_checksum_is_an_error_that_names_it(
    arrays, description, tmp_path
):
    (tmp_path / "a.rank").write_bytes(sealed(arrays, description))
    with pytest.raises(ValueError, match=r"a\.rank is no sound model of rankdistill"):
        read_rank_file(tmp_path / "a.rank")


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "a.rank"
    written(path)
    before = path.read_bytes()

    def fails(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(files.Path, "write_bytes", fails)
    with pytest.raises(OSError, match="no space left"):
        written(path, bits=4)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["a.rank"]
