"""Every test of this folder runs away from the user's own data and cache."""

import os
from pathlib import Path

import pytest

_REAL_DIRECTORY = os.environ.get("MOVIELENS_DIR")


@pytest.fixture(autouse=True)
def isolated_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("MOVIELENS_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user_cache"))


@pytest.fixture
def real_directory():
    """The folder of real MovieLens files."""
    if not _REAL_DIRECTORY:
        pytest.skip("MOVIELENS_DIR is not set")
    return Path(_REAL_DIRECTORY).resolve()
