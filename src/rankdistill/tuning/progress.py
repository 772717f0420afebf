"""Show the progress of a study: a bar on a terminal, and a line for every new best."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.trial import FrozenTrial
from tqdm import tqdm

from rankdistill.tuning.space import as_override
from rankdistill.tuning.study import best_trial, finished_trials
from rankdistill.tuning.trial import DRAWN


class TrialsBar:
    """A bar that shows how many trials are done, and the best of them.

    Args:
        title: Name of the study.
        n_trials: Trials in all.
        monitor: Name of the metric.
        study: The study, which may have trials already.
    """

    def __init__(self, title: str, n_trials: int, monitor: str, study: optuna.Study):
        self.monitor = monitor
        self.done = len(finished_trials(study))
        best = best_trial(study)
        self.best = best.number if best else None
        self.bar: Any = tqdm(
            total=max(n_trials, self.done),
            initial=self.done,
            desc=title,
            unit="trial",
            leave=False,
            dynamic_ncols=True,
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
        )
        self._name(best)

    def show(self, study: optuna.Study) -> bool:
        """Show the study as it is now; return whether a trial has ended since the last call."""
        done, best = len(finished_trials(study)), best_trial(study)
        if best is not None and best.number != self.best:
            self.best = best.number
            drawn = settings_line(best.user_attrs[DRAWN])
            self.say(f"trial {best.number}: {self.monitor} {best.value:.4f}  {drawn}")
            self._name(best)
        ended = done - self.done
        self.done = done
        self.bar.update(ended)
        self.bar.refresh()
        return ended > 0

    def say(self, line: str) -> None:
        """Print a line without breaking the bar."""
        tqdm.write(line, file=sys.stderr)

    def close(self) -> None:
        """Remove the bar from the terminal."""
        self.bar.close()

    def _name(self, best: FrozenTrial | None) -> None:
        if best is not None:
            self.bar.set_postfix_str(f"best {best.value:.4f}", refresh=False)


def settings_line(drawn: Mapping[str, Any]) -> str:
    """Join drawn values as a person would type them."""
    return " ".join(as_override(key, value) for key, value in drawn.items())
