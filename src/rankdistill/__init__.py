"""Ranking distillation for recommenders with PyTorch Lightning and Hydra."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

FOR_NOTEBOOKS = {
    "compare": "from_python",
    "sweep": "from_python",
    "export": "in_process",
    "inspect": "in_process",
    "recommend": "in_process",
}
"""Functions for notebooks and scripts, each with the file that holds it."""


def __getattr__(name: str) -> Any:
    """Import a function when it is asked for: ``import rankdistill`` needs none of them."""
    if name in FOR_NOTEBOOKS:
        return getattr(import_module(f"{__name__}.{FOR_NOTEBOOKS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List those functions too, for completion in a notebook."""
    return sorted({*globals(), *FOR_NOTEBOOKS})
