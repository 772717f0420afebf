"""The settings that conf/ gives a component, for tests that build one themselves."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import OmegaConf

from rankdistill.building import TARGET, Component, target_class
from rankdistill.conf_path import conf_dir


@functools.cache
def _nodes(option: str) -> list[dict[str, Any]]:
    loaded = OmegaConf.load(conf_dir() / f"{option}.yaml")
    content = OmegaConf.to_container(loaded, resolve=False)
    assert isinstance(content, dict)
    return list(_with_target(content))


def _with_target(node: Mapping[Any, Any]) -> Iterator[dict[str, Any]]:
    if TARGET in node:
        yield dict(node)
    for value in node.values():
        if isinstance(value, Mapping):
            yield from _with_target(value)


def settings_in(option: str, **changed: Any) -> dict[str, Any]:
    """The settings of the one component in a file of conf/, some of them changed.

    Args:
        option: Path of the file, such as "data/synthetic".
        **changed: Settings that differ; those that the file takes from elsewhere must be given.
    """
    (node,) = _nodes(option)
    stated = {key: value for key, value in node.items() if key != TARGET and not _is_taken(value)}
    return {**stated, **changed}


def built_from(option: str, **changed: Any) -> Any:
    """Build the one component in a file of conf/, some of its settings changed.

    Args:
        option: Path of the file, such as "backbone/lightgcn".
        **changed: Settings that differ, and arguments that no file holds.
    """
    (node,) = _nodes(option)
    return target_class(Component.of(node))(**settings_in(option, **changed))


def _is_taken(value: Any) -> bool:
    return isinstance(value, str) and "${" in value
