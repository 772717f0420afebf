"""Train the models of several trials side by side, where they fit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import optuna

from rankdistill.backbones.interface import Backbone
from rankdistill.config.primitives import primitives
from rankdistill.config.tune import TuneConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.preparing import prepared_model
from rankdistill.runs.stack_trainer import StackBounds, StackedJob, fit_side_by_side
from rankdistill.runs.stacked_fits import StackedFit
from rankdistill.sweeps.stacking import grouped, shape_of
from rankdistill.sweeps.typed_values import flat
from rankdistill.tuning.epochs import FollowTrial
from rankdistill.tuning.recipe import seeded


@dataclass
class SeedOfTrial:
    """One model of a trial.

    Attributes:
        follow: What the trial saw of it.
        fit: How it was trained; None where it has to be trained alone.
        pruned: Why the trial ended early; None where it did not.
    """

    follow: FollowTrial
    fit: StackedFit | None = None
    pruned: optuna.TrialPruned | None = None


def fit_trials(
    settings: Mapping[int, TuneConfig],
    follow: Callable[[int, int], FollowTrial],
    datamodule: InteractionsDataModule,
    memory_gib: float,
) -> dict[int, list[SeedOfTrial]]:
    """Train all models of some trials, as many at once as fit together.

    Args:
        settings: The configuration of each trial, by its number.
        follow: Makes what follows a fit, from the trial's number and the position of the seed.
        datamodule: The data, set up.
        memory_gib: What models that are trained at once may take, in GiB.

    Returns:
        The models of each trial, one for each seed.
    """
    found: dict[int, list[SeedOfTrial]] = {}
    models: list[SeedOfTrial] = []
    jobs: list[StackedJob] = []
    teachers: dict[str, Backbone] = {}
    shapes = []
    for number, cfg in settings.items():
        seeds = cfg.tuning.seeds or [None]
        found[number] = [SeedOfTrial(follow(number, place)) for place in range(len(seeds))]
        for place, seed in enumerate(seeds):
            own = seeded(cfg, seed)
            try:
                module = prepared_model(own, datamodule, teachers)
            except Exception:  # the trial alone will say what is wrong with it
                continue
            models.append(found[number][place])
            watch = _watching(found[number], place)
            monitor = cfg.evaluation.monitor
            jobs.append(StackedJob(f"trial {number}", module, own.trainer, monitor, watch))
            shapes.append(shape_of(flat(primitives(own))))
    bounds = StackBounds(memory_gib, at_once=None)
    for group in grouped(shapes):
        fits = fit_side_by_side(
            [jobs[each] for each in group], datamodule, bounds, "models", lambda line: None
        )
        for each, fit in zip(group, fits, strict=True):
            models[each].fit = fit
    return found


def _watching(models: Sequence[SeedOfTrial], place: int) -> Callable[[int, float], bool]:
    """Let a trial see each epoch of a model; the whole trial ends where it is pruned."""

    def watch(epoch: int, value: float) -> bool:
        try:
            models[place].follow.see(epoch, value)
        except optuna.TrialPruned as pruned:
            models[0].pruned = pruned
        return models[0].pruned is not None

    return watch


def settings_of(
    trials: Sequence[optuna.Trial], compose: Callable[[optuna.Trial], TuneConfig]
) -> dict[int, TuneConfig]:
    """The configurations of the trials that have a valid one, by number."""
    found = {}
    for trial in trials:
        try:
            found[trial.number] = compose(trial)
        except Exception:  # likewise
            continue
    return found
