"""Put the keys that can be typed in the place of the bare names of arguments, in a message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_NAME = re.compile(
    r"(?<![\w.'\"/=@-])([a-z]+(?:_[a-z]+)*_?)"
    r"(?=( must | and \w+ must | has no effect|=)?)(?![\w(./@'-])"
)
_SUGGESTED = re.compile(r"did you mean '(\w+)'")
_GOT = re.compile(r", got ([^,]+?)\.?$")


def with_keys(text: str, settings: Mapping[str, Any], typed: Sequence[str]) -> str:
    """Name settings by their keys.

    A class names its arguments, such as ``top_k``, and does not know where they stand. A name is
    replaced where a sentence is about it: before "must", "has no effect" or an equals sign, and
    wherever it has an underscore. It stays where several keys may be meant. A name that is
    suggested is one of those beside what was typed.

    Args:
        text: A message.
        settings: What the command was told, by key.
        typed: Keys that the user typed; they are meant rather than others.
    """
    keys: dict[str, list[str]] = {}
    for key in settings:
        keys.setdefault(key.rpartition(".")[2], []).append(key)
    got = _GOT.search(text)

    def meant(found: re.Match[str]) -> str:
        name, follows = found.group(1), found.group(2)
        candidates = keys.get(name, [])
        if not (follows or "_" in name) or name in candidates:
            return name
        by_value = [each for each in candidates if got and str(settings[each]) == got.group(1)]
        for narrowed in ([each for each in candidates if each in typed], by_value, candidates):
            if len(narrowed) == 1:
                return narrowed[0]
        return name

    beside = {key.rpartition(".")[0] for key in typed}

    def suggested(found: re.Match[str]) -> str:
        candidates = [
            key for key in keys.get(found.group(1), []) if key.rpartition(".")[0] in beside
        ]
        return f"did you mean '{(candidates or [found.group(1)])[0]}'"

    return _SUGGESTED.sub(suggested, _NAME.sub(meant, text))
