import logging
import warnings

import optuna
import pytest

from rankdistill.tuning.quiet import quiet


@pytest.fixture(autouse=True)
def warnings_are_errors():
    """All warnings are errors until a test silences some of them."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.simplefilter("error")
        yield


def test_optunas_notes_on_what_is_experimental_are_silenced_and_other_warnings_are_not():
    with pytest.raises(optuna.exceptions.ExperimentalWarning):
        warnings.warn("new", optuna.exceptions.ExperimentalWarning, stacklevel=1)
    quiet()
    warnings.warn("new", optuna.exceptions.ExperimentalWarning, stacklevel=1)
    with pytest.raises(UserWarning, match="something else"):
        warnings.warn("something else", stacklevel=1)


def test_lightnings_advice_is_silenced_too():
    quiet()
    warnings.warn("It does not have many workers.", stacklevel=1)


def test_optuna_and_its_database_log_errors_alone(monkeypatch):
    optuna.logging.set_verbosity(optuna.logging.INFO)
    monkeypatch.setattr(logging.getLogger("alembic"), "level", logging.INFO)
    quiet()
    assert optuna.logging.get_verbosity() == optuna.logging.ERROR
    assert logging.getLogger("alembic").level == logging.ERROR
