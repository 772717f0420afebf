"""One seed of a cascade: train the final ranker, log its scores, and teach the students."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.score_log import read_log, write_log
from rankdistill.cascade.model_names import FINAL_RANKER
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.runs.bench import Bench
from rankdistill.cascade.runs.cost import ranker_costs
from rankdistill.cascade.runs.final_ranker_store import obtain_final_ranker
from rankdistill.cascade.runs.fit import fit_ranker
from rankdistill.cascade.runs.log_variants import LogVariant, log_variants
from rankdistill.cascade.runs.models import make_early_ranker, make_logging
from rankdistill.cascade.runs.records import CascadeRuns, RankerRun
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.models_to_train import ModelsToTrain, ToTrain

SCORE_LOG = "score_log.parquet"


def rankers_of_a_seed(
    seed: int, students: Mapping[str, EarlyRanker], variants: Sequence[LogVariant]
) -> list[ToTrain]:
    """List the rankers of a seed in the order of their training.

    Args:
        seed: The seed.
        students: An early ranker of each form.
        variants: The logs beside the main one.
    """
    places = [
        *students,
        *(
            place_of(name, variant)
            for name, student in students.items()
            if student.form.reads_log
            for variant in variants
        ),
    ]
    kinds = [("final ranker", "final ranker"), *(("early ranker", place) for place in places)]
    return [ToTrain(kind, f"{name}, seed {seed}") for kind, name in kinds]


def place_of(student: str, variant: LogVariant) -> str:
    """Name the folder of a student that learns from a log beside the main one."""
    return f"{student}-{variant.name}"


class OneSeed:
    """Trains and measures all rankers of one seed.

    Args:
        cfg: The configuration; the seed replaces those of initialisation and sampling.
        seed: The seed.
        datamodule: The split ratings.
        data: Requests, features and impressions.
        bench: What measures the rankers.
        folder: The run's folder; each ranker has one below it.
        models: Tells which of the rankers is trained; the next ones are those of this seed.
    """

    def __init__(
        self,
        cfg: CascadeConfig,
        seed: int,
        datamodule: InteractionsDataModule,
        data: CascadeData,
        bench: Bench,
        folder: Path,
        models: ModelsToTrain,
    ):
        self.cfg = replace(cfg, seed=replace(cfg.seed, initialization=seed, sampling=seed))
        self.seed, self.datamodule, self.data = seed, datamodule, data
        self.bench, self.folder, self.models = bench, folder, models

    def run(self, runs: CascadeRuns) -> None:
        """Train and measure all rankers, and add their runs."""
        title = self.models.next()
        final, fields = obtain_final_ranker(self.cfg, self.data, self.datamodule, title)
        self.final_scores = self.bench.score_final(final)
        run = RankerRun(self.seed, fields, self.bench.measure_final(self.final_scores))
        run.write(self._folder_of(FINAL_RANKER))
        runs.add(FINAL_RANKER, run)
        students: dict[str, EarlyRanker] = {}
        for name in self.cfg.students:
            students[name], run = self._teach(name, name, {}, whole=True)
            runs.add(name, run)
        if not runs.costs:
            (*_, last) = students.values()
            runs.costs = ranker_costs(final, last, self.data, self.bench.device)
        for name in (name for name, student in students.items() if student.form.reads_log):
            for variant in log_variants(self.cfg.robustness):
                place = place_of(name, variant)
                _, run = self._teach(place, name, variant.changes, whole=False)
                runs.add_variant(place, name, variant, run)

    def _teach(
        self, place: str, student: str, log_changes: Mapping[str, Any], whole: bool
    ) -> tuple[EarlyRanker, RankerRun]:
        """Train a student on a log of its own, and measure it.

        Args:
            place: Name of its folder.
            student: Name of its form.
            log_changes: Settings of logging that differ from the main ones.
            whole: Whether to measure more than the cut; see ``Bench.measure_early``.
        """
        folder, title = self._folder_of(place), self.models.next()
        module = make_early_ranker(self.cfg, student, self.data, self.datamodule)
        examples, counts = self.data.examples["train"], None
        if module.form.reads_log:
            self._write_log(folder / SCORE_LOG, log_changes)
            *teacher, counts = read_log(folder / SCORE_LOG, self.data.shown["train"])
            examples = examples.with_teacher(*teacher)
            if counts.usable < counts.rows:
                print(f"{title}: {counts.sentence()}", flush=True)
        module, fields = fit_ranker(
            module,
            examples,
            self.data.examples["validation"],
            self.cfg.trainer,
            self.cfg.early_ranker.training.patience,
            folder,
            title,
            self.cfg.storage.bits,
        )
        scores = self.bench.score_early(module)
        measured = self.bench.measure_early(self.final_scores, scores, whole)
        run = RankerRun(self.seed, fields, measured, counts)
        run.write(folder)
        return module, run

    def _write_log(self, path: Path, changes: Mapping[str, Any]) -> None:
        """Log the final ranker's scores of what was shown in training."""
        generator = torch.Generator().manual_seed(self.seed)
        shown = self.data.shown["train"]
        logging = make_logging(self.cfg, changes)
        scores = logging(self.final_scores.probabilities["train"], generator)
        user_ids = self.data.requests.user_ids[shown.request_ids]
        write_log(path, shown, user_ids, self.data.pair_columns("train"), scores)

    def _folder_of(self, place: str) -> Path:
        return self.folder / place / f"seed-{self.seed}"
