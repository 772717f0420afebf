"""A trainer that cannot train is refused."""

from dataclasses import replace

import pytest
from tests.running import composed

from rankdistill.config.trainer import MATMUL_PRECISIONS, TrainerConfig

TRAINER = TrainerConfig(
    accelerator="cpu",
    devices=1,
    num_nodes=1,
    strategy="auto",
    precision="32-true",
    matmul_precision="highest",
    cuda_graphs="auto",
    threads=None,
    max_epochs=1,
    patience=1,
    least_steps=0,
    keep="best",
    progress=False,
)


@pytest.mark.parametrize("name", ["max_epochs", "patience"])
@pytest.mark.parametrize("value", [0, -1])
def test_no_epoch_and_no_patience_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=rf"^trainer\.{name} must be at least 1, got {value}"):
        replace(TRAINER, **{name: value})


def test_processes_are_bounded_on_a_cpu_and_devices_elsewhere_are_left_to_lightning():
    with pytest.raises(ValueError, match=r"trainer\.devices must lie between 1"):
        replace(TRAINER, devices=100_000)
    for devices in (100_000, [0, 2], -1):
        assert replace(TRAINER, accelerator="gpu", devices=devices).devices == devices


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"accelerator": "cup"}, r"trainer\.accelerator is 'cup'; did you mean 'cpu'"),
        ({"threads": 0}, r"trainer\.threads must lie between 1"),
        ({"matmul_precision": "hihg"}, r"trainer\.matmul_precision is 'hihg'; did you mean 'high'"),
    ],
)
def test_words_and_numbers_that_lightning_would_stumble_over_are_refused(changed, message):
    for precision in MATMUL_PRECISIONS:
        assert replace(TRAINER, matmul_precision=precision).matmul_precision == precision
    with pytest.raises(ValueError, match=message):
        replace(TRAINER, **changed)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("auto", False),
        ("ddp", True),
        ("ddp_spawn", True),
        ("ddp_find_unused_parameters_true", True),
    ],
)
def test_every_form_of_ddp_is_distributed(strategy, expected):
    assert replace(TRAINER, strategy=strategy).is_distributed is expected


@pytest.mark.parametrize(
    ("option", "accelerator", "is_distributed"),
    [("cpu", "cpu", False), ("gpu", "gpu", False), ("smoke", "cpu", False), ("ddp", "auto", True)],
)
def test_every_option_composes(option, accelerator, is_distributed):
    trainer = composed("train", "data=synthetic", f"trainer={option}").trainer
    assert type(trainer) is TrainerConfig
    assert (trainer.accelerator, trainer.is_distributed) == (accelerator, is_distributed)


def test_an_epoch_to_keep_that_there_is_none_of_is_refused():
    with pytest.raises(ValueError, match=r"^trainer\.keep must be one of best, last, got 'first'"):
        replace(TRAINER, keep="first")


def test_graphs_are_left_to_the_program_or_switched_off():
    assert composed("train").trainer.cuda_graphs == "auto"
    assert composed("train", "trainer.cuda_graphs=false").trainer.cuda_graphs is False
    for value in (True, "on", 0):
        with pytest.raises(ValueError, match=rf"^trainer\.cuda_graphs is {value!r}: type trainer"):
            replace(TRAINER, cuda_graphs=value)
