"""The catalogue through time: which items a request could show, and how they had been rated."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.cascade.data.requests import Requests

SECONDS_OF_A_DAY = 86_400


class Catalogue:
    """Ratings of every item in order of time, for statistics of the past only.

    Args:
        requests: The source of the ratings, of all parts; a request sees those before its time.
    """

    def __init__(self, requests: Requests):
        items, times = requests.item_ids, requests.rating_times
        self.num_items = requests.num_items
        self._origin = int(times.min()) - 1
        self._span = int(times.max()) - self._origin + 2
        keys, order = torch.sort(items * self._span + (times - self._origin))
        self._keys = keys
        edges = torch.arange(self.num_items + 1) * self._span
        self._starts = torch.searchsorted(keys, edges)
        sums = requests.ratings[order].double().cumsum(0)
        self._rating_sums = torch.cat([sums.new_zeros(1), sums])
        is_first = items[order] != items[order].roll(1)
        is_first[:1] = True
        self._first_times = times[order][is_first].sort().values

    def counts(self, item_ids: Tensor, times: Tensor) -> Tensor:
        """Count the ratings of items strictly before moments.

        Args:
            item_ids: (n,) int64.
            times: (n,) int64 seconds.

        Returns:
            (n,) int64.
        """
        return self._places(item_ids, times) - self._starts[item_ids]

    def mean_ratings(self, item_ids: Tensor, times: Tensor, prior: float) -> Tensor:
        """(n,) float32 mean ratings strictly before moments; ``prior`` counts as one rating."""
        first, end = self._starts[item_ids], self._places(item_ids, times)
        sums = self._rating_sums[end] - self._rating_sums[first]
        return ((sums + prior) / (end - first + 1)).float()

    def _places(self, item_ids: Tensor, times: Tensor) -> Tensor:
        within = (times - self._origin).clamp(0, self._span - 1)
        return torch.searchsorted(self._keys, item_ids * self._span + within)

    def num_candidates(self, requests: Requests, request_ids: Tensor) -> Tensor:
        """(batch,) int64 number of the ``candidates`` of requests."""
        rated_before = torch.searchsorted(self._first_times, requests.times[request_ids])
        return rated_before - requests.histories[request_ids]

    def candidates(self, requests: Requests, request_ids: Tensor) -> Tensor:
        """Find the items that can be shown at requests.

        An item can be shown if anybody had rated it before, and this user had not.

        Args:
            requests: The requests of the constructor.
            request_ids: (batch,) int64.

        Returns:
            (batch, num_items) bool.
        """
        item_ids = torch.arange(self.num_items).repeat(len(request_ids))
        times = requests.times[request_ids].repeat_interleave(self.num_items)
        there = (self.counts(item_ids, times) > 0).view(len(request_ids), self.num_items)
        rows, places = requests.before(request_ids)
        there[rows, requests.item_ids[places]] = False
        return there
