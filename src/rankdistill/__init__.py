"""Ranking distillation for recommenders with PyTorch Lightning and Hydra."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

FOR_NOTEBOOKS = ("compare", "sweep")


def __getattr__(name: str) -> Any:
    """Functions for notebooks, imported when they are asked for: ``--help`` needs none of them."""
    if name in FOR_NOTEBOOKS:
        return getattr(import_module(f"{__name__}.from_python"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
