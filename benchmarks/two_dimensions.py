"""How much of a teacher fits into two dimensions: bounds, which are no models.

    python -m benchmarks.two_dimensions [--steps 400] [--restarts 2]

On MovieLens 100K, vectors of users and items are fitted without regularisation, to the teacher's
own ranking and to the test items themselves. Of several starts the one with the least loss counts.
The gap is that of the recorded panel in MAP@5. Writes benchmarks/results/two_dimensions.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

import torch
from benchmarks.machine import keep
from benchmarks.quality.recorded import recorded_panels
from benchmarks.sections import copy_records
from benchmarks.seeded_fits import settings_of
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.plackett_luce import relaxed_plackett_luce
from rankdistill.histories.contexts import Contexts
from rankdistill.metrics.measuring import measure_users
from rankdistill.reporting.wording import decimal, percentage
from rankdistill.runs.models import make_datamodule
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.tuning.quiet import quiet

TEACHERS = {"softmax_d200": "ml-100k-mf-d2", "ensemble": "ml-100k-mf-d2-ensemble"}
"""Option of ``teacher``, and the panel of benchmarks/quality that it teaches in."""
LENGTHS = (12, 5)
"""Of the teacher's ranking that vectors are fitted to."""
LEARNING_RATE = 0.1
OVERLAP = 10

Loss = Callable[[Tensor], Tensor]
"""From (num_users, num_items) scores, those that may not be ranked at -inf, to a number."""


class Vectors(NamedTuple):
    """A factorisation: scores are users @ items.T + bias."""

    users: Tensor
    items: Tensor
    bias: Tensor

    def scores(self, masked: Tensor) -> Tensor:
        """Score the catalogue: (num_users, num_items), masked items at -inf."""
        return (self.users @ self.items.T + self.bias).masked_fill(masked, -torch.inf)


def fit(start: Vectors, loss: Loss, masked: Tensor, steps: int, free: tuple[str, ...]) -> Vectors:
    """Take steps of Adam with a learning rate that falls to zero; what is not free stays."""
    vectors = Vectors(*(tensor.detach().clone() for tensor in start))
    learned = [getattr(vectors, name).requires_grad_() for name in free]
    optimiser = torch.optim.Adam(learned, lr=LEARNING_RATE)
    falling = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, steps)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(vectors.scores(masked)).backward()
        optimiser.step()
        falling.step()
    return Vectors(*(tensor.detach() for tensor in vectors))


def best_fit(
    dim: int, loss: Loss, masked: Tensor, steps: int, restarts: int, items: Vectors | None = None
) -> Vectors:
    """Fit from several random starts, and keep the one with the least loss.

    Args:
        dim: Of the vectors.
        loss: What is made small.
        masked: (num_users, num_items) bool, what may not be ranked.
        steps: Of each start.
        restarts: How many there are.
        items: Whose items and bias stay as they are; None: all is fitted.
    """
    found: list[tuple[float, Vectors]] = []
    num_users, num_items = masked.shape
    for seed in range(restarts):
        draws = torch.Generator().manual_seed(seed)
        users = torch.randn(num_users, dim, generator=draws)
        own = torch.randn(num_items, dim, generator=draws)
        start = Vectors(users, own, torch.zeros(num_items))
        free: tuple[str, ...] = Vectors._fields
        if items is not None:
            start, free = items._replace(users=users), ("users",)
        fitted = fit(start, loss, masked, steps, free)
        found.append((float(loss(fitted.scores(masked))), fitted))
    return min(found, key=lambda pair: pair[0])[1]


def ranking_loss(heads: Tensor) -> Loss:
    """Ask for (num_users, K) items in their order, above all others."""

    def loss(scores: Tensor) -> Tensor:
        ranked = scores.gather(1, heads)
        others = scores.scatter(1, heads, -torch.inf).logsumexp(1)
        return relaxed_plackett_luce(ranked, others).mean()

    return loss


def label_loss(wanted: Interactions) -> Loss:
    """Ask for the wanted items of each user above all others, in any order."""
    rows, items = wanted.user_ids, wanted.item_ids
    share = 1.0 / wanted.counts[rows]

    def loss(scores: Tensor) -> Tensor:
        others = scores.index_put((rows, items), torch.tensor(-torch.inf)).logsumexp(1)
        own = scores[rows, items]
        return (share * (torch.logaddexp(others[rows], own) - own)).sum() / len(wanted.counts)

    return loss


def measured(scores: Tensor, wanted: Interactions, counted: Tensor) -> dict[str, float]:
    """Measure how scores rank the wanted items; the mean is over the users that count."""
    values = measure_users(
        scores, wanted.user_ids, wanted.item_ids, wanted.counts, ["map", "ndcg"], [5, 10]
    )
    return {name: float(value[counted].mean()) for name, value in values.items()}


def of_pairs(pairs: Interactions) -> Tensor:
    """Mark interactions in a (num_users, num_items) bool table."""
    table = torch.zeros(pairs.num_users, pairs.num_items, dtype=torch.bool)
    table[pairs.user_ids, pairs.item_ids] = True
    return table


def main() -> None:
    """Fit all, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--restarts", type=int, default=2)
    arguments = parser.parse_args()
    how = (arguments.steps, arguments.restarts)
    quiet()
    lines = [
        "| what is fitted | to what | MAP@5 | NDCG@10 | gap closed | of the teacher's first ten |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for name in TEACHERS:
        lines += _of_teacher(name, *how)
    heading = f"{how[0]} steps, {how[1]} starts; the teacher and the split of seed 1."
    keep("two_dimensions", [heading, "", *lines])
    copy_records()


def _of_teacher(name: str, steps: int, restarts: int) -> list[str]:
    cfg = settings_of(("size=d2", f"teacher={name}"))
    datamodule = make_datamodule(cfg)
    split = datamodule.split
    test, counted = split.test, datamodule.measured(split.test)
    seen, known = of_pairs(split.train), of_pairs(split.train.union(split.validation))
    teacher = obtain_teacher(cfg, datamodule, "teacher").backbone
    with torch.no_grad():
        rows = teacher.score_rows(Contexts(torch.arange(split.train.num_users)))
    best = rows.masked_fill(seen, -torch.inf).topk(max(LENGTHS), 1).indices

    means = recorded_panels()[TEACHERS[name]]["rows"]
    plain, own_teacher = (means[model]["mean"]["map@5"] for model in ("none", "teacher"))

    def row(label: str, target: str, scores: Tensor) -> str:
        scores = scores.masked_fill(known, -torch.inf)
        values = measured(scores, test, counted)
        shared = _shared(scores, rows.masked_fill(known, -torch.inf))
        closed = percentage((values["map@5"] - plain) / (own_teacher - plain))
        numbers = (decimal(values[metric]) for metric in ("map@5", "ndcg@10"))
        return f"| {' | '.join([label, target, *numbers, closed, percentage(shared)])} |"

    lines = [row(f"the teacher `{name}`", "-", rows)]
    for length in LENGTHS:
        loss, first = ranking_loss(best[:, :length]), f"the first {length} of `{name}`"
        imitation = best_fit(2, loss, seen, steps, restarts)
        lines.append(row("users and items", first, imitation.scores(known)))
        placed = best_fit(2, label_loss(test), known, steps, restarts, items=imitation)
        target = f"the test items; items stay with {first}"
        lines.append(row("users alone", target, placed.scores(known)))
    if name == next(iter(TEACHERS)):
        free = best_fit(2, label_loss(test), known, steps, restarts)
        lines.append(row("users and items", "the test items", free.scores(known)))
    return lines


def _shared(scores: Tensor, teacher: Tensor) -> float:
    """The share of the teacher's first items that scores have among their first."""
    own, theirs = (table.topk(OVERLAP, 1).indices for table in (scores, teacher))
    return float((own.unsqueeze(2) == theirs.unsqueeze(1)).any(2).float().mean())


if __name__ == "__main__":
    main()
