"""Write trials.csv: a row for each trial."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from rankdistill.files import write_text_atomically
from rankdistill.quoting import table_cell
from rankdistill.tuning.study import MESSAGE, REPEATED
from rankdistill.tuning.trial import BEST_EPOCHS, DRAWN, FIT_SECONDS

TABLE = "trials.csv"
STATES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


def write_table(path: Path, trials: Iterable[FrozenTrial], drawn: Sequence[str]) -> None:
    """Write the finished trials, in the order in which they were begun.

    Args:
        path: The file to write or replace.
        trials: Trials of the study.
        drawn: The keys of its space; each gets a column.
    """
    text = io.StringIO()
    columns = ["number", "state", "value", *drawn, "best_epoch", "fit_seconds", "message"]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for trial in trials:
        if trial.state.is_finished():
            writer.writerow({key: table_cell(value) for key, value in _row(trial).items()})
    write_text_atomically(path, text.getvalue())


def _row(trial: FrozenTrial) -> dict[str, Any]:
    noted = trial.user_attrs
    return {
        "number": trial.number,
        "state": "repeated" if REPEATED in noted else STATES[trial.state],
        "value": trial.value if trial.state == TrialState.COMPLETE else None,
        **(noted.get(DRAWN) or trial.params),
        "best_epoch": " ".join(map(str, noted.get(BEST_EPOCHS, []))),
        "fit_seconds": noted.get(FIT_SECONDS),
        "message": noted.get(MESSAGE),
    }
