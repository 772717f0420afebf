"""What a composed configuration may hold, and checks across its fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError, ConfigTypeError, ValidationError

from rankdistill.building import did_you_mean


@dataclass
class Seeds:
    """Separate seeds, so that one source of chance can be varied alone."""

    split: int = MISSING
    initialization: int = MISSING
    sampling: int = MISSING


@dataclass
class ModelSeeds:
    """The seeds that shape a model once the split is made."""

    initialization: int = MISSING
    sampling: int = MISSING


MATMUL_PRECISIONS = ("highest", "high", "medium")


@dataclass
class Training:
    """The optimiser and its batches; see modules.recommender."""

    learning_rate: float = MISSING
    weight_decay: float = MISSING
    batch_size: int = MISSING
    decay_epochs: int | None = None


@dataclass
class Trainer:
    """Devices, and how long to train; see runs.fit."""

    accelerator: str = MISSING
    devices: Any = MISSING
    num_nodes: int = MISSING
    strategy: str = MISSING
    precision: str = MISSING
    matmul_precision: str = MISSING
    threads: int | None = None
    max_epochs: int = MISSING
    patience: int = MISSING
    progress: bool = True


@dataclass
class Storage:
    """How weights.pt holds the weights; see runs.weights_file."""

    bits: int = MISSING


@dataclass
class Evaluation:
    """What is measured, and the metric that selects the best epoch."""

    monitor: str = MISSING
    metrics: list[str] = MISSING
    top_k: list[int] = MISSING
    user_block: int = MISSING


@dataclass
class Teacher:
    """The model that a distilled student learns from."""

    backbone: dict[str, Any] = field(default_factory=dict)
    ranking_loss: dict[str, Any] | None = None
    training: Training | None = None
    members: dict[str, Any] | None = None
    seed: ModelSeeds = field(default_factory=ModelSeeds)
    checkpoint: str | None = None
    store: str = MISSING


@dataclass
class PlainStudent:
    """Where the plain student differs from the distilled one that it is compared with."""

    training: Training = field(default_factory=Training)


@dataclass
class Sharpness:
    """The weights' two parameters; see distillation.weighting."""

    lambda_: float = MISSING
    mu: float = MISSING


@dataclass
class Distillation:
    """How the teacher's loss enters; see modules.distilled_student."""

    alpha: float = MISSING
    loss_balance: str = MISSING
    user_pairs: int | None = None
    initialization: dict[str, Any] | None = None
    top_k: int | None = None
    exclude_seen: bool | None = None
    weighting: dict[str, Any] | None = None
    methods: dict[str, Any] = field(default_factory=dict)


@dataclass
class Schema:
    """Everything that a composed configuration may hold at its top level."""

    module: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    split: dict[str, Any] = field(default_factory=dict)
    seed: Seeds = field(default_factory=Seeds)
    evaluation: Evaluation = field(default_factory=Evaluation)
    trainer: Trainer = field(default_factory=Trainer)
    storage: Storage = field(default_factory=Storage)
    backbone: dict[str, Any] = field(default_factory=dict)
    ranking_loss: dict[str, Any] = field(default_factory=dict)
    negatives: dict[str, Any] = field(default_factory=dict)
    training: Training = field(default_factory=Training)
    teacher: Teacher | None = None
    student: PlainStudent | None = None
    sharpness: Sharpness | None = None
    distillation: Distillation | None = None
    seeds: list[int] | None = None
    fallback: str | None = None
    projector: bool | None = None
    allow_targets: list[str] = field(default_factory=list)


@dataclass
class Tuning:
    """How settings are searched for; see the room ``tuning``."""

    space: dict[str, Any] = field(default_factory=dict)
    sampler: str = MISSING
    seed: int = MISSING
    startup_trials: int = MISSING
    pruning: bool = MISSING
    warmup_epochs: int = MISSING
    pruning_interval: int = MISSING
    seeds: list[int] | None = None


@dataclass
class TuneSchema(Schema):
    """The same for the command that tunes."""

    tuning: Tuning = field(default_factory=Tuning)
    study: str = MISSING
    n_trials: int = MISSING
    workers: int = MISSING


@dataclass
class RecommendSchema:
    """The same for the command that recommends."""

    checkpoint: str = MISSING
    user: Any = MISSING
    limit: int = MISSING
    data: dict[str, Any] | None = None
    allow_targets: list[str] = field(default_factory=list)


@dataclass
class ExportSchema:
    """The same for the command that stores a checkpoint's weights anew."""

    checkpoint: str = MISSING
    output: str = MISSING
    storage: Storage = field(default_factory=Storage)
    allow_targets: list[str] = field(default_factory=list)


def to_primitives(cfg: DictConfig, schema: type = Schema) -> dict[str, Any]:
    """Check a composed configuration against the schema and resolve it to plain values.

    Args:
        cfg: What Hydra composed.
        schema: The dataclass of what it may hold.

    Returns:
        Nested dicts, lists, strings, numbers, booleans and None.

    Raises:
        ValueError: If a key is unknown (naming the nearest), a value is of the wrong type, or two
            settings contradict each other.
    """
    resolved = OmegaConf.create(OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True))
    try:
        checked = OmegaConf.merge(OmegaConf.structured(schema), resolved)
    except ConfigKeyError as error:
        raise ValueError(_unknown_key(error)) from error
    except (ValidationError, ConfigTypeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{error.full_key}: {reason}.") from error
    container = OmegaConf.to_container(checked)
    assert isinstance(container, dict)
    primitives = {str(key): value for key, value in container.items()}
    if "storage" in primitives:
        _check_storage(primitives["storage"]["bits"])
    if "trainer" in primitives:
        _check_trainer(primitives["trainer"])
    if issubclass(schema, Schema):
        _check_across_fields(primitives)
    return primitives


def _unknown_key(error: ConfigKeyError) -> str:
    known = list(getattr(error.object_type, "__dataclass_fields__", {}))
    return f"There is no setting {error.full_key!r}{did_you_mean(str(error.key), known)}"


def _check_storage(bits: int) -> None:
    if bits not in {*range(2, 9), 16, 32}:
        raise ValueError(f"storage.bits must be 32, 16, or between 8 and 2, got {bits}.")


def _check_trainer(trainer: dict[str, Any]) -> None:
    for name in ("max_epochs", "patience"):
        if trainer[name] < 1:
            raise ValueError(f"trainer.{name} must be at least 1, got {trainer[name]}.")
    if (products := trainer["matmul_precision"]) not in MATMUL_PRECISIONS:
        raise ValueError(
            f"trainer.matmul_precision is {products!r}{did_you_mean(products, MATMUL_PRECISIONS)}"
        )


def _check_across_fields(cfg: dict[str, Any]) -> None:
    evaluation = cfg["evaluation"]
    monitored = {f"val/{name}@{k}" for name in evaluation["metrics"] for k in evaluation["top_k"]}
    if evaluation["monitor"] not in monitored:
        raise ValueError(
            f"evaluation.monitor is {evaluation['monitor']!r}, which is not computed"
            f"{did_you_mean(evaluation['monitor'], sorted(monitored))}"
        )
    others = (cfg[role] or {} for role in ("teacher", "student"))
    for node in (cfg["training"], *(other.get("training") for other in others)):
        if node and (node["learning_rate"] <= 0 or node["weight_decay"] < 0):
            raise ValueError(
                f"learning_rate must be positive and weight_decay not negative, got "
                f"{node['learning_rate']} and {node['weight_decay']}."
            )
        if node and node["decay_epochs"] is not None and node["decay_epochs"] < 1:
            raise ValueError(
                f"decay_epochs must be at least 1, or null, got {node['decay_epochs']}."
            )
