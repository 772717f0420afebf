import pytest

from rankdistill.tuning.quiet import quiet


@pytest.fixture(autouse=True)
def libraries_quiet():
    """Libraries' advice is silenced here as it is in the command; other warnings are errors."""
    quiet()
