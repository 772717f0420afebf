"""How an entry of a search space is typed: its name has dots, so that it is no key of Hydra's."""

from __future__ import annotations

import shlex

from rankdistill.config.command_line import CommandLine

SPACE = "tuning.space"

BOUND_NAMES = ("low", "high", "log", "integer", "choices")
"""What an entry may say."""


def space_entry(unknown: str, line: CommandLine) -> str | None:
    """Explain how to type what was meant for the search space.

    Args:
        unknown: A setting that nothing has.
        line: What was typed.

    Returns:
        What to type; None where nothing was typed for the space.
    """
    typed = [text for text in line.overrides if text.lstrip("+").startswith(f"{unknown}=")]
    if line.command != "tune" or not typed or not f"{unknown}.".startswith(f"{SPACE}."):
        return None
    value = typed[0].partition("=")[2]
    name = unknown.removeprefix(SPACE).lstrip(".")
    setting, _, last = name.rpartition(".")
    if last in BOUND_NAMES:
        name, value = setting, f"{{{last}:{value}}}"
    entries = f"{{{name}:{value}}}" if name else value
    whole = shlex.quote(f"+{SPACE}={entries}")
    return f"Names in {SPACE} have dots, and are typed between braces, with a plus: {whole}"
