"""The data that both rankers are trained and measured on, made once from split ratings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from rankdistill.cascade.data.catalogue import Catalogue
from rankdistill.cascade.data.examples import Examples
from rankdistill.cascade.data.features import (
    PAIR_FEATURES,
    RequestFeatures,
    UserCategories,
    pair_features,
    request_features,
)
from rankdistill.cascade.data.impressions import Impressions, draw_impressions
from rankdistill.cascade.data.item_traits import ItemTraits
from rankdistill.cascade.data.labels import user_labels
from rankdistill.cascade.data.requests import Requests
from rankdistill.cascade.data.vocabulary import Vocabulary
from rankdistill.data.parting import TEST, TRAIN, VALIDATION

GENDER_DIM, OCCUPATION_DIM = 4, 8
"""Sizes of the embeddings of a user's categories."""

PARTS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}


@dataclass(frozen=True, eq=False)
class CascadeData:
    """Requests, features and impressions.

    Attributes:
        requests: All requests.
        items: Genres and years.
        categories: Ages, genders and occupations.
        users: Features of the users of all requests.
        shown: Impressions of each part, by its name.
    """

    requests: Requests
    items: ItemTraits
    categories: UserCategories
    users: RequestFeatures
    shown: dict[str, Impressions]

    @classmethod
    def of(
        cls,
        requests: Requests,
        items: ItemTraits,
        categories: UserCategories,
        history: int,
        passed_by: int,
        generator: torch.Generator,
    ) -> CascadeData:
        """Describe the requests and draw their impressions.

        Args:
            requests: All requests.
            items: Genres and years.
            categories: Ages, genders and occupations.
            history: Number of latest ratings that describe a user.
            passed_by: Number of candidates that a request shows beside those that were rated.
            generator: Source of the drawn impressions, on the CPU.

        Raises:
            ValueError: If a part has no request, or none at which anything can be shown.
        """
        for name, part in PARTS.items():
            if not len(requests.of_part(part)):
                raise ValueError(f"No request falls into the {name} part; use more data.")
        catalogue = Catalogue(requests)
        shown = {
            name: draw_impressions(requests, catalogue, part, passed_by, generator)
            for name, part in PARTS.items()
        }
        for name, impressions in shown.items():
            if not len(impressions):
                raise ValueError(f"Nothing can be shown in the {name} part; use more data.")
        users = request_features(requests, items, categories, history)
        return cls(requests, items, categories, users, shown)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Ratings of items through time."""
        return Catalogue(self.requests)

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits over all ratings, requests, impressions and traits."""
        requests, items, categories = self.requests, self.items, self.categories
        digest = hashlib.sha256()
        columns = (requests.item_ids, requests.ratings, requests.rating_times, requests.starts)
        traits = (items.genres, items.years)
        traits += (categories.ages, categories.genders, categories.occupations)
        shown = [ids for s in self.shown.values() for ids in (s.request_ids, s.item_ids)]
        for tensor in (*columns, requests.user_ids, requests.parts, *traits, *shown):
            digest.update(f"{tuple(tensor.shape)}".encode())
            digest.update(tensor.numpy().tobytes())
        return digest.hexdigest()[:16]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Kinds and sizes of the features, for networks."""
        return Vocabulary(
            num_items=self.requests.num_items,
            num_genres=self.items.genres.shape[1],
            num_dense=self.users.dense.shape[1],
            categories=(
                (self.categories.num_genders, GENDER_DIM),
                (self.categories.num_occupations, OCCUPATION_DIM),
            ),
            has_histories=True,
        )

    @cached_property
    def examples(self) -> dict[str, Examples]:
        """The impressions of each part, with features and user labels."""
        return {
            name: Examples(
                users=self.users,
                request_ids=shown.request_ids,
                item_ids=shown.item_ids,
                pairs=self.pairs(shown.request_ids, shown.item_ids),
                labels=user_labels(shown.ratings),
                candidates=self.catalogue.num_candidates(self.requests, shown.request_ids).float(),
            )
            for name, shown in self.shown.items()
        }

    def pairs(self, request_ids: Tensor, item_ids: Tensor) -> Tensor:
        """(n, len(PAIR_FEATURES)) features of (n,) pairs."""
        return pair_features(
            self.requests, self.catalogue, self.items, self.users, request_ids, item_ids
        )

    def pair_columns(self, name: str) -> dict[str, Tensor]:
        """The features of a part's pairs by name, for a log."""
        columns = self.examples[name].pairs.unbind(1)
        return dict(zip(PAIR_FEATURES, columns, strict=True))
