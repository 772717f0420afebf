import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.from_conf import settings_in

from rankdistill.backbones.fossil import Fossil
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences

NUM_USERS, NUM_ITEMS, DIM, LENGTH, POWER = 3, 7, 4, 2, 0.7
OFFSETS, ITEMS = torch.tensor([0, 5, 5, 7]), torch.tensor([6, 2, 0, 5, 1, 3, 4])
CONTEXTS = Contexts(torch.tensor([2, 0, 1, 0, 0, 2]), torch.tensor([1, 5, 0, 2, 5, 2]))


def model(**changed):
    torch.manual_seed(0)
    settings = {"embedding_dim": DIM, "length": LENGTH, "length_power": POWER, **changed}
    made = Fossil(NUM_USERS, NUM_ITEMS, **settings_in("backbone/fossil", **settings)).double()
    made.remember_order(Sequences(OFFSETS, ITEMS, NUM_ITEMS), seeded_draws())
    for weights in (made.item_bias, made.user_place_weights.weight, made.place_weights):
        torch.nn.init.normal_(weights)
    return made


def slowly(made, user, end):
    """Scores of one context: one item of the history at a time."""
    parts = made.history_embedding.weight
    had = ITEMS[int(OFFSETS[user]) :][:end].tolist()
    vector = torch.zeros(DIM, dtype=torch.float64)
    for item in had:
        vector = vector + len(had) ** -POWER * parts[item]
    for back, item in enumerate(reversed(had[-LENGTH:]), start=1):
        weight = made.place_weights[-back] + made.user_place_weights.weight[user, -back]
        vector = vector + weight * parts[item]
    return made.item_embedding.weight @ vector + made.item_bias


def test_scores_are_those_of_one_context_at_a_time():
    made = model()
    pairs = zip(CONTEXTS.user_ids.tolist(), CONTEXTS.ends.tolist(), strict=True)
    wanted = torch.stack([slowly(made, *pair) for pair in pairs])
    torch.testing.assert_close(made.score_rows(CONTEXTS), wanted)
    torch.testing.assert_close(made.read(CONTEXTS).score_rows(CONTEXTS), wanted)


def test_rows_items_and_columns_agree():
    made = model()
    items = torch.tensor([[0, 1], [3, 4], [5, 0], [2, 1], [3, 3], [6, 6]])
    torch.testing.assert_close(made(CONTEXTS, items), made.score_rows(CONTEXTS).gather(1, items))
    everyone = Contexts(torch.arange(NUM_USERS))
    columns = made.read(CONTEXTS).score_columns(torch.arange(NUM_ITEMS))
    torch.testing.assert_close(columns.t(), made.score_rows(everyone))


def test_gradients_are_those_of_one_context_at_a_time():
    made = model()
    weights = torch.randn(len(CONTEXTS), NUM_ITEMS, dtype=torch.float64)
    pairs = zip(CONTEXTS.user_ids.tolist(), CONTEXTS.ends.tolist(), strict=True)
    slow = torch.stack([slowly(made, *pair) for pair in pairs])
    theirs = torch.autograd.grad((slow * weights).sum(), list(made.parameters()))
    ours = torch.autograd.grad(
        (made.read(CONTEXTS).score_rows(CONTEXTS) * weights).sum(), list(made.parameters())
    )
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_parameters_are_counted_by_hand():
    expected = 2 * NUM_ITEMS * DIM + NUM_ITEMS + LENGTH + NUM_USERS * LENGTH
    assert sum(weight.numel() for weight in model().parameters()) == expected


def test_without_sequences_it_says_what_it_lacks():
    settings = settings_in("backbone/fossil", embedding_dim=DIM)
    with pytest.raises(ValueError, match="Fossil reads the last items of users"):
        Fossil(NUM_USERS, NUM_ITEMS, **settings).score_rows(CONTEXTS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("embedding_dim", 0),
        ("length", 0),
        ("targets", 0),
        ("length_power", -1.0),
        ("init_std", 0.0),
    ],
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        model(**{name: value})
