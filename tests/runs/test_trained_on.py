import pytest

from rankdistill.runs.trained_on import refuse_other_data, without_places

MOVIELENS = "rankdistill.data.datamodule.MovieLensDataModule"
SYNTHETIC = "rankdistill.data.datamodule.SyntheticDataModule"


def trained_on(**data):
    return {
        "fingerprint": "",
        "split_fingerprint": "",
        "split_seed": 0,
        "config": {"data": data},
    }


def test_data_that_lie_elsewhere_are_the_same_data():
    said = trained_on(_target_=MOVIELENS, release="ml-1m", path="there", mirror="http://a")
    given = {"_target_": MOVIELENS, "release": "ml-1m", "path": "here", "mirror": "http://b"}
    refuse_other_data("model.ckpt", said, given)


@pytest.mark.parametrize(
    ("said", "given", "typed"),
    [
        (
            {"_target_": MOVIELENS, "release": "ml-1m", "min_rating": 4},
            {"_target_": SYNTHETIC, "num_users": 3},
            "data=ml_1m data.min_rating=4,",
        ),
        (
            {"_target_": SYNTHETIC, "num_users": 3, "rank": 2},
            {"_target_": SYNTHETIC, "num_users": 4, "rank": 2},
            "data.num_users=3,",
        ),
        (
            {"_target_": "x.Y", "a": "$(rm -r)", "b c": 3},
            {"_target_": SYNTHETIC},
            "data=... data.a=...,",
        ),
    ],
)
def test_other_data_are_told_with_what_to_type_and_no_text_that_a_shell_would_run(
    said, given, typed
):
    with pytest.raises(ValueError, match="was trained on other data") as raised:
        refuse_other_data("model.ckpt", trained_on(**said), given)
    assert f"name its data with {typed} and say where they lie" in str(raised.value)


def test_a_checkpoint_is_not_told_where_data_lay():
    node = {"_target_": MOVIELENS, "release": "ml-1m", "path": "x", "cache": "y", "mirror": "z"}
    assert without_places(node) == {"_target_": MOVIELENS, "release": "ml-1m"}
