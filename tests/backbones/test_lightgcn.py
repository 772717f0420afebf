import copy
import io
import pickle

import pytest
import torch
from tests.from_conf import settings_in

from rankdistill.backbones.lightgcn import LightGCN
from rankdistill.histories.contexts import Contexts

PAIRS = torch.tensor([[0, 0, 0, 1, 1, 2, 2], [0, 1, 3, 1, 2, 1, 3]])
"""Of 4 users and 5 items; user 3 and item 4 have none."""
USERS, ITEMS = 4, 5


def model(num_layers=2, embedding_dim=3, observed=True):
    torch.manual_seed(0)
    made = LightGCN(USERS, ITEMS, embedding_dim, num_layers, init_std=0.1)
    if observed:
        made.observe(*PAIRS)
    return made


def dense_reference(users, items, num_layers):
    """The definition, with the whole matrix of users and items written out."""
    adjacency = torch.zeros(USERS + ITEMS, USERS + ITEMS, dtype=users.dtype)
    for user, item in PAIRS.t().tolist():
        adjacency[user, USERS + item] = adjacency[USERS + item, user] = 1.0
    degrees = adjacency.sum(1)
    scale = torch.where(degrees > 0, degrees, 1.0).rsqrt()
    layers = [torch.cat([users, items])]
    for _ in range(num_layers):
        layers.append((scale[:, None] * adjacency * scale) @ layers[-1])
    return torch.stack(layers).mean(0).split([USERS, ITEMS])


def adam(made):
    return torch.optim.Adam(made.parameters(), lr=0.1, fused=True)


def all_scores(made):
    with torch.inference_mode():
        return made.score_rows(Contexts(torch.arange(USERS)))


def fresh_scores(made):
    """Scores of the tables as they are now, by the slow reference."""
    tables = (made.user_embedding.weight, made.item_embedding.weight)
    users, items = dense_reference(*(table.detach() for table in tables), made.num_layers)
    return users @ items.t()


@pytest.fixture
def propagations(monkeypatch):
    """One entry for each time that tables were spread."""
    calls = []
    propagated = LightGCN.propagated

    def counting(self):
        calls.append(self)
        return propagated(self)

    monkeypatch.setattr(LightGCN, "propagated", counting)
    return calls


def test_one_layer_worked_by_hand():
    made = LightGCN(1, 2, 1, num_layers=1, init_std=0.1)
    made.observe(torch.tensor([0, 0]), torch.tensor([0, 1]))
    with torch.no_grad():
        made.user_embedding.weight.fill_(2.0)
        made.item_embedding.weight.copy_(torch.tensor([[4.0], [8.0]]))
    users, items = made.embeddings()[:2]
    half = 0.5**0.5  # the user has degree two, both items one
    assert users.item() == pytest.approx((2 + half * 12) / 2)
    assert items.flatten().tolist() == pytest.approx([(4 + half * 2) / 2, (8 + half * 2) / 2])


@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_values_and_gradients_are_those_of_the_dense_definition(num_layers):
    made = model(num_layers)
    tables = list(made.parameters())
    found = made.embeddings()
    expected = dense_reference(*tables, num_layers)
    torch.testing.assert_close(tuple(found[:2]), tuple(expected))
    towards = [torch.randn_like(table) for table in tables]
    torch.testing.assert_close(
        torch.autograd.grad(found[:2], tables, towards),
        torch.autograd.grad(expected, tables, towards),
    )


def test_a_loss_on_one_side_alone_reaches_both_tables():
    made = model()
    made.embeddings().users.sum().backward()
    tables = list(made.parameters())
    expected = dense_reference(*tables, 2)[0].sum()
    gradients = [table.grad for table in tables]
    torch.testing.assert_close(gradients, list(torch.autograd.grad(expected, tables)))


def test_whoever_has_no_interaction_keeps_a_share_of_their_own_and_gets_nothing_else():
    made = model(num_layers=2)
    users, items = made.embeddings()[:2]
    torch.testing.assert_close(users[3], made.user_embedding.weight[3] / 3)
    torch.testing.assert_close(items[4], made.item_embedding.weight[4] / 3)
    assert bool(torch.isfinite(torch.cat([users, items])).all())


def test_a_graph_without_any_edge_is_no_trouble():
    made = model(observed=False)
    made.observe(*torch.empty(2, 0, dtype=torch.int64))
    torch.testing.assert_close(made.embeddings().users, made.user_embedding.weight / 3)


def test_the_order_of_the_pairs_does_not_matter():
    one, other = model(), model()
    other.observe(*PAIRS[:, torch.randperm(PAIRS.shape[1])])
    torch.testing.assert_close(one.embeddings(), other.embeddings())


def test_before_the_pairs_are_observed_the_tables_are_used_as_they_are():
    made = model(observed=False)
    users, items, *biases = made.embeddings()
    assert users is made.user_embedding.weight
    assert items is made.item_embedding.weight
    assert biases == [None, None]


def test_what_is_saved_is_what_is_served_and_nothing_more():
    made = model()
    saved = made.state_dict()
    assert set(saved) == {"user_embedding.weight", "item_embedding.weight"}
    users, items = saved.values()
    torch.testing.assert_close(users @ items.t(), all_scores(made))


def test_a_file_holds_two_tables_and_no_graph():
    large = LightGCN(1000, 1000, 8, num_layers=2, init_std=0.1)
    large.observe(*torch.randint(1000, (2, 50_000)))
    stream = io.BytesIO()
    torch.save(large.state_dict(), stream)
    assert len(stream.getvalue()) < 2000 * 8 * 4 + 4000


def test_saving_in_the_midst_of_training_changes_nothing_and_keeps_no_gradient():
    made, untouched = model(), model()
    for one in (made, untouched):
        one.embeddings().users.square().sum().backward()
    saved = made.state_dict()
    assert not any(table.requires_grad for table in saved.values())
    saved["user_embedding.weight"].zero_()
    torch.testing.assert_close(all_scores(made), fresh_scores(made))
    for one in (made, untouched):
        adam(one).step()
    assert made.user_embedding.weight.requires_grad
    torch.testing.assert_close(list(made.parameters()), list(untouched.parameters()))
    torch.testing.assert_close(made.embeddings(), untouched.embeddings())


@pytest.mark.parametrize("into", ["a fresh model", "itself"])
def test_a_loaded_model_scores_alike_without_the_graph(into):
    made = model()
    before = all_scores(made)
    state = {f"backbone.{name}": table for name, table in made.state_dict().items()}
    loaded = model(observed=False) if into == "a fresh model" else made
    torch.nn.ModuleDict({"backbone": loaded}).load_state_dict(state)
    assert torch.equal(all_scores(loaded), before)
    assert loaded.embeddings().users is loaded.user_embedding.weight
    assert torch.equal(loaded.state_dict()["user_embedding.weight"], loaded.user_embedding.weight)


def test_blocks_of_an_evaluation_share_one_propagation(propagations):
    made = model()
    with torch.inference_mode():
        blocks = [made.score_rows(Contexts(torch.tensor([user]))) for user in range(USERS)]
    assert len(propagations) == 1
    torch.testing.assert_close(torch.cat(blocks), fresh_scores(made))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda made: adam(made).step(), id="a fused step"),
        pytest.param(lambda made: made.item_embedding.weight.data.neg_(), id="through .data"),
        pytest.param(lambda made: made.double(), id="precision"),
    ],
)
def test_scores_are_never_those_of_earlier_tables(change):
    made = model()
    made.embeddings().users.square().sum().backward()
    all_scores(made)  # also between a loss and its step
    change(made)
    torch.testing.assert_close(all_scores(made), fresh_scores(made))


def test_other_pairs_take_the_place_of_the_first():
    made, other = model(), model(observed=False)
    before = all_scores(made)
    for one in (made, other):
        one.observe(*PAIRS[:, :3])
    assert torch.equal(all_scores(made), all_scores(other))
    assert not torch.equal(all_scores(made), before)


def test_embeddings_that_evaluation_kept_can_be_read_in_a_loss_of_others():
    made = model()
    all_scores(made)
    with torch.no_grad():
        fixed = made.embeddings().users
    learned = torch.ones_like(fixed, requires_grad=True)
    (fixed * learned).sum().backward()
    assert learned.grad is not None


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_copy_has_the_graph_but_not_what_an_evaluation_kept(copied):
    made = model()
    scores = all_scores(made)
    made.embeddings().users.sum().backward()
    twin = copied(made)
    assert twin._latest is None
    assert torch.equal(all_scores(twin), scores)
    with torch.no_grad():
        made.user_embedding.weight.zero_()
    assert torch.equal(all_scores(twin), scores)


@pytest.mark.parametrize(
    ("users", "items", "message"),
    [
        ([0, 4], [0, 1], r"user ids must lie in \[0, 4\), got 0 to 4"),
        ([0, 1], [-1, 1], r"item ids must lie in \[0, 5\), got -1 to 1"),
        ([0, 1], [0], "vectors of one length"),
    ],
)
def test_pairs_that_do_not_fit_the_tables_are_refused(users, items, message):
    with pytest.raises(ValueError, match=message):
        model(observed=False).observe(torch.tensor(users), torch.tensor(items))


@pytest.mark.parametrize(
    ("name", "value"), [("embedding_dim", 0), ("num_layers", 0), ("init_std", 0.0)]
)
def test_settings_without_meaning_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        LightGCN(2, 2, **{**settings_in("backbone/lightgcn", embedding_dim=2), name: value})
