"""Who asks: a user of the data, or anybody whose items a network reads in order."""

import pytest
import torch
from tests.from_conf import settings_in
from tests.running import small_datamodule

from rankdistill.backbones.caser import Caser
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.backbones.sasrec import SASRec
from rankdistill.commands.person import person_of_data, person_of_history
from rankdistill.histories.contexts import Contexts


@pytest.fixture(scope="module")
def known():
    return small_datamodule().known


def network(kind, known, **changed):
    torch.manual_seed(0)
    name = {Caser: "caser", MatrixFactorization: "matrix_factorization", SASRec: "sasrec"}[kind]
    settings = settings_in(f"backbone/{name}", embedding_dim=4, **changed)
    return kind(known.num_users, known.num_items, **settings).eval()


def scores(made, person):
    return made.score_rows(Contexts(torch.tensor([person.user_id])))


def test_the_history_of_a_user_is_ranked_for_as_the_user_is(known):
    made = network(SASRec, known)
    user = person_of_data(made, known, "u7", "synthetic")
    expected = scores(made, user)
    start, end = made._everyone.offsets[7:9].tolist()
    typed = [str(known.labels.items[item]) for item in made._everyone.items[start:end].tolist()]
    anybody = person_of_history(made, known, typed)
    torch.testing.assert_close(scores(made, anybody), expected)
    assert sorted(anybody.items.tolist()) == sorted(user.items.tolist())


def test_the_order_of_a_history_matters(known):
    made = network(SASRec, known)
    one, other = (
        scores(made, person_of_history(made, known, items))
        for items in (["i1", "i2", "i3"], ["i3", "i2", "i1"])
    )
    assert not torch.allclose(one, other)


@pytest.mark.parametrize(
    ("kind", "history", "message"),
    [
        (SASRec, [], "name an item at least"),
        (SASRec, ["i1", "i61x"], "There is no item 'i61x'"),
        (Caser, ["i1"], "Caser ranks for the users that it was trained on: type user=..."),
        (MatrixFactorization, ["i1"], "output=model.rank and name it with model=..."),
    ],
)
def test_what_cannot_be_ranked_for_ends_in_one_line(kind, history, message, known):
    with pytest.raises(ValueError, match=r"^[^\n]*$") as told:
        person_of_history(network(kind, known), known, history)
    assert message in str(told.value)


def test_an_unknown_user_is_told_with_the_first_ones(known):
    with pytest.raises(ValueError, match="There is no user 'nobody' among the 80 of synthetic"):
        person_of_data(network(MatrixFactorization, known), known, "nobody", "synthetic")
