"""weights.pt: the tensors that serving needs, exact or packed."""

from __future__ import annotations

import gzip
import io
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rankdistill.files import replacing
from rankdistill.rank_files.row_codes import PackedRows, pack_rows, unpack_rows
from rankdistill.rank_files.tables import EXACT_BITS, HALF_BITS, VECTOR_BITS, storage_name
from rankdistill.runs.tensor_files import is_stored_whole, read_tensors, save_tensors

_ARRAYS = ("codes", "exponents")


def save_weights(
    weights: Mapping[str, Tensor],
    path: Path,
    bits: int = EXACT_BITS,
    ranks_nothing: Collection[str] = (),
) -> None:
    """Write a network's tensors, whole or not at all.

    With 32 bits the file is a plain ``torch.save`` of all of them. With fewer it is a gzipped one:
    tables are rounded row by row, vectors to 8 bits where tables have fewer, tensors that rank
    nothing are left out, and whatever is not a floating-point number stays as it is.

    Args:
        weights: Tensors by name.
        path: The file to write or replace.
        bits: Of a weight: 32, 16, or 8 down to 2.
        ranks_nothing: Names of tensors that may become zero.

    Raises:
        ValueError: If a weight is not finite, or has no form in 16 bits.
        OSError: If the file cannot be written.
    """
    if bits == EXACT_BITS:
        with replacing(path) as temporary:
            save_tensors(dict(weights), temporary)
        return
    packed = {
        name: {"zeros": tuple(weight.shape)}
        if name in ranks_nothing
        else _packed(name, weight, bits)
        for name, weight in weights.items()
    }
    buffer = io.BytesIO()
    torch.save({"storage": storage_name(bits), "weights": packed}, buffer)
    with replacing(path) as temporary:
        temporary.write_bytes(gzip.compress(buffer.getvalue(), mtime=0))


def load_weights(path: str | Path) -> dict[str, Tensor]:
    """Read a weights.pt of any storage on the CPU, executing nothing.

    Returns:
        Tensors by name, for a backbone's ``load_state_dict``.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is truncated or damaged, or not a weights file of this project.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There are no weights at {path}; give the path of a weights.pt.")
    content = read_tensors(path)
    try:
        weights = content["weights"] if content.keys() == {"storage", "weights"} else content
        return {str(name): _unpacked(entry) for name, entry in weights.items()}
    except Exception as error:  # a file made to do harm can hold anything
        raise ValueError(f"{path} is not a weights.pt of rankdistill.") from error


def _packed(name: str, weight: Tensor, bits: int) -> Tensor | dict[str, Any]:
    if not weight.is_floating_point() or weight.dim() == 0 or weight.numel() == 0:
        return weight
    if not bool(torch.isfinite(weight).all()):
        raise ValueError(f"{name} is not finite and cannot be stored as {storage_name(bits)}.")
    if bits == HALF_BITS:
        half = weight.half()
        if bool(half.isinf().any()):
            raise ValueError(
                f"{name} reaches {float(weight.abs().max()):.4g}, beyond fp16; use storage=int8."
            )
        return half
    packed = pack_rows(weight.float().numpy(), bits if weight.dim() > 1 else VECTOR_BITS)
    arrays = {name: torch.from_numpy(getattr(packed, name)) for name in _ARRAYS}
    return {**packed._asdict(), **arrays}


def _unpacked(entry: Tensor | Mapping[str, Any]) -> Tensor:
    if isinstance(entry, Tensor):
        if not is_stored_whole(entry):
            raise ValueError("a tensor is larger than its numbers.")
        return entry.float() if entry.dtype == torch.half else entry
    if "zeros" in entry:
        return torch.zeros(()).expand(entry["zeros"])  # takes no memory, whatever a file says
    arrays = {name: entry[name].numpy() for name in _ARRAYS}
    return torch.from_numpy(unpack_rows(PackedRows(**{**entry, **arrays})))
