"""Build objects from components: the one place where a configuration becomes code."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rankdistill.quoting import MOST_QUOTED, excerpt

TARGET = "_target_"
"""The key that names a class in YAML; a node with this key is a component."""

OWN_CODE = "rankdistill."
PLAIN_KINDS = {"bool": bool, "int": int, "float": (int, float), "str": str}


@dataclass
class Component:
    """A class that a configuration names, and the arguments of its constructor.

    A new backbone, loss or method is a new component; no schema lists them.

    Attributes:
        target: Full name of the class.
        settings: Constructor arguments, plain values and further nodes.
    """

    target: str
    settings: dict[str, Any]

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Component:
        """Make a component from a node of YAML or of a checkpoint."""
        settings = {key: value for key, value in node.items() if key != TARGET}
        return cls(node.get(TARGET, ""), settings)

    @property
    def node(self) -> dict[str, Any]:
        """The component in plain values, as YAML and checkpoints hold it."""
        return {TARGET: self.target, **self.settings}

    @property
    def name(self) -> str:
        """Name of the class without its module."""
        return self.target.rpartition(".")[2]


def build(
    component: Component | Mapping[str, Any], *, allow: Sequence[str] = (), **runtime: Any
) -> Any:
    """Build the object that a component describes, nested nodes first.

    A component may name classes that are defined in rankdistill, or in modules whose name starts
    with an allowed prefix. A path to a class that its module only imports is refused.

    Args:
        component: The component, or the node that describes it.
        allow: Further module prefixes that the user has explicitly allowed.
        **runtime: Arguments that no configuration can hold. A nested node gets those that its
            constructor has.

    Returns:
        The object.

    Raises:
        ValueError: If the target is not allowed, or an argument is unknown, missing or refused by
            the constructor.
    """
    if not isinstance(component, Component):
        component = Component.of(component)
    target = target_class(component, allow)
    arguments = {
        key: _build_nested(value, allow, runtime) for key, value in component.settings.items()
    }
    check_arguments(target, arguments, runtime)
    try:
        return target(**arguments, **runtime)
    except TypeError as error:
        raise ValueError(f"{target.__name__} cannot be built: {error}.") from error


def target_class(component: Component, allow: Sequence[str] = ()) -> type:
    """Find the class that a component names.

    Raises:
        ValueError: If it does not exist, or is not allowed.
    """
    path: object = component.target
    if not isinstance(path, str) or "." not in path or len(path) > MOST_QUOTED:
        raise ValueError(f"_target_ must be the full name of a class, got {excerpt(path)}.")
    prefixes = (OWN_CODE, *(prefix.rstrip(".") + "." for prefix in allow))
    module_name, _, class_name = path.rpartition(".")
    if not f"{module_name}.".startswith(prefixes):
        raise ValueError(
            f"_target_ {path} is outside {' '.join(prefixes)}; add its package to "
            "allow_targets=[...] if you trust it."
        )
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"_target_ {path} does not exist ({error}).") from error
    if not isinstance(found, type) or not f"{found.__module__}.".startswith(prefixes):
        raise ValueError(f"_target_ {path} is not a class of {module_name}.")
    return found


def check_arguments(
    target: Callable[..., Any], arguments: Mapping[str, Any], runtime: Mapping[str, Any] = {}
) -> None:
    """Refuse unknown arguments, arguments of another type, and missing ones."""
    parameters = inspect.signature(target).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return
    for name, value in arguments.items():
        if name not in parameters:
            raise ValueError(
                f"{target.__name__} has no setting {excerpt(name)}{did_you_mean(name, parameters)}"
            )
        annotation = parameters[name].annotation
        kind = str(getattr(annotation, "__name__", annotation))
        if kind in PLAIN_KINDS and not isinstance(value, PLAIN_KINDS[kind]):
            raise ValueError(
                f"{name} of {target.__name__} must be of type {kind}, got {excerpt(value)}."
            )
    for name, parameter in parameters.items():
        required = parameter.default is inspect.Parameter.empty
        if required and name not in arguments and name not in runtime:
            raise ValueError(f"{target.__name__} needs a value for {name!r}.")


def did_you_mean(word: str, candidates: Sequence[str] | Mapping[str, Any]) -> str:
    """End an error message with the nearest candidate, or with all of them."""
    names = [str(name) for name in candidates]
    nearest = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if nearest:
        return f"; did you mean {nearest[0]!r}?"
    return f"; there are {', '.join(sorted(names))}." if names else "; it takes none."


def _build_nested(value: Any, allow: Sequence[str], runtime: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        if TARGET in value:
            component = Component.of(value)
            known = inspect.signature(target_class(component, allow)).parameters
            asked = {name: given for name, given in runtime.items() if name in known}
            return build(component, allow=allow, **asked)
        return {key: _build_nested(item, allow, runtime) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_build_nested(item, allow, runtime) for item in value]
    return value
