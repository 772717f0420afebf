import contextlib
import gzip
import zipfile
import zlib

import pytest

from rankdistill.data.unpacking import TooLargeError, gunzip, read_member


@pytest.mark.parametrize("content", [b"", b"text\n" * 999, bytes(3 << 20)])
def test_what_was_gzipped_comes_back(content):
    assert gunzip(gzip.compress(content), 3 << 20) == content
    assert gunzip(gzip.compress(content) + gzip.compress(b"more"), 4 << 20) == content + b"more"


def test_a_gzip_file_is_not_unpacked_beyond_its_bound():
    packed = gzip.compress(bytes(1001))
    assert gunzip(packed, 1001) == bytes(1001)
    with pytest.raises(TooLargeError, match="more than 1,000 bytes"):
        gunzip(packed, 1000)


def test_a_gzip_file_that_is_cut_or_changed_is_an_error():
    packed = gzip.compress(b"some text that is long enough" * 9)
    with pytest.raises(EOFError):
        gunzip(packed[:-9], 10_000)
    changed = bytearray(packed)
    changed[-6] ^= 1
    with pytest.raises(zlib.error):
        gunzip(bytes(changed), 10_000)


def zipped(tmp_path, method=zipfile.ZIP_DEFLATED):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("folder/file", b"0123456789" * 100)
    return path


def test_a_member_is_read_within_its_bound_and_absent_where_it_is_not(tmp_path):
    path = zipped(tmp_path)
    assert read_member(path, "folder/file", 1000) == b"0123456789" * 100
    assert read_member(path, "folder/other", 1000) is None
    with pytest.raises(TooLargeError, match="unpacks to 1,000 bytes, where at most 999"):
        read_member(path, "folder/file", 999)


@pytest.mark.slow
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_every_flip_of_a_zip_file_is_told_or_changes_nothing(method, tmp_path):
    path = zipped(tmp_path, method)
    content = path.read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        with contextlib.suppress(ValueError):
            assert read_member(path, "folder/file", 1000) in (None, b"0123456789" * 100)
