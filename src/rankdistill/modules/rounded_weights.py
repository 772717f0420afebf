"""Learn with weights rounded as they will be stored, so that storing them changes little."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rankdistill.backbones.interface import Backbone, ReadsInteractions
from rankdistill.rank_files.kinds import MAY_LACK_ROWS
from rankdistill.rank_files.row_codes import PackedRows, signed_codes, steps_of_rows
from rankdistill.rank_files.tables import encoded


class _Grid(NamedTuple):
    """What weights are rounded to: whole multiples of a step, between two of them.

    Attributes:
        steps: (num_rows, 1), or (1,) of a vector; zero for a row that becomes zeros.
        lowest: Multiple.
        highest: Multiple.
    """

    steps: Tensor
    lowest: int
    highest: int


class RoundedWeights:
    """Weights that are exact when a step changes them, and rounded when a loss is computed.

    The gradient at the rounded weights moves the exact ones, as if rounding were the identity
    (straight-through estimator). The weights that ship are rounded, from the first choice of steps
    on; the others stay exact.

    Args:
        backbone: The network that learns.
        bits: Of a stored weight, 8 down to 2.

    Reference:
        Jacob et al., "Quantization and Training of Neural Networks for Efficient
        Integer-Arithmetic-Only Inference", CVPR 2018; the estimator: Bengio, Léonard and
        Courville, "Estimating or Propagating Gradients Through Stochastic Neurons for Conditional
        Computation", 2013.
    """

    def __init__(self, backbone: Backbone, bits: int):
        self.bits = bits
        names = {name: stored for stored, name in backbone.served().tables.items()}
        shipped = names.keys() - set(backbone.ranks_nothing)
        self._weights = {n: each for n, each in backbone.named_parameters() if n in shipped}
        self._may_lack_rows = {name for name, stored in names.items() if stored in MAY_LACK_ROWS}
        self._grids: dict[str, _Grid] = {}
        self._exact: dict[str, Tensor] = {}

    def choose_steps(self) -> None:
        """Choose the steps that fit the exact weights best, as storing them does."""
        self._grids = {
            name: _grid(name, weight, self.bits, name in self._may_lack_rows)
            for name, weight in self._weights.items()
        }

    @contextmanager
    def rounded(self) -> Iterator[None]:
        """Round the weights for a while."""
        self._round()
        try:
            yield
        finally:
            self._restore()

    def exact(self) -> AbstractContextManager[None]:
        """Within ``rounded``: give the exact weights back, to be changed."""
        return self._exact_for_a_while() if self._grids else nullcontext()

    @contextmanager
    def _exact_for_a_while(self) -> Iterator[None]:
        self._restore()
        yield
        self._round()

    @torch.no_grad()
    def _round(self) -> None:
        for name, (steps, lowest, highest) in self._grids.items():
            weight = self._weights[name]
            self._exact[name] = weight.clone()
            in_steps = weight / steps.clamp(min=torch.finfo(steps.dtype).tiny)
            weight.copy_(in_steps.round_().clamp_(lowest, highest).mul_(steps))

    @torch.no_grad()
    def _restore(self) -> None:
        for name in self._grids:
            self._weights[name].copy_(self._exact[name])


def check_rounding(backbone: Backbone, decay_epochs: int | None) -> None:
    """Refuse to round the weights of a model as it learns where that makes no sense.

    Args:
        backbone: The network that learns.
        decay_epochs: Epochs over which the learning rate falls to zero.

    Raises:
        ValueError: If the end of training is not planned, or if the network ships what it computes
            of its weights and not the weights.
    """
    if decay_epochs is None:
        raise ValueError(
            "storage.rounded_epochs are the last epochs of a training whose end is planned: set "
            "training.decay_epochs, over which the learning rate falls to zero."
        )
    if isinstance(backbone, ReadsInteractions):
        raise ValueError(
            f"{type(backbone).__name__} ships what it computes of its weights, so rounding them as "
            "they learn is no help: set storage.rounded_epochs=0."
        )


def _grid(name: str, weight: nn.Parameter, bits: int, leaves_rows_out: bool) -> _Grid:
    exact = weight.detach().float().cpu().numpy()
    packed = encoded(name, exact, bits, leaves_rows_out=leaves_rows_out)
    assert isinstance(packed, PackedRows), "8 bits at most, and a table of real numbers"
    steps = steps_of_rows(packed.exponents, packed.largest_step)
    steps = torch.from_numpy(steps * signed_codes(packed).any(1, keepdims=True))
    if weight.dim() == 1:
        steps = steps.squeeze(1)
    half = 2 ** (packed.bits - 1)
    return _Grid(steps.to(weight), -half, half - 1)
