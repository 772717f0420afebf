"""What a recorded step has baked in: where its tensors lie, and all values that Python holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from torch import Tensor

_PLAIN = (bool, int, float, str, bytes, type(None))


def baked_in(roots: Mapping[str, object]) -> dict[str, object]:
    """List what a recorded step would not see change.

    Args:
        roots: Objects that the step reads, by name. Objects of this package and collections are
            looked into.

    Returns:
        By the path of attributes that leads there: the place and shape of a tensor, not what it
        holds; any other value itself.
    """
    return dict(_Walk().of_items(roots.items(), ""))


def first_difference(one: Mapping[str, object], other: Mapping[str, object]) -> str | None:
    """The path of the first value in which two lists differ; None where they are equal."""
    for path in sorted(one.keys() | other.keys()):
        if one.get(path, _MISSING) != other.get(path, _MISSING):
            return path
    return None


_MISSING = object()


class _Walk:
    """Looks into each object once."""

    def __init__(self) -> None:
        self._met: set[int] = set()

    def of_items(
        self, items: Iterable[tuple[object, object]], path: str
    ) -> Iterator[tuple[str, object]]:
        for name, value in items:
            yield from self._of(value, f"{path}.{name}" if path else str(name))

    def _of(self, value: object, path: str) -> Iterator[tuple[str, object]]:
        if isinstance(value, _PLAIN):
            yield path, value
        elif isinstance(value, Tensor):
            yield path, (value.data_ptr(), value.shape, value.stride(), value.dtype)
        elif id(value) not in self._met:
            self._met.add(id(value))
            yield from self._within(value, path)

    def _within(self, value: object, path: str) -> Iterator[tuple[str, object]]:
        if isinstance(value, Mapping):
            yield from self.of_items(value.items(), path)
        elif isinstance(value, Sequence | Set):
            yield from self.of_items(enumerate(value), path)
        elif type(value).__module__.startswith("rankdistill."):
            yield from self.of_items(getattr(value, "__dict__", {}).items(), path)
