"""A command with overrides as a person typed them, and what Hydra composes from it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.conf import HydraConf
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig

from rankdistill.conf_path import conf_dir
from rankdistill.config.quoted_text import quoted

NAMED_BY_THE_USER = ("command-line", "hydra.searchpath in command-line")
"""Hydra's names for the providers of places that the user named."""


@dataclass(frozen=True)
class CommandLine:
    """A command, its overrides, and where it finds configuration.

    Attributes:
        command: Name of the primary configuration.
        overrides: As typed.
        search_path: Places of configuration that the user named, beside our own.
    """

    command: str
    overrides: tuple[str, ...] = ()
    search_path: tuple[str, ...] = ()

    @classmethod
    def typed(cls, command: str, arguments: Sequence[str]) -> CommandLine:
        """Read overrides, and the folder that ``--config-dir`` names, from typed arguments."""
        flags = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        flags.add_argument("--config-dir", "-cd")
        known, others = flags.parse_known_args(list(arguments))
        places = () if known.config_dir is None else (str(Path(known.config_dir).absolute()),)
        return cls(command, tuple(text for text in others if is_override(text)), places)

    def compose(self) -> DictConfig:
        """Compose it; Hydra's own node is part of the result."""
        with hydra_here():
            return compose(self.command, overrides=self.all_overrides, return_hydra_config=True)

    def without(self, key: str) -> CommandLine:
        """Leave out the overrides of one key."""
        keys = keys_of(self.overrides)
        kept = (text for text, other in zip(self.overrides, keys, strict=True) if other != key)
        return replace(self, overrides=tuple(kept))

    def first_job(self) -> CommandLine:
        """Replace every list of values to sweep by its first value."""
        parsed = OverridesParser.create().parse_overrides(list(self.overrides))
        overrides = [
            f"{override.get_key_element()}={next(override.sweep_string_iterator())}"
            if override.is_sweep_override()
            else text
            for text, override in zip(self.overrides, parsed, strict=True)
        ]
        return replace(self, overrides=tuple(overrides))

    @property
    def all_overrides(self) -> list[str]:
        """The overrides, with one more that sets the search path."""
        places = ",".join(map(quoted, self.search_path))
        return [*self.overrides, f"hydra.searchpath=[{places}]"] if places else [*self.overrides]


def is_override(argument: str) -> bool:
    """Return whether an argument sets, adds or deletes a key; flags do not."""
    return not argument.startswith("-") and ("=" in argument or argument.startswith("~"))


def keys_of(overrides: Sequence[str]) -> list[str]:
    """List the settings and groups that overrides name."""
    return [key_of(each) for each in OverridesParser.create().parse_overrides(list(overrides))]


def key_of(override: Any) -> str:
    """Name what an override sets, such as training.learning_rate or size@teacher."""
    package = f"@{override.package}" if override.package else ""
    return f"{override.key_or_group}{package}"


def search_path_of(hydra: HydraConf) -> tuple[str, ...]:
    """List the places of configuration that the user of the running command named.

    Args:
        hydra: Hydra's own node.
    """
    places = []
    for source in hydra.runtime.config_sources:
        if source.provider in NAMED_BY_THE_USER:
            is_file = source.schema == "file"
            place = os.path.abspath(source.path) if is_file else source.path  # noqa: PTH100
            places.append(place if is_file else f"{source.schema}://{place}")
    return tuple(places)


@contextmanager
def hydra_here() -> Iterator[None]:
    """Let Hydra compose from conf/, also inside a program that Hydra itself started."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        yield
