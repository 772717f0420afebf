"""Whether a machine has room for tables of embeddings."""

from __future__ import annotations

import os

_IN_TRAINING = 4
"""Times the weights: themselves, their gradient, and the two moments of Adam."""


def refuse_too_large_tables(num_rows: int, embedding_dim: int) -> None:
    """Raise a ValueError where (num_rows, embedding_dim) float32 weights cannot be trained here.

    Args:
        num_rows: Users and items together.
        embedding_dim: Length of a row.
    """
    needed, there_are = _IN_TRAINING * 4 * num_rows * embedding_dim, memory_bytes()
    if there_are is not None and needed > there_are:
        raise ValueError(
            f"embedding_dim={embedding_dim} takes {needed / 2**30:,.1f} GiB to train for "
            f"{num_rows:,} users and items, and this machine has {there_are / 2**30:,.1f} GiB."
        )


def memory_bytes() -> int | None:
    """The machine's memory; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
