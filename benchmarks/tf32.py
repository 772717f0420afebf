"""rankdistill with the factors of every matrix product rounded to tf32, on any machine.

    python benchmarks/tf32.py compare experiment=softmax_d10 ...

A GPU's tf32 products round both factors to 10 bits behind the leading one and add in single
precision. So does this, forward and backward, in training and in ranking: it tells what tf32
costs in quality, not what it gains in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from rankdistill.cli import main

_DROPPED = 13  # of the 23 bits behind the leading one of single precision
_FACTORS = {"mm": (0, 1), "bmm": (0, 1), "addmm": (1, 2), "baddbmm": (1, 2), "linear": (0, 1)}
_FACTORS |= {"_linear_pointwise": (0, 1), "mv": (0, 1), "addmv": (1, 2)}


def rounded(values: Tensor) -> Tensor:
    """To the nearest number of tf32, in single precision; others stay as they are."""
    if values.dtype != torch.float32:
        return values
    half, kept = 1 << (_DROPPED - 1), -(1 << _DROPPED)
    return ((values.contiguous().view(torch.int32) + half) & kept).view(torch.float32)


class Tf32Products(TorchDispatchMode):
    """Rounds what is about to be multiplied."""

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """See TorchDispatchMode."""
        name = func.overloadpacket.__name__  # pyright: ignore[reportFunctionMemberAccess]
        factors = _FACTORS.get(name, ())
        given = [rounded(each) if at in factors else each for at, each in enumerate(args)]
        return func(*given, **(kwargs or {}))


if __name__ == "__main__":
    with Tf32Products():
        main()
