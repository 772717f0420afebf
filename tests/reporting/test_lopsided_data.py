"""What is said of a comparison over few users, or over users who do not differ."""

import re
from itertools import product

import numpy as np
import pytest

from rankdistill.evaluation.comparison import MODELS, RunRecord, build_comparison
from rankdistill.evaluation.verdict import judge
from rankdistill.reporting.figures import draw_comparison
from rankdistill.reporting.markdown import comparison_page
from rankdistill.reporting.verdict_text import verdict_text

VALUES = {
    "no model finds anything": (0.0, 0.0, 0.0),
    "all models find the same": (0.5, 0.5, 0.5),
    "the teacher leads": (1.0, 0.0, 0.5),
    "the teacher is worst": (0.0, 1.0, 0.5),
    "the distilled student is best": (0.5, 0.25, 1.0),
}
USERS = (1, 2, 3)


def compared(values, num_users, num_seeds=1, spread=0.0):
    records = []
    for seed, (model, value) in product(range(num_seeds), zip(MODELS, values, strict=True)):
        users = np.full(num_users, value) + spread * np.arange(num_users)
        mean = float(users.mean())
        fields = {
            "metrics": {"val/map@5": mean, "test/map@5": mean},
            "data": {"name": "tiny"},
            "weights_bytes": 4000 if model == "teacher" else 1000,
        }
        records.append(RunRecord(model, seed, fields, {"map@5": users}))
    comparison = build_comparison(records)
    judged = judge(comparison, "val/map@5")
    comparison["verdict"] = {**judged, "text": verdict_text(judged, "model.rank")}
    return comparison


@pytest.mark.parametrize("num_users", USERS)
@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("num_seeds", [1, 2])
def test_table_and_verdict_hold_no_number_that_is_none(values, num_users, num_seeds):
    comparison = compared(values, num_users, num_seeds)
    page = comparison_page(comparison)
    assert not re.search(r"\b(nan|None|inf)\b", page)
    assert ("one test user is too few" in page) == (num_users == 1)
    assert ("p = " in page or "p < " in page) == (num_users > 1)
    assert ("Paired t-tests over users: none." in page) == (num_users == 1)


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_one_user_gets_no_tests_and_the_advice_to_hold_out_more(values):
    comparison = compared(values, num_users=1)
    assert comparison["tests"] == []
    text = comparison["verdict"]["text"]
    assert "No test says what is lost" in text
    assert text.endswith(
        "Hold out items of more users: one test user is too few for tests and intervals."
    )
    assert "nothing to gain" not in comparison_page(comparison)


@pytest.mark.parametrize("num_users", USERS)
def test_users_of_equal_values_show_no_difference(num_users):
    comparison = compared((0.5, 0.5, 0.5), num_users, spread=0.1)
    page = comparison_page(comparison)
    assert "beats" not in page
    assert "falls short" not in page
    assert all(test["p_holm"] == 1 for test in comparison["tests"])


@pytest.mark.parametrize("num_users", [1, 2])
def test_the_picture_is_drawn_without_a_percentage_where_there_is_none(num_users):
    comparison = compared((0.5, 0.5, 0.5), num_users)
    texts = [text.get_text() for axes in draw_comparison(comparison).axes for text in axes.texts]
    assert not any("%" in text for text in texts)
