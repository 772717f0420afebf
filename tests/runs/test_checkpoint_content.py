import copy

import pytest
import torch

from rankdistill.runs.checkpoint_content import checkpoint_fault

SOUND = {
    "epoch": 3,
    "state_dict": {"backbone.user_bias": torch.ones(3)},
    "hyper_parameters": {
        "backbone": {"_target_": "rankdistill.backbones.x.Y", "embedding_dim": 2},
        "num_users": 3,
        "num_items": 2,
        "data": {
            "fingerprint": "a",
            "split_fingerprint": "b",
            "split_seed": 0,
            "config": {"data": {}, "split": {}},
        },
    },
}


def changed(key, value):
    content = copy.deepcopy(SOUND)
    *above, last = key.split("/")
    node = content
    for each in above:
        node = node[each]
    node[last] = value
    return content


def circular():
    node = {}
    node["node"] = node
    return node


def multiplied():
    node = ["x"] * 10
    for _ in range(20):
        node = [node] * 10
    return node


def test_a_sound_checkpoint_has_no_fault():
    assert checkpoint_fault(SOUND) is None


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("epoch", "three", "epoch is no number"),
        ("epoch", True, "epoch is no number"),
        ("state_dict", [], "state_dict is no dictionary"),
        ("state_dict/x", 3, "something else than named tensors"),
        ("state_dict/x", torch.zeros(()).expand(99), "without all its numbers"),
        ("hyper_parameters", None, "names no backbone"),
        ("hyper_parameters/backbone", "x", "its backbone names no class"),
        ("hyper_parameters/num_users", 0, "num_users is no number of rows"),
        ("hyper_parameters/num_items", 1 << 40, "num_items is no number of rows"),
        ("hyper_parameters/data", 3, "what it was trained on"),
        ("hyper_parameters/data/fingerprint", None, "no fingerprint"),
        ("hyper_parameters/data/split_seed", "x", "no split_seed"),
        ("hyper_parameters/data/config", {}, "no configuration of its data"),
        ("hyper_parameters/more", torch.ones(2), "are not plain values"),
        ("hyper_parameters/more", circular(), "are not plain values"),
        ("hyper_parameters/more", multiplied(), "are not plain values"),
        ("hyper_parameters/more", {3: 4}, "are not plain values"),
    ],
)
def test_a_value_of_another_kind_is_named(key, value, fault):
    found = checkpoint_fault(changed(key, value))
    assert found is not None
    assert fault in found


@pytest.mark.parametrize("key", SOUND)
def test_what_is_missing_is_named(key):
    content = {name: value for name, value in SOUND.items() if name != key}
    assert checkpoint_fault(content) == f"it lacks {key}"
