"""Nodes and constants of an ONNX graph, and the tables of a model among them."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rankdistill.rank_files.row_codes import PackedRows, signed_codes, steps_of_rows
from rankdistill.rank_files.tables import StoredTable

_OPSET, _OPSET_OF_INT4 = 18, 21
"""The first versions of the operators that the nodes need."""

_INT4_BITS = 4
_TABLE = "table."


class OnnxNodes:
    """Collects a graph; each method adds to it, and returns the name of the value that it adds."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._has_int4 = False

    def apply(self, operator: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """Add a node.

        Args:
            operator: Its kind.
            inputs: Names of values.
            name: Of what it gives; one is made up if it has none.
            attributes: Of the operator.
        """
        name = name or f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def top(self, scores: str, limit: str, values_name: str, indices_name: str) -> None:
        """Add the node that finds the best of each row, of equal ones the first."""
        outputs = [values_name, indices_name]
        self._nodes.append(helper.make_node("TopK", [scores, limit], outputs, "top", axis=1))

    def constant(self, array: np.ndarray | np.generic, name: str | None = None) -> str:
        """Add an array."""
        name = name or f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def numbers(self, *numbers: int) -> str:
        """Add a list of whole numbers."""
        return self.constant(np.array(numbers, np.int64))

    def table(self, name: str, table: StoredTable) -> str:
        """Add a table as it is stored, and the node that makes numbers of the whole of it.

        Rows of up to 4 bits become int4, others int8, each with its step.
        """
        if not isinstance(table, PackedRows):
            return self._as_float(self.constant(table, _TABLE + name), table)
        codes = signed_codes(table).reshape(table.shape)
        if table.bits <= _INT4_BITS:
            self._has_int4 = True
            codes = codes.astype(ml_dtypes.int4)
        steps = _steps(table)
        constant = self.constant(codes, _TABLE + name)
        if codes.ndim == 1:
            return self.apply("DequantizeLinear", constant, self.constant(steps[0]))
        return self.apply("DequantizeLinear", constant, self.constant(steps), axis=0)

    def rows(self, name: str, table: StoredTable, index: str) -> str:
        """Add a table as it is stored, and the nodes that make numbers of some of its rows.

        Rows of up to 8 bits become int8, since no operator takes rows out of a table of int4.

        Args:
            name: Of the table.
            table: (num_rows, width).
            index: (number,) int64 row numbers.
        """
        if not isinstance(table, PackedRows):
            return self._as_float(
                self.apply("Gather", self.constant(table, _TABLE + name), index), table
            )
        codes = self.apply("Gather", self.constant(signed_codes(table), _TABLE + name), index)
        steps = self.apply("Gather", self.constant(_steps(table)), index)
        return self.apply("DequantizeLinear", codes, steps, axis=0)

    def model(
        self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        """Make the model of all that was added."""
        graph = helper.make_graph(self._nodes, "recommend", inputs, outputs, self._constants)
        opset = [helper.make_opsetid("", _OPSET_OF_INT4 if self._has_int4 else _OPSET)]
        version = helper.find_min_ir_version_for(opset)
        return helper.make_model(graph, opset_imports=opset, ir_version=version)

    def _as_float(self, value: str, table: np.ndarray) -> str:
        is_exact = table.dtype == np.float32
        return value if is_exact else self.apply("Cast", value, to=TensorProto.FLOAT)


def _steps(table: PackedRows) -> np.ndarray:
    return steps_of_rows(table.exponents, table.largest_step)[:, 0]
