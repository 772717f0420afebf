"""`rankdistill cascade`: a final ranker, its log, and early rankers that learn from it."""

from __future__ import annotations

from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.reporting.log_report import write_log_report
from rankdistill.cascade.reporting.report import write_cascade_report
from rankdistill.cascade.runs.all_seeds import run_cascade
from rankdistill.cascade.runs.log_cascade import run_log_cascade
from rankdistill.files import write_json_atomically
from rankdistill.runs.models import load_data
from rankdistill.runs.quiet import quiet_lightning

RESULT = "cascade.json"


def run(cfg: CascadeConfig) -> float | None:
    """Run the cascade into Hydra's run folder.

    Returns:
        The last student's mean of the monitored validation metric, for sweepers that optimise.
    """
    quiet_lightning()
    folder = Path(HydraConfig.get().runtime.output_dir)
    (folder / RESULT).unlink(missing_ok=True)  # an earlier run's, if this one is stopped
    if cfg.reads_request_log:
        cfg.refuse_settings_of_ratings(HydraConfig.get().overrides.task)
        result = run_log_cascade(cfg, folder)
        summary = write_log_report(result, folder)
    else:
        datamodule = load_data(
            cfg.data, cfg.split, cfg.seed.split, cfg.evaluation.user_block, cfg.allow_targets
        )
        result = run_cascade(cfg, datamodule, folder)
        summary = write_cascade_report(result, folder)
    write_json_atomically(folder / RESULT, result)
    print(f"\n{summary}")
    print(f"The whole report, figures and runs are in {folder}")
    print(f"Curves: tensorboard --logdir {folder}")
    return result["models"][result["about"]]["mean"]["metrics"].get(cfg.evaluation.monitor)
