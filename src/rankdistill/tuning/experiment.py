"""Write a trial as a file of the group ``experiment``, which other commands run by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from rankdistill.config.literal_keys import is_literal
from rankdistill.config.literal_text import quote_literals
from rankdistill.tuning.recipe import Chosen, Recipe, plain

COMPARED = ("distilled_student", "student")
"""Modules whose settings `compare` reads at the top level; others are trained alone."""

DEFAULT = "distilled_student"
"""The module that `train` trains where nothing else is chosen."""

Path = tuple[str, ...]


@dataclass(frozen=True)
class Experiment:
    """A file of the group ``experiment``, and the command that runs it.

    Attributes:
        text: Content of the file.
        command: The command, with its module where it needs one.
    """

    text: str
    command: tuple[str, ...]


def make_experiment(recipe: Recipe, drawn: Sequence[str], heading: Iterable[str]) -> Experiment:
    """Make the experiment that repeats a trial.

    Groups are chosen as groups. The module is one of them unless it is what train trains by
    itself, so that no other is trained by mistake; compare chooses its modules itself. Settings
    that were typed or drawn are written even where they are defaults today. Whatever else differs
    from the command's defaults is written too.

    Args:
        recipe: The study's recipe.
        drawn: The trial's overrides.
        heading: Lines of comment.

    Raises:
        ValueError: If an override takes a setting away, which no file can do.
    """
    composed = recipe.compose(drawn)
    module = composed.hydra.runtime.choices.module
    is_compared = module in COMPARED
    command = ("compare",) if is_compared else ("train", f"module={module}")
    chosen, wanted = recipe.chosen(drawn), plain(composed)
    groups = chosen.groups if module == DEFAULT else {"module": module, **chosen.groups}
    wanted.pop("module", None)
    before = recipe.settings().training
    if "student" in wanted and recipe.settings(drawn).training != before:
        wanted["student"]["training"] = asdict(before)  # not what suits the distilled student
    defaults = plain(recipe.compose_other(command[0], [*command[1:], *_as_overrides(chosen)]))
    shared = {key: defaults[key] for key in wanted if key in defaults}
    named = [path for path in (tuple(key.split(".")) for key in chosen.keys) if _has(wanted, path)]
    content: dict[str, Any] = {}
    for path in [*named, *_differences(wanted, shared)]:
        _put(content, path, _get(wanted, path))
    lists: list[Any] = [
        *([chosen.experiment] if chosen.experiment is not None else []),
        *({f"/{group}": option} for group, option in chosen.added.items()),
        *({f"override /{group}": option} for group, option in groups.items()),
        "_self_",
    ]
    parts = [_yaml({"defaults": lists}), *([_yaml(content)] if content else [])]
    lines = ["# @package _global_", *(f"# {line}" for line in heading), "\n".join(parts)]
    return Experiment("\n".join(lines), command)


def refuse_what_no_file_can_do(recipe: Recipe) -> None:
    """Raise the ValueError of ``make_experiment`` before anything is trained."""
    if any(override.startswith("~") for override in recipe.fixed):
        make_experiment(recipe, [], [])


def _as_overrides(chosen: Chosen) -> list[str]:
    experiment = [] if chosen.experiment is None else [f"experiment={_option(chosen.experiment)}"]
    named = quote_literals(experiment, is_literal)
    added = [f"+{group}={_option(option)}" for group, option in chosen.added.items()]
    groups = [f"{group}={_option(option)}" for group, option in chosen.groups.items()]
    return [*named, *added, *groups]


def _differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Path]:
    """List the keys to change in ``found`` to make it ``wanted``."""
    for key, value in wanted.items():
        other = found.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            if gone := [name for name in other if name not in value]:
                raise ValueError(
                    f"An override takes {key}.{gone[0]} away, which an experiment's file cannot "
                    "do; choose an option without it."
                )
            yield from ((key, *path) for path in _differences(value, other))
        elif key not in found or value != other:
            yield (key,)


def _option(option: Any) -> str:
    if option is None:
        return "null"
    return f"[{','.join(map(str, option))}]" if isinstance(option, list) else str(option)


def _has(node: Any, path: Path) -> bool:
    for key in path:
        if not isinstance(node, dict) or key not in node:
            return False
        node = node[key]
    return True


def _get(node: Any, path: Path) -> Any:
    for key in path:
        node = node[key]
    return node


def _put(node: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        node = node.setdefault(key, {})
    node[path[-1]] = value


def _yaml(content: dict[str, Any]) -> str:
    made = OmegaConf.create(content)
    assert isinstance(made, DictConfig)
    return OmegaConf.to_yaml(made)
