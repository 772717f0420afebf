"""Arrays and a description as the bytes of a safetensors file, with a checksum over all of them.

The description is JSON under ``rankdistill`` in the metadata of the header. It begins with
``sha256``, the SHA-256 of the whole file as it is with zeros in the place of these 64 digits, and
with ``format``, the version of the form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from rankdistill.quoting import excerpt, shortened

FILE_FORMAT = 1
"""Raised by one whenever an earlier reader would misread a file."""

_DESCRIPTION, _CHECKSUM, _FORMAT = "rankdistill", "sha256", "format"

_MOST_HEADER = 1 << 22
"""Bytes of a header; ours have some thousand."""

_LENGTH_BYTES = 8
"""A safetensors file begins with the length of its header, in so many bytes."""

_NO_DIGITS = "0" * 64

_OF_TORCH = (b"PK\x03\x04", b"\x1f\x8b")
"""How checkpoints begin, and how the weights.pt of version 0.1 do."""


def sealed(arrays: Mapping[str, np.ndarray], description: Mapping[str, Any]) -> bytes:
    """Make the file's bytes; equal arguments make equal bytes.

    Args:
        arrays: By name.
        description: What JSON can hold.

    Raises:
        ValueError: If a number of the description is no number that JSON has.
    """
    text = json.dumps(
        {_CHECKSUM: _NO_DIGITS, _FORMAT: FILE_FORMAT, **description},
        allow_nan=False,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    content = save(contiguous, {_DESCRIPTION: text})
    digits = hashlib.sha256(content).hexdigest()
    return content.replace(_NO_DIGITS.encode(), digits.encode(), 1)


def unsealed(content: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read the arrays and the description of a file whose checksum is right.

    Returns:
        Arrays by name, and the description; neither is known to be a model's yet.

    Raises:
        ValueError: If it is no file of ours, damaged, or of another version; the words
            go on after its name.
    """
    header = _header(content)
    description = _description(header)
    digits, version = description.pop(_CHECKSUM, None), description.pop(_FORMAT, None)
    if version != FILE_FORMAT:
        raise ValueError(
            f"is of format {excerpt(version)}, and this rankdistill reads format {FILE_FORMAT}: "
            "read it with the version that wrote it, or export the model anew."
        )
    if not isinstance(digits, str) or _hash(content, header, digits) != digits:
        raise ValueError("is truncated or damaged: its checksum is not the one that it states.")
    try:
        return load(content), description
    except (SafetensorError, ValueError, KeyError) as error:
        raise ValueError(f"is damaged ({shortened(str(error))}).") from error


def refuse_other_start(start: bytes) -> None:
    """Look at the first bytes of a file, so that a large one of something else is not read.

    Raises:
        ValueError: If no model begins like this; the words go on after the file's name.
    """
    if start.startswith(_OF_TORCH):
        raise ValueError(
            "is a file of PyTorch and no model.rank; make one of a checkpoint: "
            "rankdistill export checkpoint=.../model.ckpt output=model.rank"
        )
    size = int.from_bytes(start[:_LENGTH_BYTES], "little")
    if start[_LENGTH_BYTES : _LENGTH_BYTES + 1] != b"{" or size > _MOST_HEADER:
        raise ValueError("is no model of rankdistill.")


def _header(content: bytes) -> bytes:
    refuse_other_start(content)
    size = int.from_bytes(content[:_LENGTH_BYTES], "little")
    header = content[_LENGTH_BYTES : _LENGTH_BYTES + size]
    if len(header) < size:
        raise ValueError("is truncated.")
    return header


def _description(header: bytes) -> dict[str, Any]:
    try:
        description = json.loads(json.loads(header)["__metadata__"][_DESCRIPTION])
    except Exception as error:  # a file made to do harm can hold anything
        raise ValueError("is damaged, or no model of rankdistill.") from error
    if not isinstance(description, dict):
        raise ValueError("is damaged, or no model of rankdistill.")
    return description


def _hash(content: bytes, header: bytes, digits: str) -> str:
    """Hash a file with zeros in the place of the digits that its header states."""
    digest = hashlib.sha256(content[:_LENGTH_BYTES])
    digest.update(header.replace(digits.encode(), _NO_DIGITS.encode(), 1) if digits else header)
    digest.update(memoryview(content)[_LENGTH_BYTES + len(header) :])
    return digest.hexdigest()
