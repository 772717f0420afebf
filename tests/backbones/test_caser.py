import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.from_conf import settings_in

from rankdistill.backbones.caser import Caser
from rankdistill.backbones.window_convolutions import ACTIVATIONS
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences

NUM_USERS, NUM_ITEMS, DIM, LENGTH = 3, 7, 4, 3
OFFSETS, ITEMS = torch.tensor([0, 5, 5, 7]), torch.tensor([6, 2, 0, 5, 1, 3, 4])
CONTEXTS = Contexts(torch.tensor([2, 0, 1, 0, 0, 2]), torch.tensor([1, 5, 0, 2, 5, 2]))


def model(remembers=True, **changed):
    torch.manual_seed(0)
    settings = {
        "embedding_dim": DIM,
        "length": LENGTH,
        "vertical_filters": 2,
        "horizontal_filters": 3,
        "init_std": 1.0,
        **changed,
    }
    made = Caser(NUM_USERS, NUM_ITEMS, **settings_in("backbone/caser", **settings)).double()
    torch.nn.init.normal_(made.item_bias)
    if remembers:
        made.remember_order(sequences(), seeded_draws())
    return made


def sequences():
    return Sequences(OFFSETS, ITEMS, NUM_ITEMS)


def slowly(made, user, end, convolution, dense):
    """Scores of one context: loops over filters, heights, places and items."""
    first = int(OFFSETS[user])
    items = ITEMS[first : first + end].tolist()[-LENGTH:]
    zeros = [torch.zeros(DIM, dtype=torch.float64)] * (LENGTH - len(items))
    window = zeros + [made.window_embedding.weight[item] for item in items]
    values = []
    vertical = made.convolutions.vertical
    for number in range(DIM):
        for weights, bias in zip(vertical.weight, vertical.bias, strict=True):
            values.append(sum(w * row[number] for w, row in zip(weights, window, strict=True)))
            values[-1] = values[-1] + bias
    for height, filters in enumerate(made.convolutions.horizontal, start=1):
        for weights, bias in zip(filters.weight, filters.bias, strict=True):
            runs = [torch.cat(window[at : at + height]) for at in range(LENGTH - height + 1)]
            values.append(max(convolution(weights @ run + bias) for run in runs))
    z = dense(made.dense.weight @ torch.stack(values) + made.dense.bias)
    vector = torch.cat([z, made.user_embedding.weight[user]])
    scores = [row @ vector for row in made.item_embedding.weight]
    return torch.stack(scores) + made.item_bias


@pytest.mark.parametrize(("convolution", "dense"), [("relu", "tanh"), ("identity", "sigmoid")])
def test_scores_are_those_of_one_context_at_a_time(convolution, dense):
    made = model(convolution_activation=convolution, dense_activation=dense).eval()
    wanted = [
        slowly(made, int(user), int(end), ACTIVATIONS[convolution](), ACTIVATIONS[dense]())
        for user, end in zip(CONTEXTS.user_ids, CONTEXTS.ends, strict=True)
    ]
    torch.testing.assert_close(made.score_rows(CONTEXTS), torch.stack(wanted))


def test_rows_items_and_columns_agree():
    made = model().eval()
    items = torch.tensor([[0, 1], [3, 4], [5, 0], [2, 1], [3, 3], [6, 6]])
    rows = made.score_rows(CONTEXTS)
    torch.testing.assert_close(made(CONTEXTS, items), rows.gather(1, items))
    everyone = Contexts(torch.arange(NUM_USERS))
    columns = made.read(CONTEXTS).score_columns(torch.arange(NUM_ITEMS))
    torch.testing.assert_close(columns.t(), made.score_rows(everyone))
    torch.testing.assert_close(made.embeddings().score_rows(everyone), columns.t())


def test_without_an_end_all_items_of_the_user_are_read():
    made = model().eval()
    users = torch.tensor([2, 0])
    whole = Contexts(users, torch.tensor([2, 5]))
    torch.testing.assert_close(made.score_rows(Contexts(users)), made.score_rows(whole))


def test_items_before_the_window_and_after_the_end_change_nothing():
    made = model().eval()
    context = Contexts(torch.tensor([0]), torch.tensor([4]))
    before = made.score_rows(context)
    changed = ITEMS.clone()
    changed[0], changed[4] = 3, 4
    made.remember_order(Sequences(OFFSETS, changed, NUM_ITEMS))
    assert torch.equal(made.score_rows(context), before)
    changed[3] = 1
    assert not torch.equal(made.score_rows(context), before)


def test_a_batch_drops_a_share_in_training_alone_and_reads_a_context_once():
    made = model(dropout=0.5)
    batch = made.read(CONTEXTS)
    assert batch.vectors.shape == (5, 2 * DIM)
    rows = batch.score_rows(CONTEXTS)
    assert torch.equal(rows[1], rows[4])
    assert not torch.equal(made.read(CONTEXTS).score_rows(CONTEXTS), rows)
    torch.testing.assert_close(made.score_rows(CONTEXTS), made.eval().score_rows(CONTEXTS))
    torch.testing.assert_close(made.read(CONTEXTS).score_rows(CONTEXTS), made.score_rows(CONTEXTS))


def test_a_gradient_reaches_every_weight():
    made = model(dense_activation="tanh", convolution_activation="tanh")
    made.read(CONTEXTS).score_rows(CONTEXTS).square().sum().backward()
    for name, weight in made.named_parameters():
        assert weight.grad is not None, name
        assert bool((weight.grad != 0).any()), name


def test_parameters_are_counted_by_hand():
    embeddings = NUM_USERS * DIM + NUM_ITEMS * DIM + NUM_ITEMS * 2 * DIM + NUM_ITEMS
    filters = 2 * (LENGTH + 1) + 3 * (1 * DIM + 1) + 3 * (2 * DIM + 1) + 3 * (3 * DIM + 1)
    dense = DIM * (2 * DIM + 3 * LENGTH) + DIM
    assert sum(weight.numel() for weight in model().parameters()) == embeddings + filters + dense


def test_without_sequences_it_says_what_it_lacks():
    with pytest.raises(ValueError, match="let it remember them first"):
        model(remembers=False).score_rows(CONTEXTS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("embedding_dim", 0),
        ("length", 0),
        ("targets", 0),
        ("vertical_filters", 0),
        ("horizontal_filters", 0),
        ("convolution_activation", "swish"),
        ("dense_activation", ""),
        ("dropout", 1.0),
        ("init_std", 0.0),
    ],
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        model(**{name: value})
