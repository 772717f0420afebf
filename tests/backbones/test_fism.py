import io

import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.from_conf import settings_in

from rankdistill.backbones.fism import Fism
from rankdistill.histories.contexts import Contexts

NUM_USERS, NUM_ITEMS = 4, 6
PAIRS = torch.tensor([[0, 0, 0, 1, 1, 2], [0, 1, 3, 1, 2, 5]])
USERS = Contexts(torch.tensor([3, 0, 2, 1, 0]))


def model(remembers=True, **changed):
    torch.manual_seed(0)
    made = Fism(NUM_USERS, NUM_ITEMS, **settings_in("backbone/fism", embedding_dim=3, **changed))
    if remembers:
        made.remember(*PAIRS, seeded_draws())
    return made


def test_rows_items_and_columns_agree():
    made = model().eval()
    items = torch.tensor([[0, 1], [3, 4], [5, 0], [2, 1], [3, 3]])
    rows = made.score_rows(USERS)
    torch.testing.assert_close(made(USERS, items), rows.gather(1, items))
    columns = made.read(USERS).score_columns(torch.arange(NUM_ITEMS))
    torch.testing.assert_close(columns.t()[USERS.user_ids], rows)


def test_unseen_items_are_scored_by_the_embeddings():
    made = model()
    first, unseen = Contexts(torch.tensor([0])), torch.tensor([[4, 5]])
    torch.testing.assert_close(made.embeddings().score_items(first, unseen), made(first, unseen))


def test_a_batch_drops_a_share_in_training_alone():
    made = model(history_dropout=0.5)
    draws = [made.read(USERS).score_rows(USERS) for _ in range(2)]
    assert not torch.equal(*draws)
    made.eval()
    torch.testing.assert_close(made.read(USERS).score_rows(USERS), made.score_rows(USERS))


def test_whoever_asks_the_network_itself_sees_whole_histories_in_training_too():
    made = model(history_dropout=0.9)
    rows = made.score_rows(USERS)
    torch.testing.assert_close(rows, made.eval().score_rows(USERS), atol=0, rtol=0)


def test_all_scores_of_a_batch_are_made_of_one_draw():
    batch = model().read(USERS)
    items = torch.arange(NUM_ITEMS).expand(len(USERS), -1)
    torch.testing.assert_close(batch.score_items(USERS, items), batch.score_rows(USERS))


def test_it_is_of_one_size_however_many_users_there_are():
    settings = settings_in("backbone/fism", embedding_dim=3)
    sizes = []
    for num_users in (4, 4000):
        made = Fism(num_users, NUM_ITEMS, **settings)
        users = torch.arange(num_users)
        made.remember(users, users % NUM_ITEMS)
        saved = io.BytesIO()
        torch.save(made.state_dict(), saved)
        sizes.append(len(saved.getvalue()))
    assert sizes[0] == sizes[1]
    assert sum(weights.numel() for weights in made.parameters()) == NUM_ITEMS * (2 * 3 + 1)


def test_without_histories_it_says_what_it_lacks():
    with pytest.raises(ValueError, match="let it remember them first"):
        model(remembers=False).score_rows(USERS)


def test_other_histories_take_the_place_of_the_first():
    made = model().eval()
    made.remember(torch.tensor([3]), torch.tensor([0]))
    torch.testing.assert_close(
        made.embeddings().users[3], made.history_embedding.weight[0], atol=0, rtol=0
    )
    assert not made.embeddings().users[:3].any()


def test_it_starts_from_factors_whose_users_are_sums_of_histories():
    made = model(start_iterations=20)
    wanted = model().requires_grad_(False)
    wanted.history_embedding.weight.mul_(5)
    users, items, _, bias = wanted.embeddings()
    made.start_from(users, items, bias + 1)
    torch.testing.assert_close(made.embeddings().users, users, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(made.embeddings().items, items)
    torch.testing.assert_close(made.item_bias, torch.ones(NUM_ITEMS))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("embedding_dim", 0),
        ("length_power", -0.5),
        ("length_power", float("nan")),
        ("history_dropout", 1.0),
        ("history_dropout", -0.1),
        ("init_std", 0.0),
        ("start_iterations", 0),
    ],
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        Fism(2, 2, **{**settings_in("backbone/fism", embedding_dim=2), name: value})
