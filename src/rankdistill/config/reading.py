"""Turn a composed configuration into dataclasses, once, at the start of a command."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import (
    ConfigKeyError,
    ConfigTypeError,
    MissingMandatoryValue,
    ValidationError,
)

from rankdistill.building import TARGET, Component, did_you_mean
from rankdistill.config.bounds import refuse_out_of_bounds
from rankdistill.config.environment import refuse_environment_in_results
from rankdistill.config.references import all_settings, value_at
from rankdistill.config.shapes import refuse_wrong_shapes, wrong_kind

Config = TypeVar("Config")


def read_config(composed: DictConfig, schema: type[Config]) -> Config:
    """Check a composed configuration and make the dataclass of a command from it.

    Args:
        composed: What Hydra composed.
        schema: The command's dataclass.

    Returns:
        The dataclass, every interpolation resolved.

    Raises:
        ValueError: If a key is unknown (naming the nearest), a value is missing or of the wrong
            type, or two settings contradict each other.
    """
    refuse_environment_in_results(composed)
    written: Any = OmegaConf.to_container(composed)
    refuse_wrong_shapes(written, schema)
    resolved: Any = {}
    try:
        resolved = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
        refuse_out_of_bounds(all_settings(written, resolved))
        checked = OmegaConf.merge(OmegaConf.structured(schema), _components_found(resolved))
        return cast(Config, OmegaConf.to_object(checked))
    except ConfigKeyError as error:
        raise ValueError(_unknown_key(error)) from error
    except MissingMandatoryValue as error:
        key = error.full_key
        raise ValueError(f"{key} has no value; add it to the command: {key}=...") from error
    except (ValidationError, ConfigTypeError) as error:
        key = str(error.full_key)
        if (value := _value_at(resolved, key)) is not None:
            raise ValueError(wrong_kind(key, value, schema)) from error
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(f"{key}: {reason}.") from error


def _value_at(resolved: Any, key: str) -> Any:
    """Look up a setting, or an item of a list as in ``seeds[0]``."""
    name, _, place = key.partition("[")
    value = value_at(resolved, name)
    return value[int(place[:-1])] if place and isinstance(value, list) else value


def _components_found(value: Any) -> Any:
    """Give the outermost nodes with a ``_target_`` the shape of a Component."""
    if not isinstance(value, dict):
        return value
    if TARGET in value:
        component = Component.of(value)
        return {"target": component.target, "settings": component.settings}
    return {key: _components_found(item) for key, item in value.items()}


def _unknown_key(error: ConfigKeyError) -> str:
    if error.object_type is Component:
        node = str(error.full_key).rpartition(".")[0]
        return f"{node} needs a {TARGET}: the full name of a class."
    known = list(getattr(error.object_type, "__dataclass_fields__", {}))
    above = str(error.full_key).removesuffix(str(error.key))
    return (
        f"There is no setting {error.full_key!r}"
        f"{did_you_mean(str(error.full_key), [above + name for name in known])}"
    )
