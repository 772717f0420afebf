"""A split as plain arrays: what every candidate is given, whatever it is written in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Arrays:
    """Pairs of users and items, divided.

    Attributes:
        name: Of the data.
        num_users: Number of users.
        num_items: Size of the catalogue.
        train: (n, 2) int64 pairs, sorted.
        validation: The same, held out.
        test: The same, held out.
    """

    name: str
    num_users: int
    num_items: int
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Users and items."""
        return self.num_users, self.num_items

    def matrix(self, part: str):
        """A part as a SciPy CSR matrix of float32 ones."""
        from scipy.sparse import csr_matrix  # not every candidate needs it

        users, items = getattr(self, part).T
        return csr_matrix((np.ones(len(users), np.float32), (users, items)), self.shape)

    def save(self, path: Path) -> None:
        """For a process that starts without this project."""
        parts = {part: getattr(self, part) for part in PARTS}
        np.savez(path, name=self.name, shape=self.shape, allow_pickle=False, **parts)


def load(path: Path) -> Arrays:
    """What ``save`` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        sizes = (int(size) for size in stored["shape"])
        return Arrays(str(stored["name"]), *sizes, *(stored[part] for part in PARTS))
