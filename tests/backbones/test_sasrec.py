import io

import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.from_conf import settings_in

from rankdistill.backbones.sasrec import SASRec
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences

NUM_USERS, NUM_ITEMS = 4, 9
HISTORIES = [[3, 1, 4, 0, 5], [], [2], [8, 7, 6, 5, 0, 1, 2]]


def sequences(histories=HISTORIES):
    lengths = torch.tensor([0, *map(len, histories)])
    return Sequences(
        lengths.cumsum(0),
        torch.tensor([item for items in histories for item in items], dtype=torch.int64),
        NUM_ITEMS,
    )


def model(histories=HISTORIES, **changed):
    torch.manual_seed(0)
    settings = settings_in("backbone/sasrec", embedding_dim=4, init_std=0.5, **changed)
    made = SASRec(len(histories), NUM_ITEMS, **settings).double()
    made.remember_order(sequences(histories), seeded_draws())
    return made


def contexts(*pairs):
    return Contexts(*(torch.tensor(column) for column in zip(*pairs, strict=True)))


def vectors(made, *pairs):
    wanted = contexts(*pairs)
    return made.read(wanted).users_of(wanted)


EVERY = [(user, end) for user, items in enumerate(HISTORIES) for end in range(len(items) + 1)]


def test_a_later_item_never_changes_an_earlier_vector():
    other = [*HISTORIES]
    other[3] = [8, 7, 6, 5, 3, 3, 4]
    every = [(3, end) for end in range(8)]
    before, after = (vectors(model(told).eval(), *every) for told in (HISTORIES, other))
    torch.testing.assert_close(after[:5], before[:5], atol=0, rtol=0)
    assert (after[5:] != before[5:]).any(1).all()


def test_other_users_of_a_batch_never_change_a_vector():
    made = model().eval()
    together = vectors(made, *EVERY)
    for row, pair in enumerate(EVERY):
        torch.testing.assert_close(vectors(made, pair)[0], together[row])


def test_a_context_equals_its_prefix_alone():
    together = vectors(model().eval(), *EVERY)
    for row, (user, end) in enumerate(EVERY):
        alone = model([HISTORIES[user][:end]]).eval()
        torch.testing.assert_close(vectors(alone, (0, end))[0], together[row])


def test_a_long_history_is_read_by_its_last_items():
    made = model(length=3).eval()
    last = model([HISTORIES[3][-3:]], length=3).eval()
    torch.testing.assert_close(made.embeddings().users[3], last.embeddings().users[0])


def test_whoever_has_had_nothing_gets_equal_scores():
    made = model().eval()
    assert not made.score_rows(Contexts(torch.tensor([1]))).any()


def test_scores_are_products_of_vectors_and_the_table_that_is_read():
    made = model().eval()
    asked, items = contexts(*EVERY), torch.arange(NUM_ITEMS)
    rows = vectors(made, *EVERY) @ made.encoder.item_embedding.weight.t()
    read = made.read(asked)
    torch.testing.assert_close(read.score_rows(asked), rows)
    torch.testing.assert_close(read.score_items(asked, items.expand(len(EVERY), -1)), rows)
    torch.testing.assert_close(made(asked, items.expand(len(EVERY), -1)), rows)
    torch.testing.assert_close(made.score_rows(asked), rows)


def test_the_end_of_every_history_is_where_scores_of_users_come_from():
    made = model().eval()
    whole = Contexts(torch.arange(NUM_USERS))
    rows = made.score_rows(whole)
    items = torch.tensor([4, 0])
    torch.testing.assert_close(made.read(whole).score_columns(items), rows.t()[items])
    torch.testing.assert_close(
        rows,
        vectors(made, *((user, len(had)) for user, had in enumerate(HISTORIES)))
        @ made.embeddings().items.t(),
    )


def test_training_alone_drops_and_repeats_with_its_draws():
    asked = contexts(*EVERY)
    draws = [model(dropout=0.5).read(asked).users_of(asked) for _ in range(2)]
    torch.testing.assert_close(*draws, atol=0, rtol=0)
    made = model(dropout=0.5)
    first, second = (made.read(asked).users_of(asked) for _ in range(2))
    assert not torch.equal(first, second)
    torch.testing.assert_close(made.score_rows(asked), made.eval().score_rows(asked))
    torch.testing.assert_close(made.read(asked).score_rows(asked), made.score_rows(asked))


def test_the_gradient_reaches_every_weight():
    made = model(length=7)
    asked = contexts(*EVERY)
    made.read(asked).score_rows(asked).square().sum().backward()
    for name, weights in made.named_parameters():
        assert weights.grad is not None, name
        assert weights.grad.any(), name


def test_a_batch_encodes_every_user_once():
    made = model()
    encoded = []
    made.encoder.register_forward_pre_hook(lambda _, arguments: encoded.append(arguments[0]))
    made.read(contexts(*EVERY))
    assert [len(items) for items in encoded] == [sum(map(len, HISTORIES))]


def test_its_size_depends_on_items_and_length_alone():
    sizes = []
    for num_users in (4, 4000):
        settings = settings_in("backbone/sasrec", embedding_dim=4)
        saved = io.BytesIO()
        torch.save(SASRec(num_users, NUM_ITEMS, **settings).state_dict(), saved)
        sizes.append(len(saved.getvalue()))
    assert sizes[0] == sizes[1]


def test_the_number_of_weights_is_as_counted_by_hand():
    made = model(length=50, num_blocks=2, feed_forward_factor=1)
    attention = 4 * (4 * 4 + 4)
    feed_forward = 2 * (4 * 4 + 4)
    norms = 2 * 2 * 4
    expected = (NUM_ITEMS + 50) * 4 + 2 * (attention + feed_forward + norms) + 2 * 4
    assert sum(weights.numel() for weights in made.parameters()) == expected


def test_without_histories_it_says_what_it_lacks():
    made = SASRec(2, 3, **settings_in("backbone/sasrec", embedding_dim=2))
    with pytest.raises(ValueError, match="let it remember that first"):
        made.score_rows(Contexts(torch.tensor([0])))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("embedding_dim", 0),
        ("length", 0),
        ("num_blocks", 0),
        ("num_heads", 0),
        ("num_heads", 3),
        ("feed_forward_factor", 0),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("init_std", 0.0),
    ],
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        SASRec(2, 2, **{**settings_in("backbone/sasrec", embedding_dim=2), name: value})
