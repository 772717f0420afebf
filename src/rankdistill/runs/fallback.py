"""Load a comparison's data, or its fallback where they cannot be had."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from omegaconf import DictConfig, OmegaConf

from rankdistill.building import Component, did_you_mean
from rankdistill.conf_path import conf_dir
from rankdistill.config.compare import CompareConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.models import make_datamodule


def data_or_fallback(cfg: CompareConfig) -> tuple[CompareConfig, InteractionsDataModule]:
    """Load the data; where they cannot be had, load the fallback and say so in a banner.

    Returns:
        The configuration, which names what was loaded, and the data.

    Raises:
        FileNotFoundError: If the data cannot be had and there is no fallback.
        ValueError: If the fallback is no option of ``data``.
    """
    try:
        return cfg, make_datamodule(cfg)
    except FileNotFoundError as error:
        if cfg.fallback is None:
            raise
        options = sorted(path.stem for path in (conf_dir() / "data").glob("*.yaml"))
        if cfg.fallback not in options:
            raise ValueError(
                f"fallback is {cfg.fallback!r}{did_you_mean(cfg.fallback, options)}"
            ) from error
        rule = "!" * 78
        print(
            f"\n{rule}\n!! NOT THE REAL DATA. {error}\n"
            f"!! This run goes on with data={cfg.fallback}; "
            f"its figures say nothing about MovieLens.\n{rule}\n",
            file=sys.stderr,
            flush=True,
        )
        cfg = replace(cfg, data=Component.of(read_option(cfg.fallback)))
        return cfg, make_datamodule(cfg)


def read_option(name: str) -> dict[str, Any]:
    """Read an option of ``data``, with the options that its defaults list names before it."""
    own = OmegaConf.load(conf_dir() / "data" / f"{name}.yaml")
    assert isinstance(own, DictConfig)
    before = [read_option(option) for option in own.pop("defaults", ()) if option != "_self_"]
    merged = OmegaConf.to_container(OmegaConf.merge(*before, own))
    assert isinstance(merged, dict)
    return {str(key): value for key, value in merged.items()}
