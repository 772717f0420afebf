import pytest
from omegaconf import OmegaConf
from tests.running import SMALL, run_here

from rankdistill.config.allowances import refuse_untyped, typed_prefixes


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], set()),
        (["train", "size=d2"], set()),
        (["allow_targets=[mine,yours.models]"], {"mine", "yours.models"}),
        (["+allow_targets=['mine']"], {"mine"}),
        (["-m", "allow_targets=[mine],[yours]"], {"mine", "yours"}),
        (["allow_targets=${oc.env:ALLOWED}"], set()),
        (["allow_targets=[${data.name}]"], set()),
        (["allow_targets=["], set()),
    ],
)
def test_what_is_typed_counts_and_what_a_file_could_fill_in_does_not(arguments, expected):
    assert typed_prefixes(arguments) == expected


def test_a_configuration_may_allow_no_more_than_was_typed():
    refuse_untyped(OmegaConf.create({"allow_targets": []}), [])
    refuse_untyped(OmegaConf.create({"allow_targets": ["mine"]}), ["allow_targets=[mine]"])
    with pytest.raises(ValueError, match="sets allow_targets to yours: only the command line may"):
        refuse_untyped(OmegaConf.create({"allow_targets": ["yours"]}), ["allow_targets=[mine]"])


@pytest.fixture
def evil(tmp_path):
    """The folder of an experiment that allows itself to run a program."""
    folder = tmp_path / "conf" / "experiment"
    folder.mkdir(parents=True)
    (folder / "evil.yaml").write_text(
        "# @package _global_\nallow_targets: [subprocess]\nsplit:\n"
        "  _target_: subprocess.Popen\n  args: [touch, trace]\n"
    )
    return tmp_path / "conf"


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["allow_targets=[os]"]])
def test_an_experiment_file_cannot_authorise_itself(more, evil, tmp_path, monkeypatch, capsys):
    arguments = ["train", *SMALL, "--config-dir", str(evil), "experiment=evil", *more]
    assert run_here(monkeypatch, tmp_path, *arguments) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 + len(more)
    assert "allow_targets" in lines[-1]
    assert not (tmp_path / "trace").exists()


@pytest.mark.slow
def test_what_is_let_in_is_said_aloud(tmp_path, monkeypatch, capsys):
    arguments = ["train", *SMALL, "allow_targets=[mine]", "split._target_=mine.Split"]
    assert run_here(monkeypatch, tmp_path, *arguments) == 1
    first = capsys.readouterr().err.splitlines()[0]
    assert first == "rankdistill: allow_targets lets this configuration build what is in mine."
