"""Settings that come from the environment: they say where things lie, and are not written down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, OmegaConf

_FROM_ENVIRONMENT = "${oc.env:"

_PLACES = {
    "path",
    "train",
    "validation",
    "test",
    "mirror",
    "cache",
    "store",
    "checkpoint",
    "output",
}
"""Settings that say where something lies; no result file holds them."""

_PLACE_GROUPS = {"hydra", "trainer", "user"}


def refuse_environment_in_results(config: DictConfig) -> None:
    """Refuse values of the environment that checkpoints, metrics and curves would hold.

    Args:
        config: As composed, not resolved.

    Raises:
        ValueError: With the setting.
    """
    for keys, text in _from_environment(OmegaConf.to_container(config)):
        if keys[0] not in _PLACE_GROUPS and keys[-1] not in _PLACES:
            raise ValueError(
                f"{'.'.join(map(str, keys))} is {text}, and results would hold what the "
                "environment says: type the value itself."
            )


def resolved_settings(config: DictConfig) -> dict[str, Any]:
    """The settings as a record may hold them: what comes from the environment stays as typed."""
    settings: Any = OmegaConf.to_container(config, resolve=True)
    for keys, text in _from_environment(OmegaConf.to_container(config)):
        node = settings
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = text
    return settings


def _from_environment(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, str]]:
    """The keys down to each text that refers to the environment, and the text."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _from_environment(value, (*above, key))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _from_environment(value, (*above, place))
    elif isinstance(node, str) and _FROM_ENVIRONMENT in node:
        yield above, node
