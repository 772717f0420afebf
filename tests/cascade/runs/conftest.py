import pytest

from rankdistill.runs.quiet import quiet_lightning


@pytest.fixture(autouse=True)
def quiet():
    """Lightning's advice is silenced here as it is in every command; other warnings are errors."""
    quiet_lightning()
