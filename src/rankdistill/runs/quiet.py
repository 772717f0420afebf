"""Keep libraries' messages off the console."""

from __future__ import annotations

import logging
import warnings


def quiet_hydra() -> None:
    """Silence what Hydra and its launchers say of each job: one line a job is enough."""
    for name in ("hydra", "hydra_plugins"):
        logging.getLogger(name).setLevel(logging.WARNING)


def quiet_lightning() -> None:
    """Silence Lightning's start-up lines, and its advice about loaders that are not used here."""
    for name in ("pytorch_lightning", "lightning.pytorch", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("matplotlib").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*Checkpoint directory .* exists and is not empty.*")
    warnings.filterwarnings("ignore", message=".*log_every_n_steps.*")
    warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")
    warnings.filterwarnings("ignore", message=".*GPU available but not used.*")
    # The metrics are sums over all processes already when they are logged.
    warnings.filterwarnings("ignore", message=".*sync_dist=True.*")
