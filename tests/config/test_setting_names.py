"""Messages of classes name keys that can be typed."""

import pytest

from rankdistill.config.setting_names import with_keys

SETTINGS = {
    "seeds": [1],
    "data.num_users": 80,
    "data.min_rating": None,
    "data.header": True,
    "split.test": 0.1,
    "split.validation": 0.1,
    "distillation.top_k": 4,
    "evaluation.top_k": [5],
    "distillation.loss_balance": "paper",
    "training.batch_size": 0,
    "teacher.training.batch_size": 128,
    "backbone.init_std": 0.1,
    "teacher.backbone.init_std": 0.1,
}


@pytest.mark.parametrize(
    ("text", "typed", "expected"),
    [
        ("num_users must be 1, got 0.", [], "data.num_users must be 1, got 0."),
        ("set header=false", [], "set data.header=false"),
        ("min_rating=3 has no effect", [], "data.min_rating=3 has no effect"),
        (
            "validation and test must sum to 1",
            [],
            "split.validation and split.test must sum to 1",
        ),
        ("the test part of x is empty", [], "the test part of x is empty"),
        ("data.header=false", [], "data.header=false"),
        ("seeds must be a list", [], "seeds must be a list"),
        ("top_k must lie below 9, got 4.", [], "distillation.top_k must lie below 9, got 4."),
        ("top_k must lie below 9", [], "top_k must lie below 9"),
        ("top_k must be", ["evaluation.top_k"], "evaluation.top_k must be"),
        ("batch_size must be 1, got 0.", [], "training.batch_size must be 1, got 0."),
        ("loss_balance=official", [], "distillation.loss_balance=official"),
        ("read num_users.txt", [], "read num_users.txt"),
        ("my/num_users is no file", [], "my/num_users is no file"),
        (
            "no setting 'init_sd'; did you mean 'init_std'?",
            ["backbone.init_sd"],
            "no setting 'init_sd'; did you mean 'backbone.init_std'?",
        ),
    ],
)
def test_a_bare_name_becomes_a_key_where_it_is_clear_which(text, typed, expected):
    assert with_keys(text, SETTINGS, typed) == expected
