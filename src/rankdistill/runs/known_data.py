"""The data that a checkpoint was trained on, as a command finds them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rankdistill.building import Component, check_arguments, target_class
from rankdistill.data.datamodule import InteractionsDataModule, Source, load_unsplit
from rankdistill.data.interactions import Interactions
from rankdistill.runs.checkpoint_content import Checkpoint
from rankdistill.runs.trained_on import refuse_other_data


def load_known(
    path: str | Path, checkpoint: Checkpoint, data: Component, allow_targets: Sequence[str]
) -> tuple[str, Interactions]:
    """Load all interactions, if they are those that a recommender was trained on.

    The checkpoint's own description of its data is compared before anything is fetched or read,
    and their fingerprint once they are read.

    Args:
        path: Of the checkpoint, for errors.
        checkpoint: From ``read_checkpoint``.
        data: Where the command says that the data lie.
        allow_targets: Further module prefixes that a ``_target_`` may name.

    Returns:
        The name of the data, and the interactions.

    Raises:
        ValueError: If they are others.
    """
    hyper = checkpoint["hyper_parameters"]
    trained_on = hyper["data"]
    refuse_other_data(path, trained_on, data.node)
    source = make_source(data, allow_targets)
    known = load_unsplit(source)
    sizes = known.num_users, known.num_items
    if (known.fingerprint, *sizes) != (
        trained_on["fingerprint"],
        hyper["num_users"],
        hyper["num_items"],
    ):
        raise ValueError(
            f"{path} was trained on other data than {source.name} as it is now; "
            "name the data that it was trained on with data=... and data.path=..."
        )
    return source.name, known


def make_source(data: Component, allow_targets: Sequence[str]) -> Source:
    """Make the source of a datamodule, without the datamodule."""
    module = target_class(data, allow_targets)
    if not issubclass(module, InteractionsDataModule):
        raise ValueError(f"data._target_ is {data.target}, which is no source of data.")
    check_arguments(module.source_type, data.settings)
    return module.source_type(**data.settings)
