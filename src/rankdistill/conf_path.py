"""Find conf/ in a checkout, an editable install or a wheel."""

from __future__ import annotations

from pathlib import Path


def conf_dir() -> Path:
    """Find the folder of configuration: in the package, or beside src in a checkout.

    Raises:
        FileNotFoundError: If neither exists.
    """
    here = Path(__file__).resolve()
    for candidate in (here.parent / "conf", here.parents[2] / "conf"):
        if (candidate / "train.yaml").is_file():
            return candidate
    raise FileNotFoundError(f"conf/ is neither in {here.parent} nor in {here.parents[2]}.")
