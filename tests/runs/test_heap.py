"""What the C library is told of its heap, and when it is left alone."""

import ctypes
import platform
from types import SimpleNamespace

import pytest

from rankdistill.runs.heap import keep_freed_memory


@pytest.fixture
def told(monkeypatch):
    """The calls of mallopt, by a program on glibc whose environment sets nothing."""
    calls = []
    library = SimpleNamespace(mallopt=lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    monkeypatch.delenv("MALLOC_MMAP_THRESHOLD_", raising=False)
    return calls


def test_glibc_keeps_a_quarter_of_a_gibibyte_and_maps_only_what_is_larger_than_32_mebibytes(told):
    keep_freed_memory()
    assert told == [(-1, 256 * 2**20), (-3, 32 * 2**20)]


@pytest.mark.parametrize("name", ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"])
def test_what_the_environment_sets_stays(told, monkeypatch, name):
    monkeypatch.setenv(name, "131072")
    keep_freed_memory()
    assert told == []


def test_another_c_library_is_left_alone(told, monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    keep_freed_memory()
    assert told == []
