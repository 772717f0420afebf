"""The kinds of model that a model.rank can hold, and the tables and settings of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

FACTORS, HISTORY, ITEM_ITEM, ANY_NETWORK = "factors", "history", "item_item", "network"

USERS, ITEMS, HISTORY_ITEMS = "users", "items", "history_items"
USER_BIAS, ITEM_BIAS, ITEM_WEIGHTS = "user_bias", "item_bias", "item_weights"
"""Names of tables."""

MAY_LACK_ROWS = frozenset({ITEMS, HISTORY_ITEMS})
"""Tables of items, in which a row of zeros leaves an item with its bias; a user would have none."""

POWER = "power"
"""The setting a of ``history``: a sum over n items of a history is divided by n^a."""

FOLD_IN = ("fold_in_softmax", "fold_in_bpr", "fold_in_pointwise")
"""Settings of ``factors``: the loss by which new users are fitted, and the L2 as its value."""

Shape = tuple[int, ...]


class _Form(NamedTuple):
    """Tables with their axes, of which each has one length, and settings.

    Attributes:
        tables: Those that there must be.
        optional: Those that there may be.
        settings: Those that there must be.
        one_of: Those of which there may be one.
    """

    tables: Mapping[str, tuple[str, ...]]
    optional: Mapping[str, tuple[str, ...]] = {}
    settings: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()


_FORMS = {
    FACTORS: _Form(
        {USERS: ("user", "dim"), ITEMS: ("item", "dim")},
        {USER_BIAS: ("user",), ITEM_BIAS: ("item",)},
        one_of=FOLD_IN,
    ),
    HISTORY: _Form(
        {HISTORY_ITEMS: ("item", "dim"), ITEMS: ("item", "dim")},
        {ITEM_BIAS: ("item",)},
        (POWER,),
    ),
    ITEM_ITEM: _Form({ITEM_WEIGHTS: ("item", "item")}),
}
"""What ranks for users. ``network`` has tables of any name and shape, and is not among them."""


def axes_of(
    kind: str, shapes: Mapping[str, Shape], settings: Mapping[str, float]
) -> dict[str, int]:
    """Find the number of users, items and dimensions of a model.

    Returns:
        Lengths by axis: "user", "item", "dim", those that the kind has; none for a network.

    Raises:
        ValueError: If there is no such kind, or its tables or settings are others than it needs.
    """
    if kind == ANY_NETWORK:
        return {}
    if kind not in _FORMS:
        raise ValueError(f"there is no kind of model {kind!r:.40}")
    form = _FORMS[kind]
    known = {**form.tables, **form.optional}
    if missing := sorted(form.tables.keys() - shapes.keys()):
        raise ValueError(f"{kind} lacks {', '.join(missing)}")
    if foreign := sorted(shapes.keys() - known.keys()):
        raise ValueError(f"{kind} has no table {foreign[0]!r:.40}")
    needed, chosen = set(form.settings), settings.keys() & set(form.one_of)
    is_complete = settings.keys() == needed | chosen and len(chosen) <= 1
    if not is_complete or not all(map(math.isfinite, settings.values())):
        raise ValueError(f"{kind} needs the settings {', '.join(form.settings) or 'none'}")
    lengths: dict[str, int] = {}
    for name, shape in shapes.items():
        if len(shape) != len(known[name]):
            raise ValueError(f"{name} has the shape {list(shape)}")
        for axis, length in zip(known[name], shape, strict=True):
            if length < 1 or lengths.setdefault(axis, length) != length:
                raise ValueError(f"{name} has {length} rows or columns for {axis}")
    return lengths
