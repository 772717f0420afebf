"""Write the model.rank of a run: the model, and all that is known of its data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rankdistill.backbones.interface import Served
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.rank_files.rank_file import RANK_FILE, write_rank_file
from rankdistill.rank_files.tables import StoredTable
from rankdistill.runs.run_fields import versions
from rankdistill.runs.shipping import ShippedForm, about_model, known_of_data, shipped_model


def ship(
    folder: Path,
    tables: Mapping[str, StoredTable],
    served: Served,
    form: ShippedForm,
    datamodule: InteractionsDataModule,
    metrics: Mapping[str, float],
    *,
    untested: bool = False,
) -> None:
    """Write a model into the folder of its run.

    Args:
        folder: The run's folder.
        tables: The stored tables, in the form.
        served: How the network ships.
        form: Bits of the weights, and whether the file holds what users have.
        datamodule: The data, all parts of which are known.
        metrics: Measured with these tables; empty if they were not.
        untested: Whether the model was fitted to all data, and never tested.
    """
    name, fingerprint = datamodule.name, datamodule.fingerprint
    about = about_model(name, fingerprint, metrics, versions(), untested=untested)
    of_data = known_of_data(datamodule.known, form.seen)
    write_rank_file(folder / RANK_FILE, shipped_model(tables, served, form.bits, of_data, about))
