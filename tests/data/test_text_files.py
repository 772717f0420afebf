"""Files are read whole, and gzip is unpacked."""

import gzip
import lzma

import pytest

from rankdistill.data.text_files import read_bytes


def test_gzip_is_unpacked_whatever_the_file_is_called(tmp_path):
    for name in ("orders.csv", "orders.csv.gz"):
        (tmp_path / name).write_bytes(gzip.compress(b"u,i\n", mtime=0))
        assert read_bytes(tmp_path / name) == b"u,i\n"


def test_what_is_inside_gzip_is_looked_at_too(tmp_path):
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(lzma.compress(b"u,i\n"), mtime=0))
    with pytest.raises(ValueError, match=r"orders\.csv\.gz is an xz archive"):
        read_bytes(tmp_path / "orders.csv.gz")
