from types import SimpleNamespace
from typing import Any, cast

from rankdistill.runs.step_captures import asking_for_captures


def asked(module):
    (callback,) = asking_for_captures("auto")
    callback.setup(cast(Any, None), module, "fit")
    return vars(module)


def test_modules_that_can_replay_steps_are_asked_to_and_others_are_left_alone():
    assert asked(SimpleNamespace(captures_steps=False)) == {"captures_steps": True}
    assert asked(SimpleNamespace()) == {}


def test_nobody_is_asked_where_graphs_are_not_wanted():
    assert asking_for_captures(False) == []
