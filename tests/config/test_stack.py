import pytest
from tests.cascade.test_config import composed_cascade
from tests.running import composed

from rankdistill.config.stack import StackConfig


def test_both_commands_that_train_stacks_of_their_own_read_their_bounds():
    bounds = StackConfig(memory_gib=0.5, at_once=3)
    typed = "stack.memory_gib=0.5", "stack.at_once=3"
    assert composed("compare", *typed).stack == bounds
    assert composed_cascade(*typed).stack == bounds


@pytest.mark.parametrize("typed", ["stack.memory_gib=0", "stack.at_once=0"])
def test_a_stack_of_nothing_is_refused(typed):
    with pytest.raises(ValueError, match=typed.partition("=")[0]):
        composed_cascade(typed)
