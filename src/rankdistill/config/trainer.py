"""The devices that train, and how long they do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rankdistill.building import did_you_mean
from rankdistill.config.bounds import check_bounds
from rankdistill.config.limits import check_accelerator, check_processes, check_threads

MATMUL_PRECISIONS = ("highest", "high", "medium")
PRECISIONS = (
    *("32-true", "bf16-mixed", "16-mixed", "bf16-true", "16-true", "64-true"),
    *("32", "bf16", "16", "64", "transformer-engine", "transformer-engine-float16"),
)
"""Lightning's names."""

STRATEGIES = ("auto", "ddp", "fsdp", "deepspeed", "single_device")
"""How the names of Lightning's strategies begin."""


@dataclass(kw_only=True)
class TrainerConfig:
    """Settings of Lightning's trainer.

    Attributes:
        accelerator: Kind of device: cpu, gpu, auto.
        devices: A number, a list of indices, or auto, as Lightning takes them.
        num_nodes: Machines.
        strategy: auto, or ddp for several devices.
        precision: Of the weights and of the arithmetic, as Lightning names it.
        matmul_precision: Of products in single precision, one of MATMUL_PRECISIONS.
        cuda_graphs: auto: a CUDA device replays the steps of training, where they can be recorded;
            False: it is told of every operation of every step.
        threads: Processor threads; None: PyTorch's default.
        max_epochs: When training ends at the latest.
        patience: Epochs without a better validation before training ends.
        least_steps: Steps before which it does not end early: on small data an epoch has few.
        keep: The epoch that is kept of a model whose learning rate falls to zero: ``best`` by
            validation, or the ``last``. Of other models the best is kept.
        progress: Whether to show a bar.
    """

    accelerator: str
    devices: Any
    num_nodes: int
    strategy: str
    precision: str
    matmul_precision: str
    cuda_graphs: Any
    threads: int | None
    max_epochs: int
    patience: int
    least_steps: int
    keep: str
    progress: bool

    def __post_init__(self) -> None:
        check_bounds("trainer", asdict(self))
        check_accelerator(self.accelerator)
        check_threads("trainer.threads", self.threads)
        if self.accelerator == "cpu":
            check_processes(self.devices)
        for name, known in (("precision", PRECISIONS), ("matmul_precision", MATMUL_PRECISIONS)):
            if (value := getattr(self, name)) not in known:
                raise ValueError(f"trainer.{name} is {value!r}{did_you_mean(value, known)}")
        if self.cuda_graphs != "auto" and self.cuda_graphs is not False:
            raise ValueError(
                f"trainer.cuda_graphs is {self.cuda_graphs!r}: type trainer.cuda_graphs=auto or "
                "trainer.cuda_graphs=false."
            )
        if not self.strategy.startswith(STRATEGIES):
            raise ValueError(
                f"trainer.strategy is {self.strategy!r}{did_you_mean(self.strategy, STRATEGIES)}"
            )

    @property
    def is_distributed(self) -> bool:
        """Whether several processes train one model."""
        return "ddp" in self.strategy
