"""A number has its value in one place: where YAML states it, no constructor has a default."""

import importlib
import inspect
from collections.abc import Mapping

import pytest
from omegaconf import OmegaConf

from rankdistill.building import TARGET
from rankdistill.conf_path import conf_dir


def components(node):
    if isinstance(node, Mapping):
        if TARGET in node:
            yield node
        for value in node.values():
            yield from components(value)


def stated_in(path):
    return list(components(OmegaConf.to_container(OmegaConf.load(path), resolve=False)))


def constructor(node):
    module, _, name = node[TARGET].rpartition(".")
    found = getattr(importlib.import_module(module), name)
    return getattr(found, "source_type", found)


FILES = [path for path in sorted(conf_dir().rglob("*.yaml")) if stated_in(path)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(conf_dir())))
def test_a_setting_that_yaml_states_has_no_default_in_python(path):
    for node in stated_in(path):
        parameters = inspect.signature(constructor(node)).parameters
        defaults = {
            name
            for name in parameters.keys() & node.keys()
            if parameters[name].default is not inspect.Parameter.empty
        }
        assert not defaults, f"{node[TARGET]}: {sorted(defaults)} of {path.name}"


RUNTIME = {"item_features", "teacher"}
"""Arguments with a default that no file states: a network, or what is known of items, is
handed over by whoever fits."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(conf_dir())))
def test_every_argument_with_a_default_is_one_that_no_file_can_state(path):
    for node in stated_in(path):
        parameters = inspect.signature(constructor(node)).parameters
        optional = {
            name
            for name, parameter in parameters.items()
            if parameter.default is not inspect.Parameter.empty
        }
        assert optional <= RUNTIME, f"{node[TARGET]}: {sorted(optional)}"
