"""Scores for people of whom a factorisation knows a history alone: their vector is fitted to it.

The loss is that of training with the items held fixed, and convex: Newton's method finds the one
vector that there is. This file imports neither PyTorch nor NumPy and computes with the one that it
is given, so that what is measured with PyTorch is what is served with NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Array = Any
"""A tensor of PyTorch or an array of NumPy, of double precision."""

_MOST_STEPS, _MOST_PRODUCTS, _MOST_HALVINGS = 30, 50, 12
_STEP_TOLERANCE, _TOLERANCE = 0.01, 1e-6
"""What is left of the gradient after a step's system, and at the end, as a share of the first."""

MOST_COMPARED = 256
"""Items at most, evenly spaced in the catalogue, that bpr ranks below those of a history."""


class FoldIn(NamedTuple):
    """How new users are fitted.

    Attributes:
        loss: One of ``LOSSES``.
        l2: Weight of half the vector's squared length against the sum over the history.
    """

    loss: str
    l2: float


class _Loss(NamedTuple):
    """A loss at given scores.

    Attributes:
        values: (batch,).
        slopes: (batch, num_items), the gradient by the scores.
        bend: Multiplies (batch, num_items) changes of the scores with the Hessian by the scores.
    """

    values: Array
    slopes: Array
    bend: Callable[[Array], Array]


def folded_scores(
    numeric: Any, items: Array, item_bias: Array | None, had: Array, how: FoldIn
) -> Array:
    """Score the catalogue for new users, whose vectors minimise the loss over their histories.

    With s = <p, q> + b, that is the sum over the history of the loss of an item, and
    l2 |p|^2 / 2. A point-wise loss has a user bias too, as one more entry of p.

    Args:
        numeric: The module ``torch`` or ``numpy``.
        items: (num_items, dim) rows q.
        item_bias: (num_items,) b, or None.
        had: (batch, num_items), one for the items of each history, else zero.
        how: The loss and its L2.

    Returns:
        (batch, num_items).

    Raises:
        ValueError: If there is no such loss.
    """
    if how.loss not in LOSSES:
        raise ValueError(f"users are folded in by {', '.join(LOSSES)}, not by {how.loss!r}.")
    if how.loss == "pointwise":
        items = numeric.concatenate([items, 1 + 0 * items[:, :1]], 1)
    shift = 0 if item_bias is None else item_bias
    vectors = had @ items * 0
    first = None
    for _ in range(_MOST_STEPS):
        loss = LOSSES[how.loss](numeric, vectors @ items.T + shift, had)
        gradient = loss.slopes @ items + how.l2 * vectors
        size = (gradient * gradient).sum(-1)
        first = size if first is None else first
        if bool((size <= _TOLERANCE**2 * first).all()):
            break
        step = _newton_step(numeric, items, loss, how.l2, gradient)
        now = loss.values + how.l2 / 2 * (vectors * vectors).sum(-1)
        for _ in range(_MOST_HALVINGS):
            moved = vectors + step
            scores = moved @ items.T + shift
            then = LOSSES[how.loss](numeric, scores, had).values
            worse = then + how.l2 / 2 * (moved * moved).sum(-1) > now + 1e-12 * abs(now)
            if not bool(worse.any()):
                break
            step = step * numeric.where(worse, 0.5, 1.0)[:, None]
        vectors = vectors + step
    return vectors @ items.T + shift


def _newton_step(numeric: Any, items: Array, loss: _Loss, l2: float, gradient: Array) -> Array:
    """Solve Hessian * step = -gradient for each user, by conjugate gradients."""
    step, residual, direction = 0 * gradient, -gradient, -gradient
    size = first = (residual * residual).sum(-1)
    for _ in range(min(_MOST_PRODUCTS, gradient.shape[1])):
        product = loss.bend(direction @ items.T) @ items + l2 * direction
        length = size / _not_zero(numeric, (direction * product).sum(-1))
        step = step + length[:, None] * direction
        residual = residual - length[:, None] * product
        before, size = size, (residual * residual).sum(-1)
        if bool((size <= _STEP_TOLERANCE**2 * first).all()):
            break
        direction = residual + (size / _not_zero(numeric, before))[:, None] * direction
    return step


def _softmax(numeric: Any, scores: Array, had: Array) -> _Loss:
    """-log softmax(s)[j] over the catalogue, summed over items j of the history."""
    lengths = had.sum(-1)
    highest = numeric.amax(scores, -1)
    powers = numeric.exp(scores - highest[:, None])
    totals = powers.sum(-1)
    shares = powers / totals[:, None]
    values = lengths * (highest + numeric.log(totals)) - (had * scores).sum(-1)

    def bend(changes: Array) -> Array:
        weighted = shares * changes
        return lengths[:, None] * (weighted - shares * weighted.sum(-1)[:, None])

    return _Loss(values, lengths[:, None] * shares - had, bend)


def _pointwise(numeric: Any, scores: Array, had: Array) -> _Loss:
    """-log sigmoid(s_j), and the mean of -log(1 - sigmoid(s_i)) over all others, for each j."""
    others = 1 - had
    weights = others * (had.sum(-1) / _at_least_one(numeric, others.sum(-1)))[:, None]
    chances = _sigmoid(numeric, scores)
    softplus = _softplus(numeric, scores)
    values = (had * (softplus - scores) + weights * softplus).sum(-1)
    curvature = (had + weights) * chances * (1 - chances)
    slopes = weights * chances - had * (1 - chances)
    return _Loss(values, slopes, lambda changes: curvature * changes)


def _bpr(numeric: Any, scores: Array, had: Array) -> _Loss:
    """The mean of -log sigmoid(s_j - s_i) over items i that were not had, summed over j."""
    num_items = had.shape[1]
    longest = int(numeric.amax(had.sum(-1), 0))
    item_ids = numeric.argsort(-had, -1)[:, :longest]
    rows = numeric.arange(len(had))[:, None]
    compared = numeric.arange(0, num_items, -(-num_items // MOST_COMPARED))
    others = 1 - had[:, compared]
    shares = others / _at_least_one(numeric, others.sum(-1))[:, None]
    weights = had[rows, item_ids][:, :, None] * shares[:, None, :]

    def differences(values: Array) -> Array:
        return values[:, compared][:, None, :] - values[rows, item_ids][:, :, None]

    def by_item(values: Array) -> Array:
        sums = 0 * had
        sums[:, compared] += values.sum(1)
        sums[rows, item_ids] -= values.sum(2)
        return sums

    margins = differences(scores)
    chances = _sigmoid(numeric, margins)
    values = (weights * _softplus(numeric, margins)).sum(2).sum(1)
    curvature = weights * chances * (1 - chances)
    return _Loss(
        values,
        by_item(weights * chances),
        lambda changes: by_item(curvature * differences(changes)),
    )


LOSSES: dict[str, Callable[[Any, Array, Array], _Loss]] = {
    "softmax": _softmax,
    "bpr": _bpr,
    "pointwise": _pointwise,
}
"""By name: the losses that a factorisation is trained with."""


def _softplus(numeric: Any, values: Array) -> Array:
    return numeric.logaddexp(values, 0 * values)


def _sigmoid(numeric: Any, values: Array) -> Array:
    return numeric.exp(-_softplus(numeric, -values))


def _at_least_one(numeric: Any, values: Array) -> Array:
    return numeric.where(values < 1, 1.0, values)


def _not_zero(numeric: Any, values: Array) -> Array:
    return numeric.where(values > 0, values, 1.0)
