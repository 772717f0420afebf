"""`rankdistill cascade`: a final ranker, its log, and early rankers that learn from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from rankdistill.cascade.config import cascade_primitives
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.labels import TASKS
from rankdistill.cascade.data.score_log import LogCounts, read_log, write_log
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.reporting.figures import cascade_figures
from rankdistill.cascade.reporting.markdown import cascade_report, cascade_section
from rankdistill.cascade.runs.bench import Bench
from rankdistill.cascade.runs.costs import costs
from rankdistill.cascade.runs.fit import fit_ranker, measuring_device, obtain_final_ranker
from rankdistill.cascade.runs.models import make_cascade_data, make_early_ranker, make_logging
from rankdistill.cascade.runs.record import keep_run
from rankdistill.cascade.runs.result import FINAL, SHARE, Runs, cascade_result
from rankdistill.commands.quiet import quiet_lightning
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.files import write_json_atomically, write_text_atomically
from rankdistill.runs.fit import describe_data, versions
from rankdistill.runs.models import make_datamodule
from rankdistill.runs.seeding import with_seed

RESULT, LOG = "cascade.json", "score_log.parquet"


def run(config: DictConfig) -> float | None:
    """Run the cascade into Hydra's run folder.

    Returns:
        The last student's mean of the monitored validation metric, for sweepers that optimise.
    """
    cfg = cascade_primitives(config, TASKS)
    quiet_lightning()
    folder = Path(HydraConfig.get().runtime.output_dir)
    (folder / RESULT).unlink(missing_ok=True)  # an earlier run's, if this one is stopped
    datamodule = make_datamodule(cfg)
    data = make_cascade_data(cfg, datamodule)
    for name in cfg["students"]:  # its mistakes show before the final ranker is trained
        make_early_ranker(cfg, name, data, datamodule)
    for logging in ({}, *(log.changed for log in further_logs(cfg["robustness"]))):
        make_logging(cfg, **logging)
    bench = Bench(data, cfg["evaluation"], cfg["value"], measuring_device(cfg["trainer"]))
    runs = Runs(list(cfg["students"]))
    for seed in cfg["seeds"]:
        _Seed(with_seed(cfg, seed), seed, datamodule, data, bench, folder).run(runs)
    described = {**describe_data(datamodule), **_sizes(data, bench)}
    result = cascade_result(cfg, runs, described, versions())
    figures = cascade_figures(result, folder / "figures")
    write_text_atomically(folder / "cascade.md", cascade_report(result, figures))
    write_json_atomically(folder / RESULT, result)
    print(f"\n{cascade_section(result)}")
    print(f"The whole report, figures and runs are in {folder}")
    print(f"Curves: tensorboard --logdir {folder}")
    about = result["models"][result["about"]]["mean"]["metrics"]
    return about.get(cfg["evaluation"]["monitor"])


class FurtherLogging(NamedTuple):
    """How a log differs from the main one.

    Attributes:
        kind: SHARE, or what is wrong with it.
        share: Of the impressions that are logged, or of the logged rows that are wrong.
        changed: The settings of logging that differ.
    """

    kind: str
    share: float
    changed: dict[str, Any]


def further_logs(robustness: dict[str, Any]) -> Iterator[FurtherLogging]:
    """The logs beside the main one that each form learns from."""
    for share in robustness["shares"]:
        yield FurtherLogging(SHARE, share, {"share": share})
    corrupted = robustness["corrupted"]
    for kind in robustness["corruptions"]:
        faults = {"corrupted": corrupted, "corruption": kind}
        yield FurtherLogging(kind, corrupted, faults)


class _Seed:
    """One seed of everything: the final ranker, its log, and the students."""

    def __init__(
        self,
        cfg: dict[str, Any],
        seed: int,
        datamodule: InteractionsDataModule,
        data: CascadeData,
        bench: Bench,
        folder: Path,
    ):
        self.cfg, self.seed, self.datamodule, self.data = cfg, seed, datamodule, data
        self.bench, self.folder = bench, folder

    def run(self, runs: Runs) -> None:
        """Train and measure all models of the seed."""
        title = f"final ranker, seed {self.seed}"
        ranker, fields, _ = obtain_final_ranker(self.cfg, self.data, self.datamodule, title)
        self.final = self.bench.score_final(ranker)
        measured = self.bench.measure_final(self.final)
        keep_run(self._place(FINAL), fields, measured, self.seed)
        runs.add(FINAL, self.seed, fields, measured)
        early = None
        for name in self.cfg["students"]:
            early, counts = self._student(runs, name, {}, name, whole=True)
            runs.count_log(name, counts)
        if early is not None and not runs.costs:
            runs.costs = costs(ranker, early, self.data, self.bench.device)
        for name in self.cfg["students"]:
            if name not in runs.logs:
                continue
            for log in further_logs(self.cfg["robustness"]):
                place = f"{name}-{log.kind}-{log.share:g}"
                _, counts = self._student(runs, place, log.changed, name, whole=False)
                runs.place(place, name, log.kind, log.share, counts)

    def _student(
        self, runs: Runs, place: str, logging: dict[str, Any], name: str, whole: bool
    ) -> tuple[EarlyRanker, LogCounts | None]:
        """Train an early ranker on a log of its own kind, and measure it."""
        folder = self._place(place)
        module = make_early_ranker(self.cfg, name, self.data, self.datamodule)
        examples, counts = self.data.examples["train"], None
        if module.form.reads_log:
            self._log(folder / LOG, logging)
            *teacher, counts = read_log(folder / LOG, self.data.shown["train"])
            examples = examples.with_teacher(*teacher)
            if counts.usable < counts.rows:
                print(f"{place}, seed {self.seed}: {counts.sentence()}", flush=True)
        node, bits = self.cfg["early_ranker"], self.cfg["storage"]["bits"]
        module, fields = fit_ranker(
            module,
            examples,
            self.data.examples["validation"],
            self.cfg["trainer"],
            node["training"]["patience"],
            folder,
            f"{place}, seed {self.seed}",
            bits,
        )
        measured = self.bench.measure_early(self.final, self.bench.score_early(module), whole)
        keep_run(folder, fields, measured, self.seed)
        runs.add(place, self.seed, fields, measured)
        return module, counts

    def _log(self, path: Path, changed: dict[str, Any]) -> None:
        """Log the final ranker's scores of what was shown in training."""
        generator = torch.Generator().manual_seed(self.seed)
        shown = self.data.shown["train"]
        scores = make_logging(self.cfg, **changed)(self.final.probabilities["train"], generator)
        user_ids = self.data.requests.user_ids[shown.request_ids]
        write_log(path, shown, user_ids, self.data.pair_columns("train"), scores)

    def _place(self, model: str) -> Path:
        return self.folder / model / f"seed-{self.seed}"


def _sizes(data: CascadeData, bench: Bench) -> dict[str, Any]:
    requests = {
        name: len(examples.request_ids.unique()) for name, examples in data.examples.items()
    }
    return {
        "cascade_fingerprint": data.fingerprint,
        "requests": requests,
        "impressions": {name: len(shown) for name, shown in data.shown.items()},
        "candidates_per_request": bench.candidates_per_request,
        "test_users": len(data.requests.user_ids[bench.requests["test"]].unique()),
    }
