"""Keep scores of whole rows, users x items at once, within the memory that a setting allows."""

from __future__ import annotations

from rankdistill.data.interactions import Interactions
from rankdistill.modules.recommender import Recommender

_BYTES = 4
"""Of a score in single precision."""
_MARGIN = 1.01
"""What a setting that is offered has above what is needed, since it is rounded."""


def fitting_users(user_block: int, num_items: int, rows_gib: float) -> int:
    """Cut the users that are ranked at once to those whose rows fit.

    Args:
        user_block: Users at once on a small catalogue.
        num_items: Size of the catalogue.
        rows_gib: What one table of scores may take, in GiB.

    Returns:
        A number of users, at least 1.
    """
    return max(1, min(user_block, int(rows_gib * 2**30) // (_BYTES * num_items)))


def refuse_long_rows(model: Recommender, train: Interactions, rows_gib: float, whose: str) -> None:
    """Refuse a loss or a method that scores more whole rows at once than fit.

    Args:
        model: What is to be trained.
        train: The training interactions.
        rows_gib: What one table of scores may take, in GiB.
        whose: "teacher", where the model is one; else nothing.

    Raises:
        ValueError: Naming the loss or the method, with what to type.
    """
    num_items = train.num_items
    for name, at_once in model.row_readers().items():
        num_users = min(at_once, train.num_users)
        needed = _BYTES * num_users * num_items / 2**30
        if needed <= rows_gib:
            continue
        fewer = fitting_users(num_users, num_items, rows_gib)
        raise ValueError(
            f"{name} scores {num_users:,} users x {num_items:,} items at once, which takes "
            f"{needed:.3g} GiB for each table of scores; rows_gib allows {rows_gib:g}. Type "
            f"{_instead(name, fewer, whose, model)} or rows_gib={_MARGIN * needed:.3g}."
        )


def _instead(name: str, fewer: int, whose: str, model: Recommender) -> str:
    at, of = (f"@{whose}", f"{whose}.") if whose else ("", "")
    if name == type(model.objective).__name__:
        sampled = " or ".join(f"ranking_loss{at}={loss}" for loss in ("sampled_softmax", "gbce"))
        return f"{sampled}, which score no whole rows, {of}training.batch_size={fewer}"
    return f"distillation=[ranking], which scores no whole rows, distillation.user_pairs={fewer}"
