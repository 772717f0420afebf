"""How large a stack of models that are trained side by side may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True)
class StackConfig:
    """Bounds of a stack.

    Attributes:
        memory_gib: What it may take, in GiB.
        at_once: Models in it at most; None: as many as pay; 1: one after the other.
    """

    memory_gib: float
    at_once: int | None
