"""Low ratings are left out, and ids close up over the users and items that are left bare."""

import logging

import numpy as np
import pytest
import torch

from rankdistill.data.filtering import drop_absent, keep_rated
from rankdistill.data.interactions import Interactions, Labels
from rankdistill.data.user_traits import UserTraits


def words(*values):
    return np.array(values, dtype=object)


def made_up():
    """Pairs (0, 0), (0, 2), (2, 2) and (3, 3), rated 5, 1, 4 and 2: user 1 and item 1 are bare."""
    return Interactions.from_pairs(
        torch.tensor([0, 0, 2, 3]),
        torch.tensor([0, 2, 2, 3]),
        num_users=4,
        num_items=4,
        ratings=torch.tensor([5.0, 1.0, 4.0, 2.0]),
        labels=Labels(
            words("a", "b", "c", "d"),
            words("w", "x", "y", "z"),
            titles=words("W", "X", "Y", "Z"),
            genres=words("1", "2", "3", "4"),
            traits=UserTraits(np.arange(4), words(*"FMFM"), words(*"pqrs")),
        ),
    )


def pairs_of(interactions):
    return list(zip(interactions.user_ids.tolist(), interactions.item_ids.tolist(), strict=True))


def test_pairs_of_the_lowest_rating_kept_stay_with_their_ids(caplog):
    with caplog.at_level(logging.INFO):
        kept = keep_rated(made_up(), 4.0, "a.csv")
    assert pairs_of(kept) == [(0, 0), (2, 2)]
    assert kept.ratings.tolist() == [5, 4]
    assert (kept.num_users, kept.num_items) == (4, 4)
    assert caplog.messages == ["a.csv: 2 of 4 interactions are rated below 4 and left out."]


@pytest.mark.parametrize("min_rating", [None, 0.5, 1.0])
def test_what_leaves_nothing_out_gives_back_what_came(min_rating, caplog):
    interactions = made_up()
    with caplog.at_level(logging.INFO):
        assert keep_rated(interactions, min_rating, "a.csv") is interactions
    assert not caplog.records


def test_a_min_rating_above_every_rating_is_refused_with_their_range():
    with pytest.raises(
        ValueError, match=r"^min_rating=5\.5 leaves nothing of a\.csv: .* 1 to 5\.$"
    ):
        keep_rated(made_up(), 5.5, "a.csv")


def test_ids_close_up_and_every_label_stays_with_its_user_or_item():
    (found,) = drop_absent([keep_rated(made_up(), 4.0, "a.csv")])
    assert pairs_of(found) == [(0, 0), (1, 1)]
    assert (found.num_users, found.num_items) == (2, 2)
    labels = found.labels
    assert labels.users.tolist() == ["a", "c"]
    assert labels.items.tolist() == ["w", "y"]
    assert labels.titles.tolist() == ["W", "Y"]
    assert labels.genres.tolist() == ["1", "3"]
    assert labels.traits.ages.tolist() == [0, 2]
    assert labels.traits.occupations.tolist() == ["p", "r"]


def test_what_one_part_holds_stays_in_all_of_them():
    whole = made_up()
    parts = drop_absent([whole.select(whole.ratings > 3), whole.select(whole.ratings < 2)])
    assert [pairs_of(part) for part in parts] == [[(0, 0), (1, 1)], [(0, 1)]]
    assert all((part.num_users, part.num_items) == (2, 2) for part in parts)


def test_parts_in_which_everything_occurs_come_back_as_they_are():
    full = Interactions.from_pairs(torch.tensor([0, 1]), torch.tensor([1, 0]), 2, 2)
    assert drop_absent([full])[0] is full
