"""`rankdistill tune`: choose settings on validation, in trials that can be stopped and go on."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from rankdistill.config.command_line import keys_of
from rankdistill.config.tune import TuneConfig
from rankdistill.config.without_effect import warn_of_settings_without_effect
from rankdistill.files import remove_left_overs, write_text_atomically
from rankdistill.runs.models import make_datamodule
from rankdistill.runs.worker_pool import threads_each
from rankdistill.tuning.experiment import make_experiment, refuse_what_no_file_can_do
from rankdistill.tuning.experiment_files import find_experiment
from rankdistill.tuning.identity import identity
from rankdistill.tuning.quiet import quiet
from rankdistill.tuning.recipe import Recipe, recipe_of
from rankdistill.tuning.rehearsal import rehearse
from rankdistill.tuning.session import alone_in, leave, run_missing_trials, take_up
from rankdistill.tuning.space import as_override, read_space
from rankdistill.tuning.study import best_trial, first_message, opened
from rankdistill.tuning.summary import described, trials_counted
from rankdistill.tuning.table import TABLE
from rankdistill.tuning.trial import DRAWN
from rankdistill.tuning.worker import StudyPlan


def run(cfg: TuneConfig) -> float:
    """Run a study in Hydra's run folder, or go on with the one that is there.

    Returns:
        The best trial's value.
    """
    hydra = HydraConfig.get()
    if cfg.method_rules:
        raise ValueError(
            "tune searches the settings of methods that are named, and distillation=auto chooses "
            "them by a rule: leave it out; tuning=plackett_luce, say, names the method."
        )
    recipe = recipe_of(hydra, cfg.study)
    _refuse_taken_name(recipe, cfg.study)
    quiet()
    warn_of_settings_without_effect(cfg, hydra.overrides.task)
    typed = keys_of(recipe.fixed)
    drawn = {key: entry for key, entry in cfg.tuning.space.items() if key not in typed}
    space = read_space(drawn)
    plan = StudyPlan(
        folder=Path(hydra.runtime.output_dir),
        study=cfg.study,
        n_trials=cfg.n_trials,
        recipe=recipe,
        space=drawn,
        tuning=cfg.tuning,
        threads=_threads(cfg),
        trials_at_once=cfg.trials_at_once,
        memory_gib=cfg.memory_gib,
    )
    with alone_in(plan.folder):
        remove_left_overs(plan.folder)
        datamodule = make_datamodule(cfg)
        first = rehearse(recipe, space, datamodule)
        refuse_what_no_file_can_do(recipe)
        missing = take_up(plan, identity(recipe, cfg, drawn, datamodule))
        for key in cfg.tuning.space.keys() & set(typed):
            print(f"{key} is fixed, and not tuned.", file=sys.stderr)
        try:
            if missing:
                run_missing_trials(plan, cfg.workers, first, datamodule)
        except KeyboardInterrupt:
            ended = leave(plan, "interrupted", blame=False)
            raise KeyboardInterrupt(
                f"Interrupted; {ended} of {plan.n_trials} trials are kept in "
                f"{_near(plan.folder)}. The same command goes on."
            ) from None
        except BaseException:
            leave(plan, "the program ended with an error", blame=True)
            raise
        ended = leave(plan, "its worker is gone", blame=True)
        best = _report(plan, cfg.evaluation.monitor)
    if ended < plan.n_trials:
        raise ValueError(
            f"Only {ended} of {plan.n_trials} trials ended, for want of workers. The same command "
            "goes on."
        )
    return best


def _refuse_taken_name(recipe: Recipe, study: str) -> None:
    """Refuse the name of an experiment that exists: the best trial becomes an experiment."""
    if find_experiment(study, recipe.search_path) is not None:
        raise ValueError(
            f"There is an experiment {study} already, and the best trial becomes one; choose "
            "another name with study=NAME."
        )


def _threads(cfg: TuneConfig) -> int | None:
    given, workers = cfg.trainer.threads, cfg.workers
    return threads_each(workers) if given is None and workers > 1 else given


def _report(plan: StudyPlan, monitor: str) -> float:
    """Write the best trial as an experiment, print how to run it, and return its value."""
    with opened(plan.folder, plan.study) as study:
        best = best_trial(study)
        if best is None or best.value is None:
            raise ValueError(f"No trial ended well. The first: {first_message(study)}")
        trials = trials_counted(study)
        heading = [
            f"{monitor} {best.value:.4f}, trial {best.number}: the best of {trials} of",
            f"  {shlex.join(['rankdistill', *sys.argv[1:]])}",
        ]
        drawn = [as_override(key, value) for key, value in best.user_attrs[DRAWN].items()]
        experiment = make_experiment(plan.recipe, drawn, heading)
        file = plan.folder / "experiment" / f"{plan.study}.yaml"
        write_text_atomically(file, experiment.text)
        print(described(study, best, monitor))
    folder = _near(plan.folder)
    command = ["rankdistill", *experiment.command, f"experiment={plan.study}"]
    if plan.recipe.search_path:
        command.append(f"hydra.searchpath=[{','.join(plan.recipe.search_path)}]")
    print(f"Run it: {shlex.join([*command, '--config-dir', str(folder)])}")
    print(f"Trials: {folder / TABLE}   Curves: tensorboard --logdir {folder}")
    return best.value


def _near(folder: Path) -> Path:
    """Name a folder as a person would from the current one."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
