"""How the teacher enters the student's loss."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from rankdistill.building import Component, did_you_mean

LOSS_BALANCES = ("paper", "official")


@dataclass(kw_only=True)
class Sharpness:
    """Parameters of the position weights; the options of ``weighting`` take them from here.

    Attributes:
        lambda_: Positions over which trust in the teacher falls by 1/e.
        mu: Weight of a rank of discrepancy.
    """

    lambda_: float
    mu: float


@dataclass(kw_only=True)
class DistillationConfig:
    """The active methods, and how their losses are balanced with the ranking loss.

    Attributes:
        alpha: The teacher's share.
        loss_balance: What ``alpha`` weighs: paper or official.
        user_pairs: Of a batch of pairs, those whose users are compared over whole rows; None: all.
        initialization: Where the student starts; None: at random, as the plain student does.
        top_k: Length of the teacher's ranking; the methods take it from here.
        weighting: Of the positions in that ranking; the method ``ranking`` takes it from here.
        methods: Active methods by name; at least one.
    """

    alpha: float
    loss_balance: str
    user_pairs: int | None
    initialization: Component | None
    top_k: int | None = None
    weighting: Component | None = None
    methods: dict[str, Component] = field(default_factory=dict)

    @property
    def trajectory(self) -> int:
        """Checkpoints of the teacher's training that the methods ask for, the last one included."""
        asked = [method.settings.get("trajectory", 1) for method in self.methods.values()]
        return max(asked, default=1)

    def __post_init__(self) -> None:
        if not self.methods:
            raise ValueError(
                "distillation.methods is empty: type distillation=[ranking], or "
                "module=student to distil nothing."
            )
        if (balance := self.loss_balance) not in LOSS_BALANCES:
            raise ValueError(
                f"distillation.loss_balance is {balance!r}{did_you_mean(balance, LOSS_BALANCES)}"
            )
        if balance == "paper" and not 0 <= self.alpha <= 1:
            raise ValueError(
                "distillation.alpha must lie in [0, 1] with distillation.loss_balance=paper, got "
                f"{self.alpha}; distillation.loss_balance=official takes any from 0 up."
            )
        if not 0 <= self.alpha < math.inf:
            raise ValueError(f"distillation.alpha must be a number from 0 up, got {self.alpha}.")
