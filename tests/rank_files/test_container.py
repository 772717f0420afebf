import hashlib
import json
import struct

import numpy as np
import pytest
from safetensors.numpy import load, save

from rankdistill.rank_files.container import FILE_FORMAT, refuse_other_start, sealed, unsealed

ARRAYS = {"table": np.arange(6, dtype=np.float32).reshape(2, 3), "ids": np.array([3, 1], np.uint8)}
DESCRIPTION = {"kind": "factors", "settings": {"power": 0.5}, "name": 'a "quoted" näme'}


def test_arrays_and_description_come_back():
    arrays, description = unsealed(sealed(ARRAYS, DESCRIPTION))
    assert description == DESCRIPTION
    assert arrays.keys() == ARRAYS.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, ARRAYS[name])
        assert array.dtype == ARRAYS[name].dtype


def test_the_file_is_a_safetensors_file_that_any_reader_opens():
    content = sealed(ARRAYS, DESCRIPTION)
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    assert header["table"]["dtype"] == "F32"
    assert json.loads(header["__metadata__"]["rankdistill"])["format"] == FILE_FORMAT
    assert load(content).keys() == ARRAYS.keys()


def test_the_checksum_is_that_of_the_whole_file_with_zeros_in_its_place():
    content = sealed(ARRAYS, DESCRIPTION)
    (size,) = struct.unpack("<Q", content[:8])
    described = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["rankdistill"])
    emptied = content.replace(described["sha256"].encode(), b"0" * 64)
    assert hashlib.sha256(emptied).hexdigest() == described["sha256"]


def test_equal_contents_make_equal_bytes():
    assert sealed(ARRAYS, DESCRIPTION) == sealed(dict(ARRAYS), dict(DESCRIPTION))


def test_arrays_that_do_not_lie_row_after_row_are_written_in_order():
    arrays, _ = unsealed(sealed({"turned": ARRAYS["table"].T}, {}))
    assert arrays["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_every_flipped_bit_is_noticed():
    content = sealed({"ids": np.array([3, 1], np.uint8)}, {})
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << (place % 8)
        with pytest.raises(ValueError, match=r"^is "):
            unsealed(bytes(changed))


def test_every_truncation_is_noticed():
    content = sealed(ARRAYS, DESCRIPTION)
    for kept in range(len(content)):
        with pytest.raises(ValueError, match=r"^is (truncated|no model)"):
            unsealed(content[:kept])
    with pytest.raises(ValueError, match="its checksum is not the one that it states"):
        unsealed(content + b"\0")


def made_file(header: bytes, data: bytes = b"") -> bytes:
    """A file with any header, whose checksum is right."""
    content = struct.pack("<Q", len(header)) + header + data
    return content.replace(b"0" * 64, hashlib.sha256(content).hexdigest().encode(), 1)


def header_of(tensors, **description) -> bytes:
    text = json.dumps({"sha256": "0" * 64, "format": FILE_FORMAT, **description})
    return json.dumps({"__metadata__": {"rankdistill": text}, **tensors}).encode()


def test_a_made_file_with_a_right_checksum_is_read():
    tensor = {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}
    arrays, description = unsealed(made_file(header_of({"x": tensor}, kind="k"), b"\3\1"))
    assert arrays["x"].tolist() == [3, 1]
    assert description == {"kind": "k"}


@pytest.mark.parametrize(
    "tensors",
    [
        {"x": {"dtype": "U8", "shape": [1 << 60], "data_offsets": [0, 1 << 60]}},
        {"x": {"dtype": "F64", "shape": [1 << 40, 1 << 40], "data_offsets": [0, 2]}},
        {"x": {"dtype": "U8", "shape": [2], "data_offsets": [5, 7]}},
        {"x": {"dtype": "U8", "shape": [2], "data_offsets": [2, 0]}},
        {"x": {"dtype": "U8", "shape": [-2], "data_offsets": [0, 2]}},
        {"x": {"dtype": "U9", "shape": [2], "data_offsets": [0, 2]}},
        {"x": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}},
        {"x": {}},
        {
            "x": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]},
            "y": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]},
        },
        {},
    ],
)
def test_a_header_that_lies_about_its_arrays_is_refused(tensors):
    with pytest.raises(ValueError, match=r"^is damaged"):
        unsealed(made_file(header_of(tensors), b"\3\1"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\3\4" + b"\0" * 40,
        struct.pack("<Q", 1 << 62) + b"{" * 100,
        struct.pack("<Q", 30) + b"x" * 30,
        struct.pack("<Q", 200_000) + b"{" * 200_000,
        save(ARRAYS),
        save(ARRAYS, {"rankdistill": "[" * 100_000}),
        save(ARRAYS, {"rankdistill": "7"}),
        save(ARRAYS, {"rankdistill": '{"format": 1}'}),
        save(ARRAYS, {"rankdistill": '{"format": 1, "sha256": 7}'}),
        save(ARRAYS, {"rankdistill": '{"format": 1, "sha256": ""}'}),
    ],
    ids=range(11),
)
def test_a_file_of_something_else_is_refused(content):
    with pytest.raises(ValueError, match=r"^is (no model|a file of PyTorch|truncated|damaged)"):
        unsealed(content)


def test_a_file_of_something_else_is_known_by_its_first_bytes():
    refuse_other_start(sealed(ARRAYS, DESCRIPTION)[:16])
    with pytest.raises(ValueError, match=r"is a file of PyTorch .* make one of a checkpoint"):
        refuse_other_start(b"PK\3\4" + b"\0" * 12)
    with pytest.raises(ValueError, match=r"is no model of rankdistill"):
        refuse_other_start(struct.pack("<Q", 1 << 30) + b'{"abcdef')


def test_a_file_of_another_version_is_refused_with_what_to_do():
    header = header_of({}).replace(b'\\"format\\": 1', b'\\"format\\": 2')
    with pytest.raises(
        ValueError, match=r"format 2, and this .* reads format 1: .* export .* anew"
    ):
        unsealed(made_file(header))


def test_a_description_with_a_number_that_json_lacks_is_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        sealed({}, {"metric": float("nan")})
