"""Where conf/ lies, in a checkout, an editable install and a wheel alike."""

from __future__ import annotations

from pathlib import Path


def conf_dir() -> Path:
    """The folder of configuration: inside the package in a wheel, else beside src in a checkout.

    Raises:
        FileNotFoundError: If neither exists.
    """
    here = Path(__file__).resolve()
    for candidate in (here.parent / "conf", here.parents[2] / "conf"):
        if (candidate / "train.yaml").is_file():
            return candidate
    raise FileNotFoundError(f"conf/ is neither in {here.parent} nor in {here.parents[2]}.")
