"""Running of ONNX files, and lists filled up as they are given to them."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime


def session_of(content):
    """Check a file, and open it with one thread and without warnings."""
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def filled_up(lists):
    """Rows of equal length, filled up with -1."""
    filled = np.full((len(lists), max(map(len, lists), default=0)), -1, np.int64)
    for row, items in zip(filled, lists, strict=True):
        row[: len(items)] = items
    return filled


def found(session, who, exclude, limit):
    """Rows of items and scores for users, a list, or histories, a list of lists."""
    is_user = not isinstance(who[0], list | tuple | np.ndarray)
    inputs = {
        ("user" if is_user else "history"): np.array(who, np.int64) if is_user else filled_up(who),
        "exclude": filled_up(exclude),
        "limit": np.array([limit], np.int64),
    }
    return session.run(["items", "scores"], inputs)
