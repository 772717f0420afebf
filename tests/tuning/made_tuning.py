"""A search that draws at random and never cuts a trial short."""

from rankdistill.config.tune import Tuning

TUNING = Tuning(
    space={},
    sampler="random",
    seed=0,
    startup_trials=1,
    pruning=False,
    warmup_epochs=0,
    pruning_interval=1,
    seeds=None,
)
