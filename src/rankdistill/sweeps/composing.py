"""Find values that do not compose before workers meet them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Compose = Callable[[Sequence[str]], object]


def combination_that_composes(
    combinations: Sequence[Sequence[str]], compose: Compose
) -> Sequence[str]:
    """Find one combination that composes: the first, or else the last.

    Raises:
        Exception: What the first one raised, if neither composes: what all jobs share is wrong.
    """
    try:
        compose(combinations[0])
    except Exception:
        try:
            compose(combinations[-1])
        except Exception:
            pass
        else:
            return combinations[-1]
        raise
    return combinations[0]


def bad_values(
    combinations: Sequence[Sequence[str]], well: Sequence[str], compose: Compose
) -> dict[str, Exception]:
    """Find the values that do not compose.

    Each value of the grid is tried once, in a combination that composes otherwise. The cost is
    the sum of the axes' lengths, not their product. Two values that compose alone but not
    together are not found.

    Args:
        combinations: The overrides of every job, in the same order of keys.
        well: One of the combinations that composes.
        compose: Raises where overrides do not compose.

    Returns:
        The exception of each override that was found.
    """
    found: dict[str, Exception] = {}
    for place, known in enumerate(well):
        for value in dict.fromkeys(combination[place] for combination in combinations):
            if value == known:
                continue
            try:
                compose([*well[:place], value, *well[place + 1 :]])
            except Exception as error:
                found[value] = error
    return found
