"""Turn exceptions into one line that a person can act on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rankdistill.building import did_you_mean
from rankdistill.conf_path import conf_dir

if TYPE_CHECKING:
    from rankdistill.config.command_line import CommandLine

LIBRARY_ERRORS = {"OutOfMemoryError", "MisconfigurationException"}
"""Errors of torch and Lightning, by name, so that neither must be imported."""

SEE_TRACEBACK = "(HYDRA_FULL_ERROR=1 shows the traceback)"

_IN_WORDS = re.compile(
    r"Invalid plugin |Unknown plugin class |.*DefaultCPUAllocator: can't allocate memory", re.DOTALL
)
"""How RuntimeErrors begin that a person can act on: Hydra's of launchers, PyTorch's of memory."""


class SweepError(Exception):
    """Some jobs of a sweep did not end well. The text says where their tracebacks are."""


def is_for_people(error: BaseException) -> bool:
    """Return whether an error's own text says what to do, without a traceback."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    if isinstance(error, BrokenPipeError):  # nobody is there to read it
        return False
    libraries = (HydraException, OmegaConfBaseException, YAMLError)
    kinds = (SweepError, ValueError, OSError, FloatingPointError, *libraries)
    in_words = isinstance(error, RuntimeError) and _IN_WORDS.match(str(error))
    return (
        isinstance(error, kinds)
        or bool(in_words)
        or type(error).__name__ in LIBRARY_ERRORS
        or _is_over_options(error)
    )


def explain(error: BaseException, line: CommandLine, hint: str = SEE_TRACEBACK) -> str:
    """Put an error for which ``is_for_people`` holds into one line.

    Args:
        error: What was raised.
        line: What was typed; the settings that it composes are the candidates for a typo.
        hint: How to see the traceback.
    """
    from rankdistill.config.suggestions import options_of, unknown_key

    text = str(error)
    if isinstance(error, SweepError):
        return text
    if key := unknown_key(text):
        return _unknown_override(key, text, line)
    if found := re.search(r"Could not (?:find|load) '([^']+)/([^'/]+)'", text):
        group, option = found.groups()
        return f"There is no {group}={option}{did_you_mean(option, options_of(group, line))}"
    if override := getattr(error, "override", None):  # Hydra's grammar
        return _unreadable_override(override, text.splitlines()[0])
    if type(error).__name__ == "OutOfMemoryError":
        return (
            f"Out of accelerator memory: lower training.batch_size or evaluation.user_block. {hint}"
        ).rstrip()
    if "DefaultCPUAllocator: can't allocate memory" in text:
        return f"Out of memory: choose a smaller model or smaller batches. {hint}".rstrip()
    if _is_over_options(error):
        return f"An override gives a group of options something other than names ({text})."
    one_line = " ".join(text.split()) or type(error).__name__
    return f"{one_line} {hint}".rstrip()


def _is_over_options(error: BaseException) -> bool:
    """Return whether Hydra met something other than the name of an option: ``backbone=[1]``."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = "" if trace is None else trace.tb_frame.f_globals.get("__name__", "")
    return isinstance(error, TypeError) and module == "hydra._internal.defaults_list"


def _unreadable_override(override: str, reason: str) -> str:
    from rankdistill.config.literal_text import line_to_type

    if "=" not in override:
        return (
            f"{override!r} sets nothing: a setting is typed as key=value. Text with blanks stands "
            "between quotes: 'data.path=my orders.csv'"
        )
    text = line_to_type(override)
    hint = "" if text is None else f" Where its value is text, type: {text}"
    return f"The override {override!r} cannot be read: {reason}.{hint}"


def _unknown_override(key: str, text: str, line: CommandLine) -> str:
    from rankdistill.config.suggestions import candidates_for

    if places := re.search(r"Did you mean to override (?:one of )?([^?]+)\?", text):
        return f"Nothing reads {key} here; what is read is {places.group(1)}."
    if "defaults list" in text and (conf_dir() / key.partition("@")[0]).is_dir():
        return (
            f"{key} is a group, but nothing in this configuration reads it; "
            f"see what is read with: rankdistill {line.command} --cfg job"
        )
    return f"There is no setting {key!r}{did_you_mean(key, candidates_for(key, line))}"
