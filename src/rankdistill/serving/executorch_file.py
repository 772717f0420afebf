"""A model as an ExecuTorch program, for apps that run PyTorch's own runtime on a phone."""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from rankdistill.files import replacing
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.kinds import (
    HISTORY,
    HISTORY_ITEMS,
    ITEM_BIAS,
    ITEM_ITEM,
    ITEM_WEIGHTS,
    ITEMS,
    POWER,
)
from rankdistill.rank_files.row_codes import PackedRows, signed_codes, steps_of_rows
from rankdistill.rank_files.tables import StoredTable, refuse_what_is_no_number

LONGEST_HISTORY = 1000
"""Items that a program takes: its memory is planned ahead."""

MOST_FOUND = 100
"""Items that a program finds; an app shows the first of them."""


def write_executorch(path: Path | str, model: RankFile) -> None:
    """Write the program, whole or not at all.

    Raises:
        ValueError: If the model does not rank from histories, its weights are no numbers, or the
            installed ExecuTorch does not go with the installed PyTorch.
    """
    network = HistoryRanker.of(model)
    example = torch.zeros(1, 2, dtype=torch.int64)
    length = torch.export.Dim("length", min=1, max=LONGEST_HISTORY)
    try:
        exir = import_module("executorch.exir")
        exported = torch.export.export(network, (example,), dynamic_shapes=({1: length},))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those of the compiler are for its developers
            program = exir.to_edge_transform_and_lower(exported).to_executorch()
    except (ImportError, RuntimeError, AttributeError, TypeError) as error:
        raise ValueError(
            f"The installed executorch does not go with PyTorch {torch.__version__} "
            f"({type(error).__name__}): install the pair that its release notes name, or export "
            "with format=onnx."
        ) from error
    with replacing(path) as temporary:
        temporary.write_bytes(program.buffer)


class HistoryRanker(nn.Module):
    """From one person's items to the best others, in operators that ExecuTorch has.

    Args:
        tables: By name; see ``rank_files.kinds``.
        kind: "history" or "item_item".
        power: a of ``history``.
        popularity: (num_items,) float32, what ranks for an empty history, or None.
    """

    popularity: Tensor | None

    def __init__(
        self, tables: dict[str, StoredTable], kind: str, power: float, popularity: Tensor | None
    ):
        super().__init__()
        self.summed = _Rows(tables[HISTORY_ITEMS if kind == HISTORY else ITEM_WEIGHTS])
        self.items = _Rows(tables[ITEMS]) if kind == HISTORY else None
        self.item_bias = _Rows(tables[ITEM_BIAS]) if ITEM_BIAS in tables else None
        self.register_buffer("popularity", popularity)
        self.power = power

    @classmethod
    def of(cls, model: RankFile) -> HistoryRanker:
        """Make the network of what a file holds.

        Raises:
            ValueError: If the model does not rank from histories, or its weights are no numbers.
        """
        if model.kind not in {HISTORY, ITEM_ITEM}:
            raise ValueError(
                "format=executorch is for models that rank from what somebody has, and this one "
                "ranks for its own users alone: export a student trained with backbone=fism, or "
                "use format=onnx."
            )
        refuse_what_is_no_number(model.tables)
        counts = model.item_counts
        popularity = None if counts is None else torch.from_numpy(counts.astype(np.float32))
        power = model.settings.get(POWER, 0.0)
        return cls(dict(model.tables), model.kind, power, popularity).eval()

    def forward(self, history: Tensor) -> tuple[Tensor, Tensor]:
        """Find the best items that somebody does not have.

        Args:
            history: (1, length) row numbers of items, or -1, which is none.

        Returns:
            (1, at most MOST_FOUND) row numbers, best first, and their scores, -inf where no item is
            left.
        """
        summed = self.summed()
        num_items = summed.shape[0]
        places = torch.where(history >= 0, history, num_items)
        has = torch.zeros(1, num_items + 1).scatter(1, places, 1.0)[:, :num_items]
        number = has.sum(1, keepdim=True)
        scores = has @ summed
        if self.items is not None:
            scores = scores * number.clamp(min=1.0).pow(-self.power) @ self.items().T
        if self.item_bias is not None:
            scores = scores + self.item_bias().view(1, -1)
        if self.popularity is not None:
            scores = torch.where(number > 0, scores, self.popularity)
        scores = scores.masked_fill(has > 0, float("-inf"))
        best = scores.topk(min(MOST_FOUND, num_items), dim=1)
        return best.indices, best.values


class _Rows(nn.Module):
    """A table as it is stored: int8 codes and a step a row, or numbers."""

    values: Tensor
    steps: Tensor | None

    def __init__(self, table: StoredTable):
        super().__init__()
        is_packed = isinstance(table, PackedRows)
        values = signed_codes(table) if is_packed else table
        steps = steps_of_rows(table.exponents, table.largest_step)[:, 0] if is_packed else None
        self.register_buffer("values", torch.tensor(values))
        self.register_buffer("steps", None if steps is None else torch.tensor(steps))

    def forward(self) -> Tensor:
        """Make numbers of it."""
        values = self.values.float()
        return values if self.steps is None else values * self.steps.unsqueeze(1)
