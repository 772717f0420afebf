import pytest
from hydra.errors import HydraException

from rankdistill.config.command_line import CommandLine
from rankdistill.config.space_entries import space_entry
from rankdistill.errors import explain


def explained(line: CommandLine) -> str:
    with pytest.raises(HydraException) as caught:
        line.compose()
    return explain(caught.value, line)


@pytest.mark.parametrize(
    ("typed", "to_type"),
    [
        ("tuning.space.distillation.top_k.high=60", "{distillation.top_k:{high:60}}"),
        ("tuning.space.distillation.top_k={low:2}", "{distillation.top_k:{low:2}}"),
        ("tuning.space={trainer.patience:{low:2}}", "{trainer.patience:{low:2}}"),
    ],
)
def test_an_entry_is_told_how_it_is_typed(typed, to_type):
    told = explained(CommandLine("tune", ("study=s", typed)))
    assert told.endswith(f"with a plus: '+tuning.space={to_type}'")
    CommandLine("tune", ("study=s", f"+tuning.space={to_type}")).compose()


def test_what_is_typed_changes_one_bound_and_keeps_the_others():
    typed = "+tuning.space={distillation.top_k:{high:60}}"
    line = CommandLine("tune", ("study=s", "tuning=plackett_luce", typed))
    entry = line.compose().tuning.space["distillation.top_k"]
    assert entry == {"low": 5, "high": 60, "log": True, "integer": True}


def test_other_commands_have_no_search_space():
    told = explained(CommandLine("train", ("tuning.space.distillation.top_k.high=60",)))
    assert told.startswith("There is no setting 'tuning.space.distillation.top_k.high'")


@pytest.mark.parametrize("unknown", ["tuning.spice.low", "tuning.spaces"])
def test_other_settings_are_left_to_others(unknown):
    assert space_entry(unknown, CommandLine("tune", (f"{unknown}=1",))) is None
