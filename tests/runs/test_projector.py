import csv

import numpy as np
import pytest
import torch
from google.protobuf import text_format
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from rankdistill.backbones.ease import Ease
from rankdistill.backbones.embeddings import Embeddings
from rankdistill.backbones.interface import EmbeddingBackbone
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.data.interactions import Interactions, Labels
from rankdistill.runs.projector import write_projector

TITLES = ["Toy\tStory", "Line\nBreak ", "Amélie (2001)"]
GENRES = ["Animation|Comedy", "Drama", "(no genres listed)"]


def training_set(labels):
    """Item 0 has two users, item 2 has one, item 1 none."""
    users, items = torch.tensor([0, 1, 0]), torch.tensor([0, 0, 2])
    return Interactions.from_pairs(users, items, 2, 3, labels=labels)


def names(*words):
    return np.array(words, dtype=object)


LABELS = Labels(names("u1", "u2"), names("1", "5", "9"), names(*TITLES), names(*GENRES))


def written(folder):
    """The embeddings and the rows of the table, as TensorBoard finds them."""
    config = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (embedding,) = config.embeddings
    tensor = np.fromfile(folder / embedding.tensor_path, dtype=np.float32)
    with (folder / embedding.metadata_path).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tensor.reshape(tuple(embedding.tensor_shape)), rows


def test_the_embeddings_lie_beside_what_is_known_of_the_items(tmp_path):
    backbone = MatrixFactorization(2, 3, 4, init_std=0.1)
    with torch.no_grad():
        backbone.item_bias.copy_(torch.tensor([0.5, -1.0, 0.123456]))
    write_projector(tmp_path, backbone, training_set(LABELS))
    tensor, rows = written(tmp_path)
    np.testing.assert_array_equal(tensor, backbone.item_embedding.weight.detach().numpy())
    assert rows == [
        ["title", "item id", "training interactions", "first genre", "genres", "bias"],
        ["Toy Story", "1", "2", "Animation", "Animation|Comedy", "0.5"],
        ["Line Break", "5", "0", "Drama", "Drama", "-1"],
        ["Amélie (2001)", "9", "1", "(no genres listed)", "(no genres listed)", "0.1235"],
    ]


@pytest.mark.parametrize(
    ("labels", "first"),
    [
        (None, ["item 0", "0", "2", "0"]),
        (Labels(names("u1", "u2"), names("1", "5", "9")), ["item 1", "1", "2", "0"]),
    ],
)
def test_items_without_titles_go_by_their_ids(tmp_path, labels, first):
    write_projector(tmp_path, MatrixFactorization(2, 3, 4, init_std=0.1), training_set(labels))
    _, rows = written(tmp_path)
    assert rows[:2] == [["title", "item id", "training interactions", "bias"], first]


class Unbiased(EmbeddingBackbone):
    def embeddings(self):
        return Embeddings(torch.ones(2, 4), torch.full((3, 4), -1.5))


def test_a_model_without_item_bias_has_no_column_of_it(tmp_path):
    write_projector(tmp_path, Unbiased(), training_set(LABELS))
    tensor, rows = written(tmp_path)
    assert "bias" not in rows[0]
    np.testing.assert_array_equal(tensor, np.full((3, 4), -1.5))


def test_a_model_without_embeddings_writes_nothing(tmp_path):
    write_projector(tmp_path, Ease(2, 3, l2=400.0, memory_gib=8.0), training_set(LABELS))
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_embeddings_leaves_none_of_an_earlier_one(tmp_path):
    write_projector(tmp_path, MatrixFactorization(2, 3, 4, init_std=0.1), training_set(LABELS))
    write_projector(tmp_path, Ease(2, 3, l2=400.0, memory_gib=8.0), training_set(LABELS))
    assert not (tmp_path / "projector_config.pbtxt").exists()
