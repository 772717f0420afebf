"""An archive is known by its size and its checksums."""

import hashlib
from dataclasses import replace

import pytest

from rankdistill.data.archives import archive_fault
from rankdistill.data.releases import RELEASES

CONTENT = b"what the archive holds"
RELEASE = replace(
    RELEASES["ml-1m"],
    num_bytes=len(CONTENT),
    md5=hashlib.md5(CONTENT).hexdigest(),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / RELEASE.archive
    path.write_bytes(CONTENT)
    return path


def test_an_archive_of_the_right_size_and_checksums_has_no_fault(archive):
    assert archive_fault(archive, RELEASE) is None


def test_another_size_is_told_before_any_checksum(archive):
    other = replace(RELEASE, num_bytes=1234, md5="0" * 32)
    assert archive_fault(archive, other) == "has 22 bytes where 1,234 are expected"


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_each_checksum_is_compared(archive, algorithm):
    found = getattr(RELEASE, algorithm)
    expected = "0" * len(found)
    fault = archive_fault(archive, replace(RELEASE, **{algorithm: expected}))
    assert fault == f"has the {algorithm} {found} where {expected} is expected"


def test_a_checksum_that_nobody_knows_is_not_compared(archive):
    assert archive_fault(archive, replace(RELEASE, sha256=None)) is None
