"""Adam for models of a few tables, whose steps are short."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import Adam


class FusedAdam(Adam):
    """PyTorch's fused Adam over one group of parameters, with the same state and the same values.

    A small model's step takes microseconds, and what PyTorch does around it a hundred: it asks
    every parameter what kind it is, which the first step has settled.

    Args:
        parameters: Real and dense.
        learning_rate: Step size.
        weight_decay: L2 coefficient.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float
    ):
        super().__init__(parameters, lr=learning_rate, weight_decay=weight_decay, fused=True)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """See torch.optim.Optimizer."""
        if not set_to_none:
            super().zero_grad(set_to_none)
            return
        for parameter in self.param_groups[0]["params"]:
            parameter.grad = None

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """See torch.optim.Adam, which takes the first step and any that is out of the ordinary."""
        group = self.param_groups[0]
        parameters = group["params"]
        gradients = [parameter.grad for parameter in parameters]
        if (
            closure is not None
            or len(self.state) < len(parameters)
            or any(gradient is None for gradient in gradients)
        ):
            return super().step(closure)
        states = [self.state[parameter] for parameter in parameters]
        steps = [state["step"] for state in states]
        beta1, beta2 = group["betas"]
        torch._foreach_add_(steps, 1)  # pyright: ignore[reportPrivateImportUsage]
        torch._fused_adam_(  # pyright: ignore[reportPrivateImportUsage]
            parameters,
            gradients,
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            steps,
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )
        return None
