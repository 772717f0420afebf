import torch
from tests.cascade.made_ratings import cascade_data, random_rows
from tests.cascade.modules.made_rankers import early_ranker, with_log

from rankdistill.cascade.config import RankerTraining
from rankdistill.cascade.runs.fit import fit_ranker, load_served, measuring_device
from rankdistill.config.trainer import TrainerConfig
from rankdistill.rank_files.rank_file import read_rank_file

TRAINER = TrainerConfig(
    accelerator="cpu",
    devices=1,
    num_nodes=1,
    strategy="auto",
    precision="32-true",
    matmul_precision="highest",
    cuda_graphs="auto",
    threads=None,
    max_epochs=3,
    least_steps=0,
    patience=5,
    keep="best",
    progress=False,
)


def test_the_best_epoch_is_returned_as_it_is_stored(tmp_path):
    data = cascade_data(random_rows(num_users=12, num_ratings=300, seed=1))
    training = RankerTraining(
        learning_rate=0.1,
        weight_decay=0.0,
        batch_size=8,
        patience=2,
        decay_epochs=None,
        least_steps=0,
    )
    (tmp_path / "metrics.json").write_text("of an earlier run")
    module, fields = fit_ranker(
        early_ranker(data, "auxiliary"),
        with_log(data.examples["train"]),
        with_log(data.examples["validation"]),
        TRAINER,
        training=training,
        folder=tmp_path,
        title="made",
        storage_bits=16,
    )
    assert not module.training
    assert not (tmp_path / "metrics.json").exists()
    model = read_rank_file(tmp_path / "model.rank")
    assert (model.kind, model.storage) == ("network", "fp16")
    assert model.tables.keys() == module.network.state_dict().keys()
    again = early_ranker(data, "auxiliary")
    load_served(again, tmp_path)
    stored = again.network.state_dict()
    assert all(torch.equal(stored[name], w) for name, w in module.network.state_dict().items())
    assert 1 <= fields["best_epoch"] <= 3
    assert (
        fields["parameters"]
        > fields["served_parameters"]
        == sum(weight.numel() for weight in module.network.parameters())
    )
    assert fields["weights_bytes"] == model.weights_bytes


def test_rankers_are_measured_on_the_processor_where_they_are_trained_on_it():
    assert measuring_device(TRAINER) == torch.device("cpu")
