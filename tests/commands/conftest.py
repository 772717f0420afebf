import logging

import pytest


@pytest.fixture(autouse=True)
def root_logger_as_found():
    """Hydra replaces the root logger's handlers; those that write to a captured stream must go."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
