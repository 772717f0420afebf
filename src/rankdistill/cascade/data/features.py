"""Features of users, items and their pairs, from what was known before a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from rankdistill.cascade.data.catalogue import SECONDS_OF_A_DAY, Catalogue
from rankdistill.cascade.data.item_traits import ItemTraits
from rankdistill.cascade.data.requests import Requests

RECENT = 10
"""Number of ratings at the end of a history that count as recent."""

MONTH = 30 * SECONDS_OF_A_DAY

PAIR_FEATURES = (
    "log_ratings_before",
    "mean_rating_before",
    "log_ratings_last_month",
    "year",
    "distance_from_users_years",
    "genres_of_history",
    "genres_liked",
    "genres_of_recent_history",
)


@dataclass(frozen=True, eq=False)
class UserCategories:
    """Ages, genders and occupations of users, as numbers.

    Attributes:
        ages: (num_users,) float32 in units of fifty years; 0 where not known.
        genders: (num_users,) int64.
        occupations: (num_users,) int64.
        num_genders: Number of different genders.
        num_occupations: Number of different occupations.
    """

    ages: Tensor
    genders: Tensor
    occupations: Tensor
    num_genders: int
    num_occupations: int

    @classmethod
    def of(
        cls, ages: np.ndarray | None, genders: np.ndarray, occupations: np.ndarray
    ) -> UserCategories:
        """Number the categories in the order of their names; ages are (num_users,) or None."""
        names, gender_ids = np.unique(genders.astype(str), return_inverse=True)
        jobs, occupation_ids = np.unique(occupations.astype(str), return_inverse=True)
        years = np.zeros(len(genders)) if ages is None else ages
        return cls(
            torch.from_numpy(years / 50).float(),
            torch.from_numpy(gender_ids).long(),
            torch.from_numpy(occupation_ids).long(),
            len(names),
            len(jobs),
        )


@dataclass(frozen=True, eq=False)
class UserFeatures:
    """Features of the user of each request that every early ranker reads.

    Attributes:
        dense: (requests, num_dense) float32, of about unit size.
        categories: (requests, num_categories) int64.
    """

    dense: Tensor
    categories: Tensor

    def take(self, request_ids: Tensor) -> Self:
        """The features of (batch,) requests."""
        return type(self)(*(tensor[request_ids] for tensor in vars(self).values()))

    def split(self, size: int) -> list[Self]:
        """Cut the features into those of ``size`` successive requests each."""
        pieces = zip(*(tensor.split(size) for tensor in vars(self).values()), strict=True)
        return [type(self)(*piece) for piece in pieces]

    def to(self, device: torch.device | str) -> Self:
        """Copy the features to a device."""
        return type(self)(*(tensor.to(device) for tensor in vars(self).values()))


@dataclass(frozen=True, eq=False)
class RequestFeatures(UserFeatures):
    """Features of the user of each request, at its time; the categories are gender and occupation.

    Attributes:
        history_items: (requests, history) int64, the latest first; 0 where there are fewer.
        history_ratings: (requests, history) float32 stars; 0 where there are fewer.
        profiles: (requests, 3, num_genres) float32 for each genre: its share in the history, how
            much better than usual it was rated, and its share in the recent history.
        years: (requests,) float32 mean scaled year of the history; 0 without a history.
        mean_ratings: (requests,) float32 stars; 0 without a history.
    """

    history_items: Tensor
    history_ratings: Tensor
    profiles: Tensor
    years: Tensor
    mean_ratings: Tensor


def request_features(
    requests: Requests, items: ItemTraits, users: UserCategories, history: int
) -> RequestFeatures:
    """Describe the users of all requests by their ratings before them.

    Args:
        requests: All requests.
        items: Genres and years.
        users: Ages, genders and occupations.
        history: Number of latest ratings that describe a user, at least ``RECENT``.
    """
    if history < RECENT:
        raise ValueError(f"requests.history must be at least {RECENT}, got {history}.")
    places = requests.starts[:-1, None] - 1 - torch.arange(history)
    is_there = places >= requests.history_starts[:, None]
    places = places.clamp(min=0)
    history_items = requests.item_ids[places] * is_there
    ratings = requests.ratings[places] * is_there
    there = is_there.float()
    counts = there.sum(1).clamp(min=1)
    known = is_there[:, 0].float()
    mean_ratings = ratings.sum(1) / counts
    liking = (ratings - mean_ratings[:, None]) * there
    recent = there[:, :RECENT]
    profiles = torch.stack(
        [
            _mixed(items.genres, history_items, there / counts[:, None]),
            _mixed(items.genres, history_items, liking / counts[:, None]),
            _mixed(
                items.genres,
                history_items[:, :RECENT],
                recent / recent.sum(1, keepdim=True).clamp(min=1),
            ),
        ],
        dim=1,
    )
    years = (items.years[history_items] * there).sum(1) / counts
    pause = (requests.times - requests.rating_times[places[:, 0]]) * is_there[:, 0]
    user_ids = requests.user_ids
    dense = torch.stack(
        [
            torch.log1p(requests.histories.float()) / 5,
            (mean_ratings - 3.5) * known,
            torch.log1p(pause.float()) / 10,
            users.ages[user_ids],
            years,
        ],
        dim=1,
    )
    return RequestFeatures(
        dense=torch.cat([dense, profiles.flatten(1)], dim=1),
        categories=torch.stack([users.genders[user_ids], users.occupations[user_ids]], dim=1),
        history_items=history_items,
        history_ratings=ratings,
        profiles=profiles,
        years=years,
        mean_ratings=mean_ratings,
    )


def pair_features(
    requests: Requests,
    catalogue: Catalogue,
    items: ItemTraits,
    known: RequestFeatures,
    request_ids: Tensor,
    item_ids: Tensor,
) -> Tensor:
    """Describe pairs of a request and an item, at the time of the request.

    Args:
        requests: All requests.
        catalogue: The catalogue of these requests.
        items: Genres and years.
        known: Features of all requests.
        request_ids: (n,) int64.
        item_ids: (n,) int64.

    Returns:
        (n, len(PAIR_FEATURES)) float32, in that order.
    """
    times = requests.times[request_ids]
    counts = catalogue.counts(item_ids, times)
    last_month = counts - catalogue.counts(item_ids, times - MONTH)
    years = items.years[item_ids]
    has_history = (requests.histories[request_ids] > 0).float()
    genres = items.genres[item_ids]
    shared = torch.einsum("npg,ng->np", known.profiles[request_ids], genres)
    return torch.cat(
        [
            torch.stack(
                [
                    torch.log1p(counts.float()) / 5,
                    catalogue.mean_ratings(item_ids, times, prior=3.5) - 3.5,
                    torch.log1p(last_month.float()) / 5,
                    years,
                    (years - known.years[request_ids]).abs() * has_history,
                ],
                dim=1,
            ),
            shared,
        ],
        dim=1,
    )


def _mixed(genres: Tensor, item_ids: Tensor, weights: Tensor) -> Tensor:
    """(n, num_genres) weighted sums of the genres of (n, history) items."""
    return torch.nn.functional.embedding_bag(
        item_ids, genres, mode="sum", per_sample_weights=weights
    )
