"""Keep libraries' messages off the console, in the program and in every worker."""

from __future__ import annotations

import logging
import warnings

import optuna

from rankdistill.runs.quiet import quiet_lightning


def quiet() -> None:
    """Silence the logs of Lightning and Optuna, and their notes on what is experimental."""
    quiet_lightning()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
