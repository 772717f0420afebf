import pytest
import torch
from tests.running import SMALL, run_here

from rankdistill.runs.weights_file import load_weights


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a student trained with storage=int4."""
    folder = tmp_path_factory.mktemp("storage")
    with pytest.MonkeyPatch.context() as monkeypatch:
        arguments = [*SMALL, "module=student", "storage=int4", "hydra.run.dir=run"]
        assert run_here(monkeypatch, folder, "train", *arguments) == 0
    return folder / "run"


def test_export_makes_of_a_checkpoint_the_file_that_training_would_have_made(
    trained, tmp_path, monkeypatch, capsys
):
    arguments = [f"checkpoint={trained / 'model.ckpt'}", "storage=int4", "output=new/weights.pt"]
    assert run_here(monkeypatch, tmp_path, "export", *arguments) == 0
    output = tmp_path / "new" / "weights.pt"
    assert output.read_bytes() == (trained / "weights.pt").read_bytes()
    said = capsys.readouterr().out
    assert said == f"new/weights.pt: {output.stat().st_size:,} bytes as int4\n"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_export_in_32_bits_is_the_checkpoints_backbone(trained, tmp_path, monkeypatch):
    arguments = [f"checkpoint={trained / 'model.ckpt'}", "storage=fp32", "output=weights.pt"]
    assert run_here(monkeypatch, tmp_path, "export", *arguments) == 0
    state = torch.load(trained / "model.ckpt", weights_only=True)["state_dict"]
    weights = load_weights(tmp_path / "weights.pt")
    assert {f"backbone.{name}" for name in weights} == set(state)
    for name, weight in weights.items():
        assert torch.equal(weight, state[f"backbone.{name}"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["checkpoint=nowhere.ckpt", "output=weights.pt"],
            "There is no checkpoint at nowhere.ckpt",
        ),
        (["checkpoint={trained}", "output=weights"], "must be the path of a .pt file"),
        (["checkpoint={trained}"], "output"),
        (["checkpoint={trained}", "output=w.pt", "storage=int5"], "There is no storage=int5"),
        (["checkpoint={trained}", "output=w.pt", "storage.bits=1"], "storage.bits must be 32, 16"),
    ],
)
def test_a_mistake_with_export_ends_in_one_line(
    arguments, message, trained, tmp_path, monkeypatch, capsys
):
    given = [text.format(trained=trained / "model.ckpt") for text in arguments]
    assert run_here(monkeypatch, tmp_path, "export", *given) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rankdistill: ")
    assert message in line
    assert not list(tmp_path.iterdir())
