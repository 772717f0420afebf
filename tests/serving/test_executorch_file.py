from importlib.util import find_spec

import numpy as np
import pytest
import torch
from tests.rank_files.made_models import ITEM_IDS, made_model

from rankdistill.serving import executorch_file
from rankdistill.serving.executorch_file import HistoryRanker, write_executorch
from rankdistill.serving.rank_model import RankModel

HISTORIES = [[0, 5, 0], [], [2], [1, 3, 4, -1, -1]]


@pytest.mark.parametrize("bits", [32, 16, 8, 6, 4])
@pytest.mark.parametrize("kind", ["history", "item_item"])
def test_the_network_finds_what_numpy_finds(kind, bits):
    model = made_model(kind, bits)
    network, ranks = HistoryRanker.of(model), RankModel.of(model)
    for history in HISTORIES:
        items, scores = network(torch.tensor([history], dtype=torch.int64))
        expected = ranks.recommend(history=[ITEM_IDS[row] for row in history if row >= 0])
        number = len(expected)
        assert [ITEM_IDS[row] for row in items[0, :number].tolist()] == [
            each.item for each in expected
        ] or not history  # of equal popularity PyTorch tells no order
        np.testing.assert_allclose(scores[0, :number], [each.score for each in expected], atol=1e-5)
        assert scores[0, number:].isneginf().all()


def test_a_model_of_users_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(ValueError, match=r"backbone=fism, or use format=onnx"):
        write_executorch(tmp_path / "a.pte", made_model())


def test_an_executorch_that_does_not_load_is_told(tmp_path, monkeypatch):
    def fails(name):
        raise ImportError(name)

    monkeypatch.setattr(executorch_file, "import_module", fails)
    with pytest.raises(ValueError, match=r"does not go with PyTorch .* format=onnx"):
        write_executorch(tmp_path / "a.pte", made_model("history"))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(find_spec("executorch") is None, reason="executorch is not installed")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("bits", [32, 6])
def test_the_program_finds_what_the_network_finds(bits, tmp_path):
    from executorch.runtime import Runtime

    model = made_model("history", bits)
    write_executorch(tmp_path / "a.pte", model)
    method = Runtime.get().load_program(tmp_path / "a.pte").load_method("forward")
    for history in ([0, 5], [2], [1, 3, 4, -1, -1]):
        given = torch.tensor([history])
        for ours, theirs in zip(
            HistoryRanker.of(model)(given), method.execute((given,)), strict=True
        ):
            torch.testing.assert_close(ours, theirs)
