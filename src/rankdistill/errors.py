"""From exceptions to the one line that a person can act on."""

from __future__ import annotations

import re
from pathlib import Path

from rankdistill.building import did_you_mean

LIBRARY_ERRORS = {"OutOfMemoryError", "MisconfigurationException"}
"""Of torch and Lightning, by name, so that telling them apart imports neither."""

SEE_TRACEBACK = "(HYDRA_FULL_ERROR=1 shows the traceback)"


class SweepError(Exception):
    """Jobs of a sweep did not end well; where their tracebacks are is part of the text."""


def is_for_people(error: BaseException) -> bool:
    """Whether the error's own text says what to do, so that a traceback would only hide it."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    libraries = (HydraException, OmegaConfBaseException, YAMLError)
    kinds = (SweepError, ValueError, OSError, FloatingPointError, *libraries)
    return isinstance(error, kinds) or type(error).__name__ in LIBRARY_ERRORS


def explain(error: BaseException, command: str, conf: Path, hint: str = SEE_TRACEBACK) -> str:
    """One line for an error that ``is_for_people``.

    Args:
        error: What was raised.
        command: The command that ran, whose settings are the candidates for a typo.
        conf: The folder of configuration.
        hint: Where the traceback is to be found.
    """
    text = str(error)
    if isinstance(error, SweepError):
        return text
    if found := re.search(r"Could not override '([^']+)'", text):
        return _unknown_override(found.group(1), text, command, conf)
    if found := re.search(r"Could not (?:find|load) '([^']+)/([^'/]+)'", text):
        group, option = found.groups()
        return f"There is no {group}={option}{did_you_mean(option, _options(conf / group))}"
    if override := getattr(error, "override", None):  # Hydra's grammar
        return f"The override {override!r} cannot be read: {text.splitlines()[0]}."
    if type(error).__name__ == "OutOfMemoryError":
        return (
            f"Out of accelerator memory: lower training.batch_size or evaluation.user_block. {hint}"
        ).rstrip()
    line = " ".join(text.split()) or type(error).__name__
    return f"{line} {hint}".rstrip()


def _unknown_override(key: str, text: str, command: str, conf: Path) -> str:
    group = key.partition("@")[0]
    if places := re.search(r"Did you mean to override (?:one of )?([^?]+)\?", text):
        return f"Nothing reads {key} here; what is read is {places.group(1)}."
    if "defaults list" in text and (conf / group).is_dir():
        return (
            f"{key} is a group, but nothing in this configuration reads it; "
            f"see what is read with: rankdistill {command} --cfg job"
        )
    return f"There is no setting {key!r}{did_you_mean(key, _settings(command, conf))}"


def _options(folder: Path) -> list[str]:
    return [path.stem for path in folder.glob("*.yaml")]


def _settings(command: str, conf: Path) -> list[str]:
    """Every group and every key of the command's default configuration."""
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from omegaconf import DictConfig, OmegaConf

    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(conf)):
        composed = compose(command)

    def keys(node: DictConfig, prefix: str) -> list[str]:
        found: list[str] = []
        for key in node:
            found.append(f"{prefix}{key}")
            if OmegaConf.is_dict(node._get_node(str(key))):
                found += keys(node[key], f"{prefix}{key}.")
        return found

    groups = [path.relative_to(conf).as_posix() for path in conf.rglob("*") if path.is_dir()]
    return groups + keys(composed, "")
