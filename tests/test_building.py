import pytest

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.building import Component, build, check_arguments, did_you_mean, target_class
from rankdistill.data.sampling import PopularityNegatives
from rankdistill.data.splits import RandomSplit
from rankdistill.distillation.weighting import HybridWeighting
from rankdistill.modules.objectives import Pointwise

SPLIT = "rankdistill.data.splits.RandomSplit"
SETTINGS = {"_target_": SPLIT, "validation": 0.1, "test": 0.1, "per_user": False}


def test_a_node_becomes_the_object_that_it_describes():
    assert build(SETTINGS | {"validation": 0.2}) == RandomSplit(0.2, 0.1, per_user=False)


def test_nested_nodes_are_built_first_also_inside_lists_and_plain_dictionaries():
    objective = build(
        {
            "_target_": "rankdistill.modules.objectives.Pointwise",
            "num_negatives": 2,
            "negatives": {
                "_target_": "rankdistill.data.sampling.PopularityNegatives",
                "power": 0.5,
                "exclude_positives": True,
            },
        }
    )
    assert isinstance(objective, Pointwise)
    assert isinstance(objective.negatives, PopularityNegatives)
    assert objective.negatives.power == 0.5
    collected = build(
        {"_target_": "tests.test_building.Anything", "some": [{"a": SETTINGS}]},
        allow=["tests"],
    )
    assert collected.arguments == {"some": [{"a": RandomSplit(0.1, 0.1, per_user=False)}]}


def test_what_no_configuration_can_hold_is_given_at_run_time():
    node = {
        "_target_": "rankdistill.backbones.matrix_factorization.MatrixFactorization",
        "embedding_dim": 3,
        "init_std": 0.1,
    }
    backbone = build(node, num_users=5, num_items=4)
    assert isinstance(backbone, MatrixFactorization)
    assert backbone.item_embedding.weight.shape == (4, 3)


class Anything:
    """Keeps its arguments."""

    def __init__(self, **arguments):
        self.arguments = arguments


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.eval",
        "torch.nn.Linear",
        "subprocess.Popen",
        "rankdistill_evil.Thing",
        "tests.test_building.Anything",
    ],
)
def test_a_class_of_another_package_is_refused_with_the_way_to_allow_it(target):
    with pytest.raises(ValueError, match=r"is outside rankdistill\..*allow_targets=\["):
        build({"_target_": target})


@pytest.mark.parametrize(
    "target",
    [
        "rankdistill.files.os.system",
        "rankdistill.files.os",
        "rankdistill.files.json.JSONDecoder",
        "rankdistill.files.Path",
        "rankdistill.cli.import_module",
        "rankdistill.building.build",
        "rankdistill.building.importlib.import_module",
        "rankdistill.distillation.balance.BALANCES",
        "rankdistill.runs.fit.torch.nn.Linear",
        "rankdistill.distillation.ranking.nn.Linear",
        "rankdistill.files",
        "rankdistill.no.such.Thing",
        "rankdistill.files.Thing",
    ],
)
def test_a_path_through_our_modules_reaches_nothing_but_classes_of_ours(target):
    with pytest.raises(ValueError, match=f"_target_ {target} (is not a class of|does not exist)"):
        build({"_target_": target})


@pytest.mark.parametrize("target", [None, 7, "", "RandomSplit", ["rankdistill.data.splits"]])
def test_a_target_that_is_no_full_name_is_refused(target):
    with pytest.raises(ValueError, match="_target_ must be the full name of a class"):
        build({"_target_": target})


def test_a_nested_target_is_checked_like_the_outermost():
    node = {"_target_": SPLIT, "validation": {"_target_": "os.getcwd"}}
    with pytest.raises(ValueError, match=r"os\.getcwd is outside rankdistill"):
        build(node)


def test_a_package_that_the_user_trusts_is_allowed_and_its_namesakes_are_not():
    node = {"_target_": "tests.test_building.Anything", "a": 1}
    assert build(node, allow=["tests"]).arguments == {"a": 1}
    assert build(node, allow=["tests.test_building"]).arguments == {"a": 1}
    for other in ("test", "tests.test_build", "tests_of_somebody"):
        with pytest.raises(ValueError, match="is outside"):
            build(node, allow=[other])


def test_an_unknown_argument_names_the_nearest():
    with pytest.raises(
        ValueError, match="RandomSplit has no setting 'validaton'; did you mean 'validation'"
    ):
        build({"_target_": SPLIT, "validaton": 0.1})


def test_an_unknown_argument_that_resembles_none_lists_them_all():
    with pytest.raises(ValueError, match="no setting 'xyz'; there are per_user, test, validation"):
        build({"_target_": SPLIT, "xyz": 0.1})


def test_a_missing_argument_is_named():
    with pytest.raises(ValueError, match="HybridWeighting needs a value for 'lambda_'"):
        build({"_target_": "rankdistill.distillation.weighting.HybridWeighting"})
    assert HybridWeighting.__name__ == "HybridWeighting"


@pytest.mark.parametrize(
    ("setting", "kind"),
    [({"validation": "ten"}, "float"), ({"per_user": "yes"}, "bool"), ({"test": None}, "float")],
)
def test_a_value_of_the_wrong_kind_names_its_setting(setting, kind):
    (name,) = setting
    with pytest.raises(ValueError, match=f"{name} of RandomSplit must be of type {kind}, got"):
        build(SETTINGS | setting)


def test_a_whole_number_is_good_enough_for_a_float():
    assert build(SETTINGS | {"validation": 0, "test": 0.5}).validation == 0


def test_what_a_constructor_refuses_stays_its_own_error():
    with pytest.raises(ValueError, match=r"share in \[0, 1\), got 3"):
        build(SETTINGS | {"validation": 3.0})


def test_a_type_error_in_a_constructor_names_the_class():
    with pytest.raises(ValueError, match="Picky cannot be built: "):
        build({"_target_": "tests.test_building.Picky", "size": "x"}, allow=["tests"])


class Picky:
    """Fails on what is no number."""

    def __init__(self, size):
        self.size = size + 1


def test_only_the_class_is_looked_up_by_target_class():
    assert target_class(Component(SPLIT, {"nonsense": 1})) is RandomSplit


def test_arguments_are_checked_without_building():
    check_arguments(RandomSplit, {"validation": 0.1, "test": 0.1, "per_user": False})
    with pytest.raises(ValueError, match="did you mean 'test'"):
        check_arguments(RandomSplit, {"tests": 0.1})


def test_the_end_of_an_error_message_names_the_nearest_or_all_or_that_there_are_none():
    assert did_you_mean("unform", ["uniform", "hybrid"]) == "; did you mean 'uniform'?"
    assert did_you_mean("zzz", ["b", "a"]) == "; there are a, b."
    assert did_you_mean("zzz", []) == "; it takes none."
