"""YAML files whose aliases say little and hold much: found before anything expands them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

MOST_VALUES = 100_000
"""Values that a file of configuration may hold once its aliases are written out."""

_FLAGS = (("--config-dir", "-cd"), ("--config-path", "-cp"))


def refuse_alias_bombs(arguments: Sequence[str]) -> None:
    """Check the YAML files of the folders that a command line adds to the configuration.

    Args:
        arguments: Of the command line, as typed.

    Raises:
        ValueError: If a file holds too much, or an alias refers to what it stands in.
    """
    for folder in _folders(arguments):
        for path in sorted(folder.rglob("*.yaml")):
            if _expanded_size(path.read_bytes()) > MOST_VALUES:
                raise ValueError(
                    f"{path} holds more than {MOST_VALUES:,} values, or nests them too deep, once "
                    "its aliases are written out: no configuration is so large."
                )


def _folders(arguments: Sequence[str]) -> Iterator[Path]:
    parser = argparse.ArgumentParser(add_help=False)
    for long, short in _FLAGS:
        parser.add_argument(long, short, type=Path)
    known, others = parser.parse_known_args(list(arguments))
    yield from (folder for folder in vars(known).values() if folder is not None)
    for text in others:
        key, _, value = text.partition("=")
        if key.lstrip("+") == "hydra.searchpath":
            for place in value.strip("[]").split(","):
                address = urlsplit(place.strip(" '\""))
                if address.scheme in ("file", ""):
                    yield Path(address.netloc + address.path)


def _expanded_size(text: bytes) -> float:
    """The number of values of a file without aliases; infinite where one refers to itself."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the fast one, where it is built
    sizes: dict[int, float] = {}

    def size(node: yaml.Node | None) -> float:
        if node is None or isinstance(node, yaml.ScalarNode):
            return 1
        if id(node) not in sizes:
            sizes[id(node)] = float("inf")  # until it is known: what it holds may be itself
            parts = node.value
            if isinstance(node, yaml.MappingNode):
                parts = [part for pair in node.value for part in pair]
            sizes[id(node)] = 1 + sum(map(size, parts))
        return sizes[id(node)]

    try:
        return size(yaml.compose(text, Loader=loader))
    except yaml.YAMLError:
        return 0  # Hydra will say what is wrong with it
    except RecursionError:
        return float("inf")
