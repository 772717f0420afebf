"""Compose a trial's configuration from fixed and drawn overrides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra.conf import HydraConf
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from rankdistill.config.command_line import CommandLine, hydra_here, key_of, search_path_of
from rankdistill.config.literal_keys import is_literal
from rankdistill.config.literal_text import quote_literals
from rankdistill.config.reading import read_config
from rankdistill.config.tune import OWN_KEYS, TuneConfig
from rankdistill.runs.seeding import with_seed


@dataclass(frozen=True)
class Chosen:
    """What was chosen by the user, the tuning option and a trial, not by an experiment.

    Attributes:
        experiment: The experiment that everything else is laid over.
        groups: Option by group, such as size and size@teacher.
        added: Option by group, for groups that the defaults lack.
        keys: Settings, such as training.learning_rate.
    """

    experiment: str | None
    groups: dict[str, Any]
    added: dict[str, Any]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Recipe:
    """What every trial of a study is composed from.

    Attributes:
        command: Name of the primary configuration.
        search_path: Places of configuration that the user named, beside our own.
        fixed: The user's overrides; what is drawn comes after them.
    """

    command: str
    search_path: tuple[str, ...]
    fixed: tuple[str, ...]

    def compose(self, drawn: Sequence[str] = ()) -> DictConfig:
        """Compose the fixed and the drawn overrides; Hydra's own node is part of the result."""
        return self.line(drawn).compose()

    def compose_other(self, command: str, overrides: Sequence[str]) -> DictConfig:
        """Compose another command with other overrides, from the search path of this recipe."""
        return self._line(command, overrides).compose()

    def settings(self, drawn: Sequence[str] = ()) -> TuneConfig:
        """Compose and check the configuration of a trial.

        Raises:
            ValueError, HydraException: Where an override names nothing, or a value is refused.
        """
        composed = self.compose(drawn)
        with open_dict(composed):
            del composed["hydra"]
        return read_config(composed, TuneConfig)

    def chosen(self, drawn: Sequence[str] = ()) -> Chosen:
        """List what the overrides and the tuning option choose."""
        line = self.line(drawn)
        with hydra_here():
            loader = GlobalHydra.instance().config_loader()
            found = loader.compute_defaults_list(self.command, line.all_overrides, RunMode.RUN)
        made = found.overrides
        groups = dict.fromkeys(made.deletions)
        for group, option in made.override_choices.items():
            origin = made.override_metadata[group]
            if origin.external_override or str(origin.containing_config_path).startswith("tuning/"):
                groups[group] = option
        own = {*OWN_KEYS, "experiment", "module"}
        keys = (key_of(override) for override in made.config_overrides)
        return Chosen(
            made.override_choices.get("experiment"),
            {group: option for group, option in groups.items() if group not in own},
            {default.get_override_key(): default.value for default in made.append_group_defaults},
            tuple(key for key in keys if key.split(".")[0] not in {*own, "hydra"}),
        )

    def line(self, drawn: Sequence[str] = ()) -> CommandLine:
        """Give the command line that composes a trial."""
        return self._line(self.command, [*self.fixed, *drawn])

    def _line(self, command: str, overrides: Sequence[str]) -> CommandLine:
        return CommandLine(command, tuple(overrides), self.search_path)


def recipe_of(hydra: HydraConf, study: str) -> Recipe:
    """Make the recipe of the running command.

    Args:
        hydra: Hydra's own node of the running command.
        study: The study's name. Its default comes from Hydra's run, which trials do not have.
    """
    command = str(hydra.job.config_name)
    named = quote_literals([f"study={study}"], is_literal)
    return Recipe(command, search_path_of(hydra), (*hydra.overrides.task, *named))


def seeded(cfg: TuneConfig, seed: int | None) -> TuneConfig:
    """Set one seed for initialisation and sampling, as `compare` does; None changes nothing."""
    return cfg if seed is None else with_seed(cfg, seed)


def plain(cfg: DictConfig) -> dict[str, Any]:
    """Take the model's part of a composed configuration, interpolations as they are written."""
    container = OmegaConf.to_container(cfg, resolve=False)
    assert isinstance(container, dict)
    left_out = {"hydra", *OWN_KEYS}
    return {str(key): value for key, value in container.items() if key not in left_out}
