"""A model as an ONNX graph: from a user or a history to the best items."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.kinds import (
    FACTORS,
    HISTORY,
    HISTORY_ITEMS,
    ITEM_BIAS,
    ITEM_ITEM,
    ITEM_WEIGHTS,
    ITEMS,
    POWER,
    USER_BIAS,
    USERS,
)
from rankdistill.serving.onnx_nodes import OnnxNodes


def onnx_graph(model: RankFile) -> onnx.ModelProto:
    """Write the graph; its constants are the tables as they are stored.

    Inputs are int64: ``user`` (batch,), row numbers of users, or ``history`` (batch, length), row
    numbers of items; ``exclude`` (batch, excluded), further items to leave out; ``limit`` (1,),
    how many items to find. Lists are filled up with -1, and every length may be zero.

    Outputs are ``items`` (batch, found) int64, row numbers, best first, of equal ones the first;
    and their ``scores``, -inf where no item is left.

    Raises:
        ValueError: If it is a network, which ranks with PyTorch alone.
    """
    nodes = OnnxNodes()
    if model.kind == FACTORS:
        listed = _Listed(nodes, "exclude", len(model.item_ids))
        scores, who = _of_users(nodes, model), ("user", ["batch"])
    elif model.kind in {HISTORY, ITEM_ITEM}:
        everything = nodes.apply("Concat", "exclude", "history", axis=1)
        listed = _Listed(nodes, everything, len(model.item_ids))
        scores, who = _of_histories(nodes, model, listed), ("history", ["batch", "length"])
    else:
        raise ValueError(
            "This is a network that ranks with PyTorch alone, such as a ranker of a cascade."
        )
    unseen = nodes.apply("Where", listed.has(), nodes.constant(np.float32(-np.inf)), scores)
    limit = nodes.apply("Min", "limit", nodes.numbers(len(model.item_ids)))
    nodes.top(unseen, limit, "scores", "items")
    inputs = [who, ("exclude", ["batch", "excluded"]), ("limit", [1])]
    outputs = [("items", TensorProto.INT64), ("scores", TensorProto.FLOAT)]
    return nodes.model(
        [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name, axes in inputs],
        [helper.make_tensor_value_info(name, of, ["batch", "found"]) for name, of in outputs],
    )


class _Listed:
    """Lists of items, filled up with -1: (batch, number)."""

    def __init__(self, nodes: OnnxNodes, lists: str, num_items: int):
        none = nodes.numbers(num_items)  # where -1 is sent: a column behind the catalogue
        self._nodes = nodes
        is_filled_up = nodes.apply("Less", lists, nodes.numbers(0))
        self._items = nodes.apply("Where", is_filled_up, none, lists)
        number = nodes.apply("Shape", lists, start=1)
        up_to = nodes.apply("Expand", nodes.numbers(1), number)
        counted = nodes.apply("CumSum", up_to, nodes.constant(np.int64(0)))
        self._positions = nodes.apply("Expand", counted, nodes.apply("Shape", lists))
        batch = nodes.apply("Shape", lists, start=0, end=1)
        shape = nodes.apply("Concat", batch, nodes.numbers(num_items + 1), axis=0)
        self._last_positions = nodes.apply(
            "ScatterElements",
            nodes.apply("Expand", nodes.numbers(0), shape),
            self._items,
            self._positions,
            axis=1,
            reduction="max",
        )
        self._none = none

    def has(self) -> str:
        """Whether a list has an item: (batch, num_items) bool."""
        nodes = self._nodes
        has_none = nodes.apply("Greater", self._last_positions, nodes.numbers(0))
        return nodes.apply("Slice", has_none, nodes.numbers(0), self._none, nodes.numbers(1))

    def distinct(self, start: str) -> tuple[str, str]:
        """Give what stands from a position on: items, and 1 where one is told, 0 elsewhere.

        An item that stands there twice is told once. What fills the lists up is item 0, not told.

        Args:
            start: (1,) positions to skip.
        """
        nodes = self._nodes
        last = nodes.apply("GatherElements", self._last_positions, self._items, axis=1)
        is_last = nodes.apply("Equal", last, self._positions)
        is_item = nodes.apply("Less", self._items, self._none)
        told = nodes.apply("And", is_last, is_item)
        items = nodes.apply("Where", is_item, self._items, nodes.numbers(0))
        end = nodes.numbers(np.iinfo(np.int64).max)
        items, told = (
            nodes.apply("Slice", each, start, end, nodes.numbers(1)) for each in (items, told)
        )
        return items, nodes.apply("Cast", told, to=TensorProto.FLOAT)


def _of_users(nodes: OnnxNodes, model: RankFile) -> str:
    scores = _with_items(nodes, model, nodes.rows(USERS, model.tables[USERS], "user"))
    if USER_BIAS not in model.tables:
        return scores
    biases = nodes.apply("Gather", nodes.table(USER_BIAS, model.tables[USER_BIAS]), "user")
    return nodes.apply("Add", scores, nodes.apply("Unsqueeze", biases, nodes.numbers(1)))


def _of_histories(nodes: OnnxNodes, model: RankFile, listed: _Listed) -> str:
    name = HISTORY_ITEMS if model.kind == HISTORY else ITEM_WEIGHTS
    items, told = listed.distinct(nodes.apply("Shape", "exclude", start=1))
    flat = nodes.rows(name, model.tables[name], nodes.apply("Reshape", items, nodes.numbers(-1)))
    width = nodes.numbers(model.tables[name].shape[1])
    shape = nodes.apply("Concat", nodes.apply("Shape", items), width, axis=0)
    one_row = nodes.apply("Unsqueeze", told, nodes.numbers(1))
    sums = nodes.apply("MatMul", one_row, nodes.apply("Reshape", flat, shape, allowzero=1))
    sums = nodes.apply("Squeeze", sums, nodes.numbers(1))
    number = nodes.apply("ReduceSum", told, nodes.numbers(1), keepdims=1)
    if model.kind == HISTORY:
        at_least_one = nodes.apply("Max", number, nodes.constant(np.float32(1)))
        power = nodes.constant(np.float32(-model.settings[POWER]))
        share = nodes.apply("Pow", at_least_one, power)
        sums = _with_items(nodes, model, nodes.apply("Mul", sums, share))
    if model.item_counts is None:
        return sums
    is_empty = nodes.apply("Equal", number, nodes.constant(np.float32(0)))
    popularity = nodes.constant(model.item_counts.astype(np.float32), "item_counts")
    return nodes.apply("Where", is_empty, popularity, sums)


def _with_items(nodes: OnnxNodes, model: RankFile, rows: str) -> str:
    """Score rows <r, q_i> + b_i: (batch, num_items)."""
    inputs = [rows, nodes.table(ITEMS, model.tables[ITEMS])]
    if ITEM_BIAS in model.tables:
        inputs.append(nodes.table(ITEM_BIAS, model.tables[ITEM_BIAS]))
    return nodes.apply("Gemm", *inputs, transB=1)
