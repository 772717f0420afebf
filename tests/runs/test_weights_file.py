import gzip
import pickle

import pytest
import torch

from rankdistill.backbones.ease import Ease
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.rank_files.tables import storage_name
from rankdistill.runs import weights_file
from rankdistill.runs.weights_file import load_weights, save_weights

NUM_USERS, NUM_ITEMS = 943, 1682
"""Of MovieLens 100K."""

PACKED = [16, 8, 6, 4]


def factorization(embedding_dim, num_users=NUM_USERS, num_items=NUM_ITEMS):
    """A factorisation whose every weight, and the user bias too, is a number of its own."""
    torch.manual_seed(0)
    backbone = MatrixFactorization(num_users, num_items, embedding_dim, init_std=0.5)
    with torch.no_grad():
        backbone.user_bias.normal_()
        backbone.item_bias.normal_()
    return backbone


def saved(folder, backbone, bits):
    path = folder / f"{storage_name(bits)}.pt"
    save_weights(backbone.state_dict(), path, bits, backbone.ranks_nothing)
    return path


def test_the_names_of_the_storages():
    assert [storage_name(bits) for bits in (32, 16, 8, 6, 4)] == [
        "fp32",
        "fp16",
        "int8",
        "int6",
        "int4",
    ]


def test_fp32_is_a_plain_file_of_tensors_that_torch_reads(tmp_path):
    backbone = factorization(4)
    path = saved(tmp_path, backbone, 32)
    for weights in (torch.load(path, weights_only=True), load_weights(path)):
        assert set(weights) == set(backbone.state_dict())
        torch.testing.assert_close(weights, dict(backbone.state_dict()), atol=0, rtol=0)


@pytest.mark.parametrize("bits", PACKED)
def test_what_is_loaded_fits_the_network_that_was_saved(bits, tmp_path):
    backbone = factorization(5)
    weights = load_weights(saved(tmp_path, backbone, bits))
    assert {weight.dtype for weight in weights.values()} == {torch.float32}
    for name, kept in backbone.state_dict().items():
        error = (weights[name] - kept).square().mean().sqrt() / kept.square().mean().sqrt()
        bound = 1.0 if name in backbone.ranks_nothing else 2.0 ** (1 - min(bits, 10))
        assert float(error) <= bound, name
    backbone.load_state_dict(weights)


@pytest.mark.parametrize("bits", PACKED)
def test_the_ranking_is_the_same_without_the_user_bias_that_is_left_out(bits, tmp_path):
    backbone = factorization(5).double()
    weights = load_weights(saved(tmp_path, backbone, bits))
    assert weights["user_bias"].tolist() == [0.0] * NUM_USERS
    users, bias = torch.arange(50), backbone.user_bias.detach().clone()
    backbone.load_state_dict(weights)
    without = backbone.score_rows(users).argsort(1)
    with torch.no_grad():
        backbone.user_bias.copy_(bias)
    assert torch.equal(backbone.score_rows(users).argsort(1), without)


@pytest.mark.parametrize("bits", [6, 4])
def test_a_student_of_movielens_size_takes_a_hundredth_of_its_teachers_bytes(bits, tmp_path):
    teacher = saved(tmp_path, factorization(200), 32).stat().st_size
    student = saved(tmp_path, factorization(8), bits).stat().st_size
    assert teacher == pytest.approx(4 * (NUM_USERS + NUM_ITEMS) * 201, rel=0.01)
    assert student <= teacher / 100


def test_each_storage_is_about_as_large_as_its_bits_say(tmp_path):
    backbone = factorization(64)
    for bits in (32, *PACKED):
        size = saved(tmp_path, backbone, bits).stat().st_size
        assert size == pytest.approx((NUM_USERS + NUM_ITEMS) * 64 * bits / 8, rel=0.11)


def test_equal_weights_make_equal_files_whenever_they_are_written(tmp_path, monkeypatch):
    first = saved(tmp_path, factorization(3), 4).read_bytes()
    monkeypatch.setattr("time.time", lambda: 1e9)
    assert saved(tmp_path, factorization(3), 4).read_bytes() == first


@pytest.mark.parametrize("bits", PACKED)
def test_what_is_no_table_of_real_numbers_is_kept_as_it_is(bits, tmp_path):
    kept = {
        "ids": torch.arange(300) * 10**12,
        "flags": torch.tensor([[True, False]]),
        "temperature": torch.tensor(0.1),
        "empty": torch.zeros(0, 4),
    }
    save_weights(kept, tmp_path / "weights.pt", bits)
    torch.testing.assert_close(load_weights(tmp_path / "weights.pt"), kept, atol=0, rtol=0)


@pytest.mark.parametrize("bits", [16, 8])
def test_a_linear_item_model_scores_nearly_the_same_after_packing(bits, tmp_path):
    generator = torch.Generator().manual_seed(0)
    users, items = (torch.rand(40, 30, generator=generator) < 0.3).nonzero().unbind(1)
    backbone, again = (Ease(40, 30, l2=5.0, memory_gib=8.0) for _ in range(2))
    backbone.observe(users, items)
    again.load_state_dict(load_weights(saved(tmp_path, backbone, bits)))
    everybody = torch.arange(40)
    expected = backbone.score_rows(everybody)
    assert float((again.score_rows(everybody) - expected).std()) < 0.02 * float(expected.std())


@pytest.mark.parametrize("bits", PACKED)
@pytest.mark.parametrize("weight", [torch.nan, -torch.inf])
def test_weights_that_are_no_numbers_are_refused_by_name(bits, weight, tmp_path):
    weights = {"good": torch.ones(2, 2), "bad": torch.tensor([[1.0, weight]])}
    with pytest.raises(ValueError, match=f"bad is not finite .* {storage_name(bits)}"):
        save_weights(weights, tmp_path / "weights.pt", bits)
    assert not list(tmp_path.iterdir())


def test_weights_beyond_fp16_are_refused_with_what_to_do(tmp_path):
    weights = {"table": torch.tensor([[1e5, 1.0]])}
    with pytest.raises(ValueError, match=r"table reaches 1e\+05, beyond fp16; use storage=int8"):
        save_weights(weights, tmp_path / "weights.pt", 16)
    save_weights(weights, tmp_path / "weights.pt", 8)
    loaded = load_weights(tmp_path / "weights.pt")["table"]
    assert loaded[0, 0] == pytest.approx(1e5, rel=0.01)


@pytest.mark.parametrize("bits", [32, 4])
@pytest.mark.parametrize("kept", [0, 1, 2, 100, -1])
def test_a_truncated_file_is_an_error_that_names_it(bits, kept, tmp_path):
    path = saved(tmp_path, factorization(4, 20, 30), bits)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=rf"{path.name} cannot be read: truncated"):
        load_weights(path)


def test_a_packed_file_with_one_wrong_bit_is_noticed(tmp_path):
    path = saved(tmp_path, factorization(4, 20, 30), 4)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"int4\.pt cannot be read"):
        load_weights(path)


def test_a_missing_file_is_an_error_that_says_what_to_give(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no weights at .*give the path of a weights\.pt"):
        load_weights(tmp_path / "weights.pt")


PACKED_TABLE = {
    "codes": torch.zeros(4, dtype=torch.uint8),
    "exponents": torch.zeros(2, dtype=torch.uint8),
    "largest_step": 1.0,
    "shape": (2, 4),
    "bits": 4,
}


@pytest.mark.parametrize(
    "content",
    [
        torch.zeros(3),
        [torch.zeros(3)],
        {"state_dict": {"table": torch.zeros(3)}, "hyper_parameters": {}},
        {"epoch": 3},
        {"storage": "int4", "weights": 7},
        {"storage": "int4", "weights": {"table": {**PACKED_TABLE, "shape": (2, 40)}}},
        {"storage": "int4", "weights": {"table": {**PACKED_TABLE, "bits": 40}}},
        {"storage": "int4", "weights": {"table": {**PACKED_TABLE, "exponents": torch.zeros(3)}}},
        {"storage": "int4", "weights": {"table": {**PACKED_TABLE, "shape": "abc"}}},
        {"storage": "int4", "weights": {"table": {"codes": torch.zeros(4)}}},
    ],
)
def test_a_file_of_something_else_is_an_error_that_names_it(content, tmp_path):
    path = tmp_path / "weights.pt"
    torch.save(content, path)
    with pytest.raises(ValueError, match=r"weights\.pt is not a weights\.pt of rankdistill"):
        load_weights(path)


class Malicious:
    """Runs code where a pickle is loaded without care."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_nothing_in_a_weights_file_is_executed(tmp_path):
    trace, path = tmp_path / "trace", tmp_path / "weights.pt"
    torch.save({"storage": "int4", "weights": {"table": Malicious(trace)}}, path)
    harmful = [path.read_bytes(), pickle.dumps(Malicious(trace), protocol=2)]
    for content in (*harmful, *map(gzip.compress, harmful)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="cannot be read"):
            load_weights(path)
    assert not trace.exists()


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = saved(tmp_path, factorization(3, 20, 30), 4)
    before = path.read_bytes()

    def fails(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(weights_file.Path, "write_bytes", fails)
    with pytest.raises(OSError, match="no space left"):
        saved(tmp_path, factorization(4, 20, 30), 4)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["int4.pt"]
