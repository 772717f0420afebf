"""Say that an experiment distils, to somebody who typed a module that has no teacher."""

from __future__ import annotations

from hydra.core.override_parser.overrides_parser import OverridesParser

from rankdistill.conf_path import conf_dir
from rankdistill.config.command_line import CommandLine, key_of

_TAUGHT = "distilled_student"


def without_teacher(unread: str, line: CommandLine) -> str | None:
    """Explain an override of an experiment that the chosen module does not read.

    Args:
        unread: The setting that nothing reads.
        line: What was typed.

    Returns:
        What to type in its place; None where the setting was typed itself, or no experiment sets
        it.
    """
    overrides = OverridesParser.create().parse_overrides(list(line.overrides))
    typed = {key_of(override): override.value() for override in overrides}
    experiment, module = typed.get("experiment"), typed.get("module", _TAUGHT)
    if unread in typed or not isinstance(experiment, str) or module == _TAUGHT:
        return None
    alone = f"{experiment}_student"
    told = f"experiment={experiment} teaches a student, and module={module} has no teacher: "
    if (conf_dir() / "experiment" / f"{alone}.yaml").is_file():
        return f"{told}type experiment={alone}, which trains a network alone."
    return f"{told}leave one of them out."
