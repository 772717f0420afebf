"""What a terminal does to a program: Ctrl-C at the start, a pipe that closes, letters it lacks."""

from __future__ import annotations

import io
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

INTERRUPTED = "Interrupted; no result was written. The same command starts again."

_INTERRUPTED_STATUS = 128 + signal.SIGINT
_CLOSED_PIPE_STATUS = 128 + 13
"""What a shell reports of a program that ended because nobody read its output."""


def write_what_it_can() -> None:
    """Print a question mark in the place of a character that the terminal's encoding lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def stop_at_once() -> None:
    """Let Ctrl-C end the program with a line, until ``work_begins``.

    While modules are imported an exception could end up anywhere: libraries turn it into another,
    or into a warning. Nothing is written in this time that would have to be cleaned up.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end_with_a_line)


def work_begins() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again: from now on it leaves something to clean up."""
    if signal.getsignal(signal.SIGINT) is _end_with_a_line:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def end_without_reader() -> NoReturn:
    """End without a word where nobody reads the output any more, as in ``... --help | head -1``."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's flush at the end
    raise SystemExit(_CLOSED_PIPE_STATUS)


def _end_with_a_line(_signal: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, f"rankdistill: {INTERRUPTED}\n".encode())
    os._exit(_INTERRUPTED_STATUS)
