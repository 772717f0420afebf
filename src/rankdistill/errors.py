"""Turn exceptions into one line that a person can act on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rankdistill.conf_path import conf_dir
from rankdistill.system_errors import disk_is_full, in_plain_words

if TYPE_CHECKING:
    from rankdistill.config.command_line import CommandLine

LIBRARY_ERRORS = {"OutOfMemoryError", "MisconfigurationException"}
"""Errors of torch and Lightning, by name, so that neither must be imported."""

SEE_TRACEBACK = "(HYDRA_FULL_ERROR=1 shows the traceback)"

_IN_WORDS = re.compile(
    r"Invalid plugin |Unknown plugin class |.*DefaultCPUAllocator: can't allocate memory", re.DOTALL
)
"""How RuntimeErrors begin that a person can act on: Hydra's of launchers, PyTorch's of memory."""

_NO_OPTION = "Config group override must be a string or a list"
"""How Hydra says that a group is given something other than the names of options."""

_SEVERAL = re.compile("Ambiguous value for argument '([^']+=[^']+)'")

_NO_GPU = re.compile("No supported gpu backend|accelerator is not available")

_PLACES = {"export": "output", "score": "output"}
"""Keys of the places where commands write; of the others it is their folder."""


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
        or disk_is_full(error)
    )


def explain(error: BaseException, line: CommandLine, hint: str = SEE_TRACEBACK) -> str:
    """Put an error for which ``is_for_people`` holds into one line.

    Args:
        error: What was raised.
        line: What was typed; the settings that it composes are the candidates for a typo.
        hint: How to see the traceback; it is shown where the error may be a fault of ours.
    """
    if isinstance(error, SweepError):
        return str(error)
    text = " ".join(str(error).split())
    told = _told_by_hydra(error, text, line) or _told_by_the_system(error, text, line)
    if told is not None:
        return told
    if _raised_in(error).partition(".")[0] == "rankdistill":
        return _with_keys(text, line)
    kinds = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    is_mistake = isinstance(error, OSError) or kinds & {"hydra", "omegaconf", "yaml"}
    return f"{text or type(error).__name__} {'' if is_mistake else hint}".rstrip()


def _told_by_hydra(error: BaseException, text: str, line: CommandLine) -> str | None:
    """Explain an error of Hydra about what was typed; None for any other."""
    from rankdistill.config.option_values import no_name_of_an_option, no_such_option
    from rankdistill.config.suggestions import unknown_key

    if key := unknown_key(text):
        return _unknown_override(key, text, line)
    if found := re.search(r"Could not (?:find|load) '([^']+)/([^'/]+)'", text):
        return no_such_option(found.group(1), found.group(2), line)
    if override := getattr(error, "override", None):  # Hydra's grammar
        return _unreadable_override(override, str(error).splitlines()[0])
    if found := re.match("Error merging override (.+)", text):
        return (
            f"{found.group(1)} does not have the shape of that setting; see it with: rankdistill "
            f"{line.command} --cfg job"
        )
    if found := _SEVERAL.match(text):
        key, _, values = found.group(1).partition("=")
        return _several_values(key, values, line)
    if text.startswith(_NO_OPTION) or _is_over_options(error):
        return no_name_of_an_option(line)
    return None


def _told_by_the_system(error: BaseException, text: str, line: CommandLine) -> str | None:
    """Explain that memory, a disk, a folder or a device is not to be had; None for any other."""
    if type(error).__name__ == "OutOfMemoryError":
        return "Out of accelerator memory: lower training.batch_size or evaluation.user_block."
    if "DefaultCPUAllocator: can't allocate memory" in text:
        return "Out of memory: choose a smaller model or smaller batches."
    if _NO_GPU.search(text):
        return "This machine has no GPU that PyTorch can use: type trainer=cpu."
    if isinstance(error, OSError) or disk_is_full(error):
        return in_plain_words(error, _PLACES.get(line.command, "hydra.run.dir"))
    return None


def _with_keys(text: str, line: CommandLine) -> str:
    from rankdistill.config.command_line import keys_of
    from rankdistill.config.setting_names import with_keys
    from rankdistill.config.suggestions import settings_chosen

    return with_keys(text, settings_chosen(line), keys_of(line.overrides))


def _raised_in(error: BaseException) -> str:
    """Name the module that raised an error; empty where nothing did."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else str(trace.tb_frame.f_globals.get("__name__", ""))


def _is_over_options(error: BaseException) -> bool:
    """Return whether Hydra met something other than the name of an option: ``backbone=[1]``."""
    return isinstance(error, TypeError) and _raised_in(error) == "hydra._internal.defaults_list"


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


def _several_values(key: str, values: str, line: CommandLine) -> str:
    from rankdistill.config.suggestions import settings_chosen

    text = f"{key}={values} holds several values: "
    if isinstance(settings_chosen(line.without(key)).get(key), list):
        return f"{text}type {key}=[{values}] for a list, or add -m for a job with each."
    return f"{text}add -m for a job with each."


def _unknown_override(key: str, text: str, line: CommandLine) -> str:
    from rankdistill.config.experiments import without_teacher
    from rankdistill.config.space_entries import space_entry
    from rankdistill.config.suggestions import ending

    if told := without_teacher(key, line) or space_entry(key, line):
        return told
    if places := re.search(r"Did you mean to override (?:one of )?([^?]+)\?", text):
        return f"Nothing reads {key} here; what is read is {places.group(1)}."
    if "defaults list" in text and (conf_dir() / key.partition("@")[0]).is_dir():
        return (
            f"{key} is a group, but nothing in this configuration reads it; "
            f"see what is read with: rankdistill {line.command} --cfg job"
        )
    return f"There is no setting {key!r}{ending(key, line)}"
