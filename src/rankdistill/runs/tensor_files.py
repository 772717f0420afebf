"""Files of tensors: checked whole before they are read, and read without executing anything."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import IO, Any

import torch

from rankdistill.quoting import printable

_ZIP_MAGIC = b"PK\x03\x04"
_END_OF_ZIP = 22
"""Bytes of the record that ends a zip file without a comment."""

_FOLDER = 0x10
"""The attribute that marks a folder in a zip file."""


def save_tensors(content: dict[str, Any], path: Path) -> None:
    """``torch.save`` that says in an OSError that a disk is full or a folder cannot be written.

    Raises:
        OSError: If nothing, or not all, could be written.
    """
    try:
        torch.save(content, path)
    except RuntimeError as error:
        reason = str(error).splitlines()[0][:120]
        raise OSError(f"{path.parent} could not be written to ({reason}).") from error


def read_tensors(path: Path) -> Any:
    """``torch.load`` on the CPU, of tensors and primitives only.

    PyTorch does not look at the checksums of its own files, so they are compared before it reads.

    Raises:
        ValueError: If the file is truncated or damaged, or holds something else.
    """
    try:
        with path.open("rb") as file:
            refuse_damage(file)
            file.seek(0)
            return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a file made to do harm can make the readers raise anything
        lines = str(error).splitlines() or [type(error).__name__]
        raise ValueError(
            f"{path} cannot be read: truncated, damaged or not a file of rankdistill "
            f"({printable(lines[0])[:120]})."
        ) from error


def refuse_damage(file: IO[bytes]) -> None:
    """Compare a zip file's contents with its checksums, and its form with what ``torch.save`` does.

    Members of ours lie there as they are, so a file holds no more than its own size.

    Raises:
        Exception: Of any kind, where the file is not sound.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(len(_ZIP_MAGIC)) != _ZIP_MAGIC:
        raise ValueError("it is not a file of torch.save")
    file.seek(max(size - _END_OF_ZIP, 0))
    if not file.read().startswith(b"PK\x05\x06"):
        raise ValueError("it does not end as it should")
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len({member.filename for member in members}) < len(members):
            raise ValueError("a member is in it twice")
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("a member is compressed")
        if any(member.external_attr & _FOLDER or member.is_dir() for member in members):
            raise ValueError("a member is a folder")  # PyTorch would leave its memory as it was
        if sum(member.file_size for member in members) > size:
            raise ValueError("its members overlap")
        if (damaged := archive.testzip()) is not None:
            raise ValueError(f"{damaged} has another checksum than it should")


def is_stored_whole(tensor: torch.Tensor) -> bool:
    """Whether a tensor is a dense one whose every number is stored: copies take no more memory."""
    return (
        tensor.layout is torch.strided
        and not tensor.is_quantized
        and tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()
    )
