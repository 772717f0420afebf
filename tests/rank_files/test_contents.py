import numpy as np
import pytest
from tests.rank_files.made_models import SEEN, made_model, made_tables

from rankdistill.rank_files.contents import RankFile


def test_the_bytes_of_the_weights_are_those_of_the_stored_tables_alone():
    assert made_model(bits=32).weights_bytes == 4 * (4 * 3 + 6 * 3 + 4 + 6)
    assert made_model(bits=4).weights_bytes == (6 + 2) + (9 + 3) + (3 + 1) + (5 + 1)


def test_a_model_needs_no_more_than_tables_and_ids():
    bare = {"item_titles": (), "item_counts": None, "seen": None, "about": {}}
    assert made_model(**bare).seen is None
    made_model("history", user_ids=(), **bare)


def test_a_network_needs_no_ids():
    tables = {"layer.weight": np.zeros((2, 3)), "steps": np.array(3)}
    assert RankFile(kind="network", storage="fp32", tables=tables).weights_bytes == 56


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"item_ids": ("a", "b")}, "ids of 4 users and 2 items"),
        ({"user_ids": ("a",)}, "ids of 1 users and 6 items"),
        ({"item_titles": ("a",)}, "titles of 1 items"),
        ({"item_counts": np.zeros(7, int)}, "counts of 7 items"),
        ({"seen": SEEN._replace(counts=SEEN.counts[:3])}, "not those of its users"),
        ({"seen": SEEN._replace(items=SEEN.items[:5])}, "not those of its users"),
        ({"seen": SEEN._replace(items=SEEN.items + 1)}, "items that it does not know"),
        (
            {"tables": {**made_tables("factors"), "item_bias": np.arange(6)}},
            "not of real numbers",
        ),
        ({"tables": made_tables("history")}, "factors lacks users"),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        made_model(**changes)
