import pytest
import torch
from tests.cascade.runs.small_cascade import small_cascade, small_data

from rankdistill.backbones.interface import Served
from rankdistill.cascade.runs import final_ranker_store
from rankdistill.cascade.runs.final_ranker_store import Past, obtain_final_ranker
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.rank_file import write_rank_file
from rankdistill.runs.shipping import stored_tables


@pytest.fixture
def trained(monkeypatch):
    """Titles of the rankers that were trained: training here adds one to each weight."""
    titles = []

    def fit_ranker(module, train, validation, trainer, patience, folder, title, bits):
        titles.append(title)
        folder.mkdir(parents=True)
        with torch.no_grad():
            for weight in module.parameters():
                weight += 1
        tables = stored_tables(module.network.state_dict(), Served(), bits)
        model = RankFile(kind="network", storage="any", tables=tables)
        write_rank_file(folder / "model.rank", model)
        return module, {"best_epoch": len(titles)}

    monkeypatch.setattr(final_ranker_store, "fit_ranker", fit_ranker)
    return titles


def obtained(cfg, title="ranker", past=None):
    datamodule, data = small_data()
    return obtain_final_ranker(cfg, data, datamodule, title, past)


def test_a_second_run_finds_the_weights_and_fields_of_the_first(tmp_path, trained):
    cfg = small_cascade(tmp_path)
    first, fields = obtained(cfg, "first")
    second, fields_again = obtained(cfg, "second")
    assert trained == ["first"]
    assert fields == fields_again == {"best_epoch": 1}
    assert not first.training
    weights = second.network.state_dict()
    assert all(torch.equal(weights[name], w) for name, w in first.network.state_dict().items())


@pytest.mark.slow
@pytest.mark.parametrize(
    "override",
    [
        "seed.initialization=9",
        "seed.sampling=9",
        "final_ranker.training.learning_rate=0.5",
        "cascade/final_ranker/size=medium",
        "requests.history=7",
        "trainer.max_epochs=3",
        "storage=fp16",
    ],
)
def test_whatever_shapes_a_ranker_asks_for_another_one(override, tmp_path, trained):
    obtained(small_cascade(tmp_path))
    obtained(small_cascade(tmp_path, override))
    assert len(trained) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "override",
    ["trainer.progress=true", "cascade/students=[none]", "log.share=0.5", "value.like=7.0"],
)
def test_what_comes_after_the_ranker_or_only_shows_finds_the_stored_one(
    override, tmp_path, trained
):
    obtained(small_cascade(tmp_path))
    obtained(small_cascade(tmp_path, override))
    assert len(trained) == 1


@pytest.mark.slow
def test_training_that_fails_leaves_nothing_to_be_found(tmp_path, trained, monkeypatch):
    def fails(*arguments):
        raise FloatingPointError("diverged")

    with monkeypatch.context() as patched:
        patched.setattr(final_ranker_store, "fit_ranker", fails)
        with pytest.raises(FloatingPointError, match="diverged"):
            obtained(small_cascade(tmp_path))
    obtained(small_cascade(tmp_path), "later")
    assert trained == ["later"]


@pytest.mark.slow
def test_the_ranker_of_each_stretch_is_another_one(tmp_path, trained):
    examples = small_data()[1].examples
    cfg, parts = small_cascade(tmp_path), (examples["train"], examples["validation"])
    for past in (None, Past(3, 1, *parts), Past(3, 2, *parts), Past(4, 1, *parts)):
        obtained(cfg, str(past is None), past)
        obtained(cfg, "again", past)
    assert len(trained) == 4
    assert "again" not in trained
