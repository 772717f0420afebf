"""What a number may be is known before its class is imported, and its class agrees."""

import itertools
import math

import pytest
import yaml
from tests.from_conf import built_from, settings_in
from tests.running import composed

from rankdistill.building import TARGET
from rankdistill.conf_path import conf_dir
from rankdistill.config.bounds import BOUNDS, BOUNDS_OF, bound_of, check_bounds, is_any_number
from rankdistill.data.synthetic import Synthetic

UNBOUNDED = {
    *("cache_mib", "item_weight", "memory_gib", "min_rating", "shift", "weight"),
    *("corrupted", "interests", "share", "attended", "cross_layers", "cross_rank", "user_dim"),
    *("dim", "seed"),
}
"""Numbers of components that have no bound of their own, or one that their class alone knows."""


def components(node):
    if isinstance(node, dict):
        if str(node.get(TARGET, "")).startswith("rankdistill."):
            yield node
        for value in node.values():
            yield from components(value)


NUMBERS = {
    (node[TARGET].rpartition(".")[2], name)
    for path in sorted(conf_dir().rglob("*.yaml"))
    for node in components(yaml.safe_load(path.read_text(encoding="utf-8")))
    for name, value in node.items()
    if is_any_number(value)
}


def test_every_number_of_a_component_has_a_bound_or_is_named_here():
    assert len(NUMBERS) > 60
    without = {name for owner, name in NUMBERS if bound_of(name, owner) is None}
    assert without - UNBOUNDED == set()


def made_up(option, **changed):
    return Synthetic(**settings_in(option, **changed))


TAKES_TOP_K = {"distillation/ease_assisted", "distillation/heterogeneous"}
"""Options that take K from a setting of their own group."""


@pytest.mark.parametrize(
    ("option", "name", "value"),
    [
        ("data/synthetic", "num_users", 0),
        ("data/synthetic", "num_items", 9),
        ("data/synthetic", "rank", 0),
        ("data/synthetic", "popularity_exponent", 4.1),
        ("split/random", "validation", 1.0),
        ("split/leave_last_out", "test", -1),
        ("split/leave_random_out", "test", -1),
        ("split/user_halves", "held_out", 0.0),
        ("split/new_users", "history", 1.0),
        ("negatives/popularity", "power", -0.1),
        ("initialization/teacher_factors", "scale", 0.0),
        ("initialization/teacher_factors", "oversampling", -1),
        ("student_rank/sampled", "num_samples", 0),
        ("distillation/collaborative", "gamma", 0.0),
        ("distillation/collaborative", "sampled_share", 1.1),
        ("distillation/dual_correction", "num_corrections", 0),
        ("distillation/dual_correction", "temperature", 0.0),
        ("distillation/ease_assisted", "ease_share", 1.1),
        ("distillation/experts", "num_experts", 0),
        ("distillation/experts", "anneal_epochs", 0),
        ("distillation/experts", "max_entities", 0),
        ("distillation/heterogeneous", "gain", 0.0),
        ("distillation/heterogeneous", "trajectory", 0),
        ("distillation/personalised_hints", "hidden_dim", 0),
        ("distillation/sampled_soft_targets", "sampled_items", 1),
        ("distillation/topology", "gamma", 1.1),
        ("distillation/unbiased", "pool", 1),
    ],
)
def test_a_class_refuses_what_lies_out_of_its_bound(option, name, value):
    node = next(components(yaml.safe_load((conf_dir() / f"{option}.yaml").read_text("utf-8"))))
    bound = bound_of(name, node[TARGET].rpartition(".")[2])
    assert bound is not None
    assert bound.is_kind(value)
    assert not bound.holds(value)
    make = built_from if option != "data/synthetic" else made_up
    taken = {"top_k": 3} if option in TAKES_TOP_K else {}
    with pytest.raises(ValueError, match=name):
        make(option, **taken, **{name: value})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.learning_rate=-1", "training.learning_rate must be positive, got -1"),
        ("training.learning_rate=.inf", "training.learning_rate must be"),
        ("teacher.training.batch_size=0", "teacher.training.batch_size must be at least 1, got 0"),
        ("backbone.embedding_dim=2.5", "backbone.embedding_dim must be a whole number, got 2.5"),
        ("backbone.embedding_dim=true", "backbone.embedding_dim must be a whole number, got True"),
        ("data.num_users=none", "data.num_users must be a whole number, got 'none'"),
        ("split.validation=2", r"split.validation must lie in \[0, 1\), got 2"),
        ("sharpness.lambda_=0", "sharpness.lambda_ must be positive, got 0"),
        ("distillation.top_k=0", "distillation.top_k must be at least 1, got 0"),
        ("evaluation.top_k=[5,0]", "evaluation.top_k must be at least 1, got 0"),
        ("evaluation.users=some", "evaluation.users must be one of known, all, every, got 'some'"),
        ("distillation.user_pairs=0", "distillation.user_pairs must be at least 1, or null, got 0"),
    ],
)
def test_the_key_to_type_is_named_also_where_a_component_takes_the_value_from_elsewhere(
    override, message
):
    with pytest.raises(ValueError, match=message):
        composed("train", "data=synthetic", "weighting=hybrid", override)


def test_null_and_numbers_between_quotes_are_taken():
    check_bounds("training", {"decay_epochs": None, "batch_size": "8"})
    with pytest.raises(ValueError, match=r"^training\.batch_size must be at least 1, got '0'"):
        check_bounds("training", {"batch_size": "0"})


def test_not_a_number_lies_in_no_bound_and_infinity_in_no_bound_of_steps():
    numbers = itertools.chain(BOUNDS.values(), *(of.values() for of in BOUNDS_OF.values()))
    for bound in numbers:
        if bound.is_kind(0.5) and bound.is_kind(None) is False:
            assert not bound.holds(math.nan)
            assert not bound.holds(math.inf)
