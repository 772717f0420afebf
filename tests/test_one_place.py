"""A number has its value in one place: where YAML states it, no constructor has a default."""

import importlib
import inspect

import pytest
from omegaconf import OmegaConf

from rankdistill.building import TARGET
from rankdistill.conf_path import conf_dir

ROOMS = ("data", "split")
"""Groups whose components hold to this."""


def components(node):
    if TARGET in node:
        yield node
    for value in node.values():
        if isinstance(value, dict):
            yield from components(value)


def constructor(node):
    module, _, name = node[TARGET].rpartition(".")
    found = getattr(importlib.import_module(module), name)
    return getattr(found, "source_type", found)


FILES = [path for room in ROOMS for path in sorted((conf_dir() / room).glob("*.yaml"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_setting_that_yaml_states_has_no_default_in_python(path):
    for node in components(OmegaConf.to_container(OmegaConf.load(path), resolve=False)):
        parameters = inspect.signature(constructor(node)).parameters
        stated = parameters.keys() & node.keys()
        assert stated
        defaults = {name for name in stated if parameters[name].default is not inspect._empty}
        assert not defaults, f"{node[TARGET]}: {sorted(defaults)} of {path.name}"
