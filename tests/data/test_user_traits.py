"""Traits stay with their users."""

import numpy as np

from rankdistill.data.user_traits import UserTraits


def test_a_selection_keeps_every_trait_of_the_chosen_users_in_their_order():
    traits = UserTraits(
        ages=np.array([20, 30, 40]),
        genders=np.array(["F", "M", "F"], dtype=object),
        occupations=np.array(["artist", "lawyer", "writer"], dtype=object),
    )
    chosen = traits.select(np.array([True, False, True]))
    assert chosen.ages.tolist() == [20, 40]
    assert chosen.genders.tolist() == ["F", "F"]
    assert chosen.occupations.tolist() == ["artist", "writer"]
    assert traits.select(np.zeros(3, dtype=bool)).ages.tolist() == []
