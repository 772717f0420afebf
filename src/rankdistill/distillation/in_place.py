"""Values that are made anew every epoch, and lie where those of the last epoch did."""

from __future__ import annotations

from torch import Tensor


def in_place_of(earlier: Tensor | None, values: Tensor) -> Tensor:
    """Copy values to the place of earlier ones, where a recorded step reads them.

    Args:
        earlier: What the last epoch made; None where it made nothing.
        values: What is read from now on.

    Returns:
        ``earlier`` where it has the shape and the type of ``values``, else ``values``.
    """
    if earlier is None or (earlier.shape, earlier.dtype) != (values.shape, values.dtype):
        return values
    return earlier.copy_(values)
