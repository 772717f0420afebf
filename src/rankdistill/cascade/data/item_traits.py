"""Traits of items that do not change with time: genres and year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

CENTRE, SCALE = 1980.0, 20.0


@dataclass(frozen=True, eq=False)
class ItemTraits:
    """Genres and years of the catalogue.

    Attributes:
        genres: (num_items, num_genres) float32 of zeros and ones; a column of zeros where the
            source has none.
        years: (num_items,) float32, in units of twenty years around 1980; 0 where not known.
    """

    genres: Tensor
    years: Tensor

    @classmethod
    def of(cls, genres: Sequence[str] | np.ndarray | None, years: np.ndarray) -> ItemTraits:
        """Encode the genres and years of a release.

        Args:
            genres: (num_items,) names separated by ``|``; None where the source has none.
            years: (num_items,) int64; 0 where not known.
        """
        scaled = np.where(years > 0, (years - CENTRE) / SCALE, 0.0)
        if genres is None:
            flags = torch.zeros(len(years), 1)
        else:
            split = [str(names).split("|") for names in genres]
            numbers = {
                name: n for n, name in enumerate(sorted({g for each in split for g in each}))
            }
            flags = torch.zeros(len(split), len(numbers))
            rows = torch.tensor([row for row, each in enumerate(split) for _ in each])
            columns = torch.tensor([numbers[name] for each in split for name in each])
            flags[rows, columns] = 1.0
        return cls(flags, torch.from_numpy(scaled).float())
