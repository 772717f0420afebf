"""From fixed and drawn overrides to a trial's configuration, as Hydra composes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra.conf import HydraConf
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from rankdistill.config.command_line import CommandLine, hydra_here, key_of, search_path_of
from rankdistill.config.reading import read_config
from rankdistill.config.tune import OWN_KEYS, TuneConfig
from rankdistill.runs.seeding import with_seed


@dataclass(frozen=True)
class Chosen:
    """What was chosen by the user, the tuning option and a trial, not by an experiment.

    Attributes:
        experiment: The experiment that all of it is laid over.
        groups: Option by group, such as size and size@teacher.
        added: The same for groups that the defaults do not have.
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
        """Everything that Hydra makes of the fixed and the drawn overrides, its own node too."""
        return self.line(drawn).compose()

    def compose_other(self, command: str, overrides: Sequence[str]) -> DictConfig:
        """The same for another command, without the fixed overrides."""
        return self._line(command, overrides).compose()

    def settings(self, drawn: Sequence[str] = ()) -> TuneConfig:
        """The checked configuration of a trial.

        Raises:
            ValueError, HydraException: Where an override names nothing, or a value is refused.
        """
        composed = self.compose(drawn)
        with open_dict(composed):
            del composed["hydra"]
        return read_config(composed, TuneConfig)

    def chosen(self, drawn: Sequence[str] = ()) -> Chosen:
        """What the overrides and the tuning option choose, as Hydra reads them."""
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
        """What a person would type to run a trial alone."""
        return self._line(self.command, [*self.fixed, *drawn])

    def _line(self, command: str, overrides: Sequence[str]) -> CommandLine:
        return CommandLine(command, tuple(overrides), self.search_path)


def recipe_of(hydra: HydraConf, study: str) -> Recipe:
    """The recipe of a command as it was typed.

    Args:
        hydra: Hydra's own node of the running command.
        study: The study's name, which the trials' processes cannot work out again.
    """
    command = str(hydra.job.config_name)
    return Recipe(command, search_path_of(hydra), (*hydra.overrides.task, f"study={study}"))


def seeded(cfg: TuneConfig, seed: int | None) -> TuneConfig:
    """The configuration with one seed for initialisation and sampling, as `compare` sets it."""
    return cfg if seed is None else with_seed(cfg, seed)


def plain(cfg: DictConfig) -> dict[str, Any]:
    """The model's part of what was composed, interpolations as they are written."""
    container = OmegaConf.to_container(cfg, resolve=False)
    assert isinstance(container, dict)
    left_out = {"hydra", *OWN_KEYS}
    return {str(key): value for key, value in container.items() if key not in left_out}
