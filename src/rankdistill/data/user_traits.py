"""What a source says of its users beyond their ids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class UserTraits:
    """Age, gender and occupation, indexed by our consecutive user ids.

    Attributes:
        ages: (num_users,) int64, in years, or the lower bound of a band of years; 0 where the
            source leaves a user out.
        genders: (num_users,) str, "F" or "M"; empty where the source leaves a user out.
        occupations: (num_users,) str, in the source's words; empty where it leaves a user out.
    """

    ages: np.ndarray
    genders: np.ndarray
    occupations: np.ndarray

    def select(self, users: np.ndarray) -> UserTraits:
        """The traits of the users where the mask (num_users,) is true, in their order."""
        return UserTraits(self.ages[users], self.genders[users], self.occupations[users])
