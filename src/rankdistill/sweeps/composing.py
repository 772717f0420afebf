"""Find settings that do not compose before workers meet them, one value at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Compose = Callable[[Sequence[str]], object]


def combination_that_composes(
    combinations: Sequence[Sequence[str]], compose: Compose
) -> Sequence[str]:
    """One combination to compare others with: the first, or else the last.

    Raises:
        Exception: The first one's, if neither composes: what all share is wrong.
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
    """Overrides that do not compose in the place of another one.

    Each value of the grid is tried once, so the cost is the sum of the axes' lengths, not their
    product; two values that compose alone but not together are not found.

    Args:
        combinations: The overrides of every job, in the same order of keys.
        well: One of them that composes.
        compose: Raises where overrides do not go together.

    Returns:
        What was raised, by override.
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
