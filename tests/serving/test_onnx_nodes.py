import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from rankdistill.rank_files.tables import decoded, encoded
from rankdistill.serving.onnx_nodes import OnnxNodes

TABLE = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)


def value(nodes, name, given):
    """What a graph of nodes gives for row numbers."""
    inputs = [helper.make_tensor_value_info("index", TensorProto.INT64, ["number"])]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)]
    content = nodes.model(inputs, outputs).SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run([name], {"index": np.array(given, np.int64)})[0]


@pytest.mark.parametrize("bits", [32, 16, 8, 7, 6, 5, 4, 3, 2])
def test_tables_and_their_rows_are_decoded_bit_for_bit(bits):
    stored = encoded("a", TABLE, bits)
    nodes = OnnxNodes()
    name = nodes.rows("a", stored, "index")
    np.testing.assert_array_equal(value(nodes, name, [4, 0, 4]), decoded(stored)[[4, 0, 4]])
    nodes = OnnxNodes()
    whole = nodes.apply("Gather", nodes.table("a", stored), "index")
    np.testing.assert_array_equal(value(nodes, whole, [1, 2]), decoded(stored)[[1, 2]])


def test_a_vector_has_one_step():
    stored = encoded("a", TABLE[:, 0], 4)
    nodes = OnnxNodes()
    whole = nodes.apply("Gather", nodes.table("a", stored), "index")
    np.testing.assert_array_equal(value(nodes, whole, [3]), decoded(stored)[[3]])


@pytest.mark.parametrize(("bits", "opset"), [(32, 18), (8, 18), (5, 18), (4, 21)])
def test_only_int4_needs_newer_operators(bits, opset):
    nodes = OnnxNodes()
    nodes.table("a", encoded("a", TABLE, bits))
    assert nodes.model([], []).opset_import[0].version == opset
