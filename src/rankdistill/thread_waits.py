"""How threads of arithmetic wait for each other, which decides what a busy machine costs."""

from __future__ import annotations

import os

WAIT_POLICY = "OMP_WAIT_POLICY"


def let_waiting_threads_sleep() -> None:
    """Let a thread that waits for another leave its core, where the user says nothing else.

    By default it turns in a loop. Where other programs work on the machine, the loop takes the core
    that the other thread waits for, and small models train ten times slower. OpenMP reads the
    setting once, when torch is loaded; workers inherit it.
    """
    os.environ.setdefault(WAIT_POLICY, "PASSIVE")
