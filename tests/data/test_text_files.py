"""Files are read whole, and gzip is unpacked."""

import gzip
import lzma

import pytest

from rankdistill.data.text_files import read_bytes


def test_gzip_is_unpacked_whatever_the_file_is_called(tmp_path):
    for name in ("orders.csv", "orders.csv.gz"):
        (tmp_path / name).write_bytes(gzip.compress(b"u,i\n", mtime=0))
        assert read_bytes(tmp_path / name, max_gib=1.0) == b"u,i\n"


def test_what_is_inside_gzip_is_looked_at_too(tmp_path):
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(lzma.compress(b"u,i\n"), mtime=0))
    with pytest.raises(ValueError, match=r"orders\.csv\.gz is an xz archive"):
        read_bytes(tmp_path / "orders.csv.gz", max_gib=1.0)


def test_a_file_beyond_its_bound_is_told_with_the_setting(tmp_path):
    (tmp_path / "plain.csv").write_bytes(b"u,i\n" * 1000)
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(b"u,i\n" * 1000))
    for name in ("plain.csv", "packed.csv.gz"):
        assert len(read_bytes(tmp_path / name, max_gib=4000 / 2**30)) == 4000
        with pytest.raises(ValueError, match=r"more than data\.max_gib="):
            read_bytes(tmp_path / name, max_gib=3000 / 2**30)
