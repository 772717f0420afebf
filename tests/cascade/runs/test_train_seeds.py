from tests.cascade.runs.small_cascade import small_cascade, small_data

from rankdistill.cascade.runs import train_seeds
from rankdistill.cascade.runs.common_ground import CommonGround


def test_the_seeds_are_trained_in_turn_and_announced_as_one_list(tmp_path, monkeypatch, capsys):
    class MadeUpSeed:
        def __init__(self, cfg, seed, datamodule, data, bench, folder, models):
            self.seed, self.models = seed, models

        def run(self, runs):
            for _ in range(len(self.models.models) // 2):
                self.models.next()
            runs.costs = {"seed": self.seed}

    monkeypatch.setattr(train_seeds, "OneSeed", MadeUpSeed)
    cfg = small_cascade(tmp_path, "trainer.progress=true", "cascade/students=[none]")
    ground = CommonGround.of(cfg, small_data()[0])
    runs = [each.costs for each in train_seeds.train_seeds(cfg, [4, 3], ground, tmp_path)]
    assert runs == [{"seed": 4}, {"seed": 3}]
    told = capsys.readouterr().err
    assert told.startswith("4 models to train, ")
    assert "[2/4] none, seed 4" in told
    assert "[4/4] none, seed 3" in told


def test_without_seeds_nothing_is_announced(tmp_path, capsys):
    cfg = small_cascade(tmp_path, "trainer.progress=true")
    assert list(train_seeds.train_seeds(cfg, [], None, tmp_path)) == []
    assert capsys.readouterr().err == ""
