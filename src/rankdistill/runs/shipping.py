"""From a trained network to its model.rank, and from stored tables back to its tensors."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from rankdistill.backbones.interface import Served
from rankdistill.data.interactions import Interactions
from rankdistill.rank_files.contents import RankFile, SeenLists
from rankdistill.rank_files.kinds import ANY_NETWORK, MAY_LACK_ROWS, USERS
from rankdistill.rank_files.tables import EXACT_BITS, StoredTable, decoded, encoded, storage_name


class ShippedForm(NamedTuple):
    """How a model ships.

    Attributes:
        bits: Of a weight: 32, 16, or 8 down to 2.
        seen: Whether the file holds what every user has.
    """

    bits: int
    seen: bool


def shipped_model(
    tables: Mapping[str, StoredTable],
    served: Served,
    bits: int,
    of_data: Mapping[str, Any],
    about: Mapping[str, Any],
) -> RankFile:
    """Put together what a model.rank holds.

    Args:
        tables: From ``stored_tables``.
        served: How the network ships.
        bits: Of a weight.
        of_data: From ``known_of_data``. A network goes without, and a model without a table of
            users goes without their ids where it does not hold what they have.
        about: Metrics, data, versions.
    """
    known = {} if served.kind == ANY_NETWORK else dict(of_data)
    if known and known["seen"] is None and USERS not in served.tables:
        del known["user_ids"]
    return RankFile(
        kind=served.kind,
        storage=storage_name(bits),
        tables=tables,
        settings=served.settings,
        about=about,
        **known,
    )


def stored_tables(
    weights: Mapping[str, Tensor], served: Served, bits: int, ranks_nothing: Collection[str] = ()
) -> dict[str, StoredTable]:
    """Store the tensors that ship, under the names that the file has for them.

    In 4 bits and fewer, items whose vectors are too short to matter go without.

    Args:
        weights: The network's tensors by name.
        served: Which of them ship.
        bits: Of a weight: 32, 16, or 8 down to 2.
        ranks_nothing: Names of tensors that are left out where there are fewer than 32.

    Raises:
        ValueError: If a weight is not finite, or has no form in 16 bits.
    """
    left_out = set() if bits == EXACT_BITS else set(ranks_nothing)
    return {
        stored: encoded(name, _array(weights[name]), bits, leaves_rows_out=stored in MAY_LACK_ROWS)
        for stored, name in _names(served, weights).items()
        if name not in left_out
    }


def restored_weights(
    tables: Mapping[str, StoredTable], weights: Mapping[str, Tensor], served: Served
) -> dict[str, Tensor]:
    """Make the network's tensors of stored tables, for its ``load_state_dict``.

    Args:
        tables: Of a model.rank.
        weights: The network's tensors by name: those that do not ship stay as they are.
        served: Which of them ship. One that was left out becomes zero.
    """
    restored = dict(weights)
    for stored, name in _names(served, weights).items():
        if stored in tables:
            restored[name] = torch.from_numpy(decoded(tables[stored]))
        else:
            restored[name] = torch.zeros_like(weights[name])
    return restored


def about_model(
    data_name: str | None,
    fingerprint: str,
    metrics: Mapping[str, float],
    versions: Mapping[str, str],
    *,
    untested: bool,
) -> dict[str, Any]:
    """List what a RankFile tells about a model.

    Args:
        data_name: Name of the data.
        fingerprint: Of the data.
        metrics: Measured with the stored weights; empty if they were not.
        versions: Of the software.
        untested: Whether the model was fitted to all data, and never tested.
    """
    return {
        "data": {"name": data_name, "fingerprint": fingerprint},
        "versions": dict(versions),
        **({"metrics": dict(metrics)} if metrics else {}),
        **({"untested": True} if untested else {}),
    }


def known_of_data(interactions: Interactions, seen: bool) -> dict[str, Any]:
    """List what a RankFile holds of the data: ids, titles, popularity, and what users have.

    Args:
        interactions: All that is known.
        seen: Whether to hold what users have.
    """
    labels, num_items = interactions.labels, interactions.num_items
    items = interactions.item_ids.cpu().numpy()
    titles = None if labels is None else labels.titles
    return {
        "user_ids": _texts(None if labels is None else labels.users, interactions.num_users),
        "item_ids": _texts(None if labels is None else labels.items, num_items),
        "item_titles": () if titles is None else _texts(titles, num_items),
        "item_counts": np.bincount(items, minlength=num_items),
        "seen": SeenLists(interactions.counts.cpu().numpy(), items) if seen else None,
    }


def _names(served: Served, weights: Mapping[str, Tensor]) -> Mapping[str, str]:
    return {name: name for name in weights} if served.kind == ANY_NETWORK else served.tables


def _array(weight: Tensor) -> np.ndarray:
    """The numbers of a tensor: float32 where it trained in bfloat16, or in double precision."""
    weight = weight.detach().cpu()
    is_other = weight.dtype in (torch.bfloat16, torch.float64)
    return (weight.float() if is_other else weight).numpy()


def _texts(labels: np.ndarray | None, number: int) -> tuple[str, ...]:
    return tuple(map(str, range(number) if labels is None else labels.tolist()))
