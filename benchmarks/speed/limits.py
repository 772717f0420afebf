"""What this machine can do at best: copying memory and multiplying matrices."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from benchmarks.speed.turns import in_turns, repeated, summary

CACHED, UNCACHED = 1 << 22, 1 << 28
"""Bytes of a copied tensor that fits the processor's caches, and of one that does not."""

FLOAT = 4


@dataclass(frozen=True)
class Limits:
    """Rates of this machine, medians of a few tries on the threads that all use.

    Attributes:
        cached_copy: Bytes read and written a second, within the caches.
        memory_copy: The same, beyond them.
        product: Floating point operations a second of a large matrix product.
    """

    cached_copy: float
    memory_copy: float
    product: float

    def seconds(self, operations: float, moved: float, working_set: float) -> float:
        """The least time of a matrix product and of bytes moved, one after the other.

        Args:
            operations: Of matrix products.
            moved: Bytes read and written.
            working_set: Bytes that are touched again and again: decides which rate holds.
        """
        rate = self.cached_copy if working_set <= 4 * CACHED else self.memory_copy
        return operations / self.product + moved / rate

    def pair_epoch(
        self,
        shape: tuple[int, int],
        pairs: int,
        embedding_dim: int,
        batch_size: int,
        num_negatives: int = 1,
    ) -> float:
        """Seconds of an epoch of a sampled loss with dense Adam.

        A step reads parameters, gradients and both moments, writes all but the gradients, and
        fills the gradients; a pair reads the rows of its user and items, and adds to them backward.
        """
        parameters = sum(shape) * (embedding_dim + 1)
        steps = math.ceil(pairs / batch_size)
        moved = (
            steps * 8 * FLOAT * parameters + pairs * (2 + num_negatives) * 3 * FLOAT * embedding_dim
        )
        return self.seconds(0, moved, 4 * FLOAT * parameters)

    def row_epoch(self, shape: tuple[int, int], embedding_dim: int, batch_size: int) -> float:
        """Seconds of an epoch of the softmax over whole rows with dense Adam.

        Three matrix products; scores written, read, their gradient written and read twice.
        """
        users, items = shape
        parameters = (users + items) * (embedding_dim + 1)
        moved = math.ceil(users / batch_size) * 8 * FLOAT * parameters + 5 * FLOAT * users * items
        operations = 6 * users * items * embedding_dim
        return self.seconds(operations, moved, 4 * FLOAT * (parameters + batch_size * items))

    def ranking(self, users: int, items: int, embedding_dim: int, user_block: int = 1024) -> float:
        """Seconds to rank the catalogue: one product, scores written once and read once."""
        moved = 2 * FLOAT * users * items
        return self.seconds(
            2 * users * items * embedding_dim, moved, FLOAT * min(users, user_block) * items
        )

    def as_record(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


def measure_limits(quick: bool) -> Limits:
    """Measure them now."""
    small, large = (torch.ones(size // FLOAT) for size in (CACHED, UNCACHED))
    small_target, large_target = torch.empty_like(small), torch.empty_like(large)
    side = 512 if quick else 2048
    left, right, out = torch.randn(side, side), torch.randn(side, side), torch.empty(side, side)
    took = in_turns(
        {
            "cached": repeated(lambda: small_target.copy_(small)),
            "memory": repeated(lambda: large_target.copy_(large)),
            "product": repeated(lambda: torch.mm(left, right, out=out)),
        },
        turns=1 if quick else 5,
    )
    median = {name: summary(values)["median"] for name, values in took.items()}
    return Limits(
        2 * CACHED / median["cached"],
        2 * UNCACHED / median["memory"],
        2 * side**3 / median["product"],
    )
