"""Describe a finished study: the best trial, and which settings mattered."""

from __future__ import annotations

from collections import Counter

import optuna
from optuna.trial import FrozenTrial, TrialState

from rankdistill.tuning.progress import settings_line
from rankdistill.tuning.study import finished_trials, importances
from rankdistill.tuning.trial import DRAWN

ENOUGH_FOR_IMPORTANCES = 10


def trials_counted(study: optuna.Study) -> str:
    """Count the trials that ended, and how: 40 trials (12 pruned, 1 failed)."""
    states = Counter(trial.state for trial in finished_trials(study))
    named = {TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}
    parts = [f"{states[state]} {name}" for state, name in named.items() if states[state]]
    return f"{states.total()} trials" + (f" ({', '.join(parts)})" if parts else "")


def described(study: optuna.Study, best: FrozenTrial, monitor: str) -> str:
    """Describe the best trial, and each setting's share in the spread of the values."""
    lines = [
        f"Best of {trials_counted(study)}: {monitor} {best.value:.4f} in trial {best.number}",
        f"  {settings_line(best.user_attrs[DRAWN])}",
    ]
    complete = [t for t in finished_trials(study) if t.state == TrialState.COMPLETE]
    if len(complete) >= ENOUGH_FOR_IMPORTANCES:
        shares = ", ".join(f"{key} {share:.0%}" for key, share in importances(study))
        lines.append(f"What mattered: {shares}")
    return "\n".join(lines)
