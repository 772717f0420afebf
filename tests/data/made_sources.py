"""Sources of interactions with the settings of conf/, but for those that a test changes."""

from __future__ import annotations

from typing import Any

from tests.from_conf import settings_in

from rankdistill.data.delimited import DelimitedFile
from rankdistill.data.movielens import MovieLens
from rankdistill.data.synthetic import Synthetic


def synthetic(**changed: Any) -> Synthetic:
    return Synthetic(**settings_in("data/synthetic", **changed))


def movielens(release: str, **changed: Any) -> MovieLens:
    return MovieLens(**settings_in("data/ml_100k", release=release, **changed))


def delimited(**changed: Any) -> DelimitedFile:
    return DelimitedFile(**settings_in("data/delimited", **changed))
