"""Scores of items for users who are the sum of what they have had."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.backbones.histories import Histories
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.bags import bag_sums
from rankdistill.kernels.gathering import gather_rows
from rankdistill.kernels.pair_scores import pair_scores
from rankdistill.kernels.row_products import row_products


class ItemSimilarity(NamedTuple):
    """A factored matrix of similarities between items.

    Attributes:
        parts: (num_items, dim) rows P: what an item adds to the user who had it.
        items: (num_items, dim) rows Q: what an item is multiplied with to be scored.
        item_bias: (num_items,) b.
        length_power: a, how much a user's vector shrinks with the length of the history.
    """

    parts: Tensor
    items: Tensor
    item_bias: Tensor
    length_power: float


class HistoryScores:
    """s(u, i) = |H|^-a * <sum of P_j over j in H, Q_i> + b_i, with H the history of u without i.

    An item's own part is never in its score, in training and after: the score of an item that the
    user has had tells how well the rest of the history foretells it.

    Args:
        similarity: The parameters.
        everyone: The whole history of every user.
        numbers: (n,) int64, ascending and distinct: user ids, or numbers of contexts.
        histories: Their histories, of which some entries may be dropped.
        numbers_of: Contexts to their numbers; None: these are user ids.
    """

    def __init__(
        self,
        similarity: ItemSimilarity,
        everyone: Histories,
        numbers: Tensor,
        histories: Histories,
        numbers_of: Callable[[Contexts], Tensor] | None = None,
    ):
        self._similarity = similarity
        self._everyone = everyone
        self._numbers = numbers
        self._numbers_of = numbers_of
        self._histories = histories

    @cached_property
    def vectors(self) -> Tensor:
        """(n, dim) vectors of the users, each of the whole history; zero where there is none."""
        histories, parts = self._histories, self._similarity.parts
        weights = histories.weights.to(parts.dtype)
        sums = bag_sums(parts, histories.items, histories.offsets, weights)
        return sums * self._scales.unsqueeze(1)

    def users_of(self, contexts: Contexts) -> Tensor:
        """N contexts to (n, dim) vectors."""
        return gather_rows(self.vectors, self._rows_of(contexts))

    def items_of(self, item_ids: Tensor) -> Tensor:
        """(batch,) item ids to (batch, dim) rows q."""
        return gather_rows(self._similarity.items, item_ids)

    def score_items(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score some items per context: (batch, n) item ids to (batch, n) raw scores."""
        rows, similarity = self._rows_of(contexts), self._similarity
        products = pair_scores(rows, item_ids, self.vectors, similarity.items)
        column = item_ids.reshape(-1, 1)
        own = pair_scores(column.squeeze(1), column, similarity.parts, similarity.items)
        held = self._histories.holds(rows, item_ids)
        change = self._change(products, own.view_as(products), rows.unsqueeze(1), held)
        return products + change + gather_rows(similarity.item_bias, item_ids)

    def score_rows(self, contexts: Contexts) -> Tensor:
        """Score the whole catalogue: contexts to (batch, num_items) raw scores."""
        similarity, positions = self._similarity, self._rows_of(contexts)
        vectors = gather_rows(self.vectors, positions)
        scores = row_products(vectors, similarity.items, similarity.item_bias)
        histories = self._histories.of(positions)
        items = histories.items
        cells = histories.rows, items
        products = scores[cells] - gather_rows(similarity.item_bias, items)
        own = gather_rows(self._own, items)
        rows = positions.index_select(0, histories.rows)
        change = self._change(products, own, rows, histories.weights)
        return scores.index_put_(cells, change, accumulate=True)

    def score_own_and_shared(
        self, contexts: Contexts, own_items: Tensor, shared_items: Tensor
    ) -> Tensor:
        """Score (batch,) own and (n,) shared items to (batch, 1 + n) raw scores."""
        own = self.score_items(contexts, own_items[:, None])
        return torch.cat([own, self.score_shared(contexts, shared_items)], dim=1)

    def score_shared(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score items that all contexts share: (n,) item ids to (batch, n) raw scores."""
        return gather_rows(self._columns(item_ids).t(), self._rows_of(contexts))

    def score_columns(self, item_ids: Tensor) -> Tensor:
        """Score all users, by their whole histories: (batch,) ids to (batch, num_users) scores."""
        return self._of_everyone._columns(item_ids)

    def _columns(self, item_ids: Tensor) -> Tensor:
        """Score those of ``user_ids``: (n,) item ids to (n, number of them) scores."""
        _, items, item_bias, _ = self._similarity
        distinct, positions = item_ids.unique(return_inverse=True)
        products = row_products(gather_rows(items, distinct), self.vectors)
        place = torch.full((len(items),), -1, device=item_ids.device)
        place[distinct] = torch.arange(len(distinct), device=item_ids.device)
        histories = self._histories
        having = (place[histories.items] >= 0).nonzero().squeeze(1)
        had, rows = histories.items[having], histories.rows[having]
        cells = place[had], rows
        change = self._change(
            products[cells], gather_rows(self._own, had), rows, histories.weights[having]
        )
        products.index_put_(cells, change, accumulate=True)
        return (products + gather_rows(item_bias, distinct).unsqueeze(1)).index_select(0, positions)

    @cached_property
    def _of_everyone(self) -> HistoryScores:
        users = torch.arange(len(self._everyone.offsets) - 1, device=self._everyone.items.device)
        return HistoryScores(self._similarity, self._everyone, users, self._everyone)

    @cached_property
    def _own(self) -> Tensor:
        """(num_items,) what each item's own part would add to its product."""
        return (self._similarity.parts * self._similarity.items).sum(1)

    def _rows_of(self, contexts: Contexts) -> Tensor:
        wanted = contexts.user_ids if self._numbers_of is None else self._numbers_of(contexts)
        return torch.searchsorted(self._numbers, wanted)

    @cached_property
    def _scales(self) -> Tensor:
        """(n,) |H|^-a for each history, and zero for an empty one."""
        return self._powers(self._histories.lengths)

    @cached_property
    def _scales_without_one(self) -> Tensor:
        """(n,) (|H| - 1)^-a for each history, and zero where nothing would be left."""
        return self._powers(self._histories.lengths - 1)

    def _powers(self, lengths: Tensor) -> Tensor:
        parts = self._similarity.parts
        return length_powers(lengths, self._similarity.length_power).to(parts.dtype)

    def _change(self, products: Tensor, own: Tensor, rows: Tensor, held: Tensor) -> Tensor:
        """What to add to products of whole histories so that each is without its own item.

        Args:
            products: Of users' vectors and items, of any shape.
            own: Of the items' own parts and the items.
            rows: Which history each product is of.
            held: One where the item is in the history, else zero.
        """
        scales = self._scales_without_one[rows]
        rest = products * (scales / self._scales[rows].clamp_min(torch.finfo(scales.dtype).tiny))
        return held.to(products.dtype) * (rest - scales * own - products)


def length_powers(lengths: Tensor, length_power: float) -> Tensor:
    """(n,) int64 lengths to float64 length^-a, and zero for an empty history."""
    return torch.where(lengths > 0, lengths.clamp_min(1).double() ** -length_power, 0.0)
