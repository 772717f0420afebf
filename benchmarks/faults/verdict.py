"""What counts as a fault that was met well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

MOST_TOLD = 1000
"""Characters of a message about a fault, paths included."""


class Fault(NamedTuple):
    """One fault that was tried.

    Attributes:
        name: What was done, short.
        wrong: What went wrong; empty if nothing did.
    """

    name: str
    wrong: str


Kind = Callable[[Random, Path, int], Iterator[Fault]]
"""Makes so many faults of a kind, in a folder of its own, and tells what became of each."""


def tried(name: str, act: Callable[[], Any], sound: Callable[[Any], bool] | None = None) -> Fault:
    """Meet a fault: it must end in one clear line, or in a result that is sound.

    Args:
        name: Of the fault.
        act: What meets it.
        sound: Whether the result is one to be trusted; None: an error is the only good end.
    """
    try:
        result = act()
    except (ValueError, OSError) as error:
        told = str(error)
        return Fault(name, "" if told and len(told) < MOST_TOLD else f"told badly: {told[:99]!r}")
    except Exception as error:
        return Fault(name, f"{type(error).__name__}: {str(error)[:99]}")
    if sound is None:
        return Fault(name, "nothing was told")
    return Fault(name, "" if sound(result) else "another result, without a word")


def flipped(content: bytes, random: Random) -> tuple[str, bytes]:
    """Content with one bit in another state, and which."""
    place, bit = random.randrange(len(content)), random.randrange(8)
    changed = bytearray(content)
    changed[place] ^= 1 << bit
    return f"bit {bit} of byte {place}", bytes(changed)
