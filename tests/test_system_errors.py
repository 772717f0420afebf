"""What the operating system refuses is told in plain words, with the key of another place."""

import errno
import os

import pytest

from rankdistill.system_errors import disk_is_full, in_plain_words

KEY = "hydra.run.dir"


def refused(number, name="runs/.model.0123456789ab.tmp.ckpt"):
    return OSError(number, os.strerror(number), name)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_told_with_the_file_that_was_to_be(number):
    assert disk_is_full(refused(number))
    assert in_plain_words(refused(number), KEY) == (
        "The disk is full: runs/model.ckpt could not be written; free some room, or name another "
        "place with hydra.run.dir=..."
    )


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "x may not be read or written (permission denied); name another place with"),
        (errno.EROFS, "x may not be read or written (read-only file system); name another place"),
        (errno.ENOTDIR, "x cannot be written: a file lies where a folder is needed; name another"),
        (errno.EEXIST, "x cannot be written: a file lies where a folder is needed; name another"),
        (errno.EISDIR, "x is a folder where a file is needed; name a file in it."),
        (errno.ENOENT, "x cannot be read or written (no such file or directory)."),
    ],
)
def test_what_is_in_the_way_is_named(number, words):
    assert not disk_is_full(refused(number))
    assert str(in_plain_words(refused(number, "x"), KEY)).startswith(words)


def test_a_full_disk_is_found_behind_what_a_library_made_of_it():
    for behind in ("database or disk is full", "(sqlite3.OperationalError) disk I/O error"):
        error = TypeError("could not commit")
        error.__cause__ = RuntimeError(behind)
        assert disk_is_full(error)
        assert str(in_plain_words(error, KEY)).startswith("The disk is full: a file could not")
    assert not disk_is_full(TypeError("a defect"))
    assert in_plain_words(TypeError("a defect"), KEY) is None


def test_what_could_not_be_stored_by_pytorch_is_told_with_the_folder():
    said = in_plain_words(OSError("runs could not be written to (unexpected pos 64)."), "output")
    assert said == (
        "runs cannot be written: its disk is full or read-only; name another place with output=..."
    )


def test_errors_in_words_of_our_own_stay():
    assert in_plain_words(FileNotFoundError("There is no file a.csv"), KEY) is None
