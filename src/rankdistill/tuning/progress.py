"""Show the progress of a study: a bar on a terminal, and a line for every trial that ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState
from tqdm import tqdm

from rankdistill.config.trainer import TrainerConfig
from rankdistill.runs.time_left import bound, duration, time_left
from rankdistill.tuning.space import as_override
from rankdistill.tuning.study import MESSAGE, best_trial, finished_trials
from rankdistill.tuning.trial import DRAWN, FIT_SECONDS


class TrialsBar:
    """A bar that shows how many trials are done, and a line for each that ends.

    Args:
        title: Name of the study.
        n_trials: Trials in all.
        monitor: Name of the metric.
        study: The study, which may have trials already.
        trainer: Whether to show the bar, and when a fit ends at the latest.
    """

    def __init__(
        self, title: str, n_trials: int, monitor: str, study: optuna.Study, trainer: TrainerConfig
    ):
        self.monitor = monitor
        self.n_trials = n_trials
        self.told = {trial.number for trial in finished_trials(study)}
        self.done_before = len(self.told)
        self.start = time.perf_counter()
        self.bar: Any = tqdm(
            total=max(n_trials, self.done_before),
            initial=self.done_before,
            desc=title,
            unit="trial",
            leave=False,
            dynamic_ncols=True,
            file=sys.stderr,
            disable=not (trainer.progress and sys.stderr.isatty()),
        )
        self._name(best_trial(study))
        before = f", {self.done_before} of them ended before" if self.done_before else ""
        self.say(f"{n_trials} trials{before}; fits of {bound(trainer.max_epochs)}.")

    def show(self, study: optuna.Study) -> bool:
        """Show the study as it is now; return whether a trial has ended since the last call."""
        new = [trial for trial in finished_trials(study) if trial.number not in self.told]
        best = best_trial(study)
        for trial in new:
            self.told.add(trial.number)
            self.say(self._line(trial, is_best=best is not None and trial.number == best.number))
        self._name(best)
        self.bar.update(len(new))
        self.bar.refresh()
        return bool(new)

    def say(self, line: str) -> None:
        """Print a line without breaking the bar."""
        tqdm.write(line, file=sys.stderr)

    def close(self) -> None:
        """Remove the bar from the terminal."""
        self.bar.close()

    def _line(self, trial: FrozenTrial, is_best: bool) -> str:
        """Say what became of a trial, how many have ended, and how much time is left."""
        done, width = len(self.told), len(str(self.n_trials))
        attributes = trial.user_attrs
        parts = [
            f"[{done:{width}}/{self.n_trials}] trial {trial.number}: "
            f"{self._outcome(trial)}{', the best so far' if is_best else ''}",
            settings_line(attributes.get(DRAWN, {})),
            duration(attributes.get(FIT_SECONDS, 0)),
            time_left(
                self.n_trials - done, done - self.done_before, time.perf_counter() - self.start
            ),
        ]
        return "  ".join(part for part in parts if part)

    def _outcome(self, trial: FrozenTrial) -> str:
        if trial.state == TrialState.COMPLETE:
            return f"{self.monitor} {trial.value:.4f}"
        message = str(trial.user_attrs.get(MESSAGE, "no reason given")).removesuffix(".")
        return f"{'cut short' if trial.state == TrialState.PRUNED else 'failed'} ({message})"

    def _name(self, best: FrozenTrial | None) -> None:
        if best is not None:
            self.bar.set_postfix_str(f"best {best.value:.4f}", refresh=False)


def settings_line(drawn: Mapping[str, Any]) -> str:
    """Join drawn values as a person would type them."""
    return " ".join(as_override(key, value) for key, value in drawn.items())
