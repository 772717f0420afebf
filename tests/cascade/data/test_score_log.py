import pickle

import polars as pl
import pytest
import torch
from tests.cascade.made_ratings import cascade_data, random_rows
from tests.from_conf import built_from

from rankdistill.cascade.data.impressions import Impressions
from rankdistill.cascade.data.labels import user_labels
from rankdistill.cascade.data.logging_faults import LoggedScores
from rankdistill.cascade.data.score_log import (
    LOGGED,
    TEACHER_COLUMNS,
    LogCounts,
    are_probabilities,
    read_log,
    write_log,
)
from rankdistill.cascade.data.tasks import TASKS


@pytest.fixture(scope="module")
def data():
    return cascade_data(random_rows())


@pytest.fixture(scope="module")
def shown(data):
    return data.shown["train"]


@pytest.fixture(scope="module")
def probabilities(shown):
    return torch.rand(len(shown), len(TASKS), generator=torch.Generator().manual_seed(0))


def write(path, data, scores):
    shown = data.shown["train"]
    user_ids = data.requests.user_ids[shown.request_ids]
    write_log(path, shown, user_ids, data.pair_columns("train"), scores)
    return path


@pytest.fixture
def path(tmp_path, data, probabilities):
    """A log in which everything is proper."""
    scores = built_from("cascade/log/whole")(probabilities, torch.Generator())
    return write(tmp_path / "log.parquet", data, scores)


def changed(path, **columns):
    pl.read_parquet(path).with_columns(**columns).write_parquet(path)


def test_a_proper_log_gives_back_every_probability(path, shown, probabilities):
    labels, weights, counts = read_log(path, shown)
    assert torch.equal(labels, probabilities)
    assert torch.equal(weights, torch.ones(len(shown)))
    assert counts.usable == counts.rows == len(shown)
    assert [child.name for child in path.parent.iterdir()] == [path.name], "temporary files stay"


def test_a_log_holds_user_labels_and_what_the_final_ranker_saw(path, data, shown):
    frame = pl.read_parquet(path)
    labels = user_labels(shown.ratings)
    for task, column in zip(TASKS, labels.unbind(1), strict=True):
        assert frame[task].to_list() == column.int().tolist()
    assert frame["user"].to_list() == data.requests.user_ids[shown.request_ids].tolist()
    for name, column in data.pair_columns("train").items():
        assert torch.equal(torch.from_numpy(frame[name].to_numpy().copy()), column)


def test_every_kind_of_unusable_row_is_counted_and_weighs_nothing(
    tmp_path, data, shown, probabilities
):
    spoilt = probabilities.clone()
    rows = len(shown)
    assert rows > 20
    is_logged = torch.ones(rows, dtype=torch.bool)
    is_proper = is_logged.clone()
    is_logged[:3] = False
    is_proper[3:5] = False
    spoilt[4, 0] = torch.nan  # marked comes before what else is wrong
    spoilt[5, 1], spoilt[6, 0], spoilt[7, 2] = torch.nan, torch.inf, -torch.inf
    spoilt[8, 0], spoilt[9, 2] = -1e-6, 1.0 + 1e-6
    spoilt[10] = torch.tensor([0.0, 1.0, 0.5])  # the ends are probabilities
    path = write(tmp_path / "log.parquet", data, LoggedScores(spoilt, is_logged, is_proper))
    labels, weights, counts = read_log(path, shown)
    assert counts == LogCounts(
        rows=rows,
        not_logged=3,
        marked_invalid=2,
        not_finite=3,
        out_of_range=2,
        usable=rows - 10,
    )
    assert f"{rows - 10:,} of {rows:,} impressions" in counts.sentence()
    assert torch.equal(weights, torch.cat([torch.zeros(10), torch.ones(rows - 10)]))
    assert torch.equal(labels[10:], spoilt[10:])
    assert torch.equal(labels[:10], torch.full((10, 3), 0.5))


def test_a_row_with_one_empty_cell_and_one_that_nobody_vouches_for_are_not_usable(path, shown):
    row = pl.int_range(pl.len())
    name = TEACHER_COLUMNS[1]
    changed(
        path,
        **{
            name: pl.when(row != 0).then(pl.col(name)),
            LOGGED: pl.when(row != 1).then(pl.col(LOGGED)),
        },
    )
    _, weights, counts = read_log(path, shown)
    assert weights[:3].tolist() == [0, 0, 1]
    assert (counts.not_finite, counts.marked_invalid) == (1, 1)


def test_marked_corruption_leaves_the_labels_of_all_other_rows(
    tmp_path, data, shown, probabilities
):
    logging = built_from("cascade/log/whole", corrupted=0.3, corruption="marked")
    scores = logging(probabilities, torch.Generator().manual_seed(2))
    path = write(tmp_path / "log.parquet", data, scores)
    labels, weights, counts = read_log(path, shown)
    proper = scores.is_proper
    assert 0 < counts.marked_invalid == int((~proper).sum())
    assert torch.equal(labels[proper], probabilities[proper])
    assert torch.equal(weights, proper.float())


def test_a_log_in_which_nothing_was_logged_is_read_as_such(tmp_path, data, shown, probabilities):
    nothing = torch.zeros(len(shown), dtype=torch.bool)
    path = write(tmp_path / "log.parquet", data, LoggedScores(probabilities, nothing, nothing))
    labels, weights, counts = read_log(path, shown)
    assert weights.sum() == 0
    assert labels.isfinite().all()
    assert counts.not_logged == len(shown)


def test_the_log_of_other_impressions_is_refused(path, shown):
    others = Impressions(shown.request_ids, shown.item_ids.flip(0), shown.ratings)
    fewer = Impressions(*(column[:-1] for column in vars(shown).values()))
    for impressions in (others, fewer):
        with pytest.raises(ValueError, match="has other impressions than this run"):
            read_log(path, impressions)


def test_a_log_whose_items_are_words_is_refused(path, shown):
    changed(path, item=pl.col("item").cast(pl.String))
    with pytest.raises(ValueError, match="has other impressions than this run"):
        read_log(path, shown)


@pytest.mark.parametrize("name", ["request", LOGGED, TEACHER_COLUMNS[2]])
def test_a_log_without_a_column_is_refused_and_the_column_named(path, shown, name):
    pl.read_parquet(path).drop(name).write_parquet(path)
    with pytest.raises(ValueError, match=f"lacks a column .*{name}") as caught:
        read_log(path, shown)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("word", ["0.5", "high"])
def test_words_in_the_place_of_probabilities_are_refused(path, shown, word):
    changed(path, **{TEACHER_COLUMNS[0]: pl.lit(word)})
    with pytest.raises(ValueError, match=f"{TEACHER_COLUMNS[0]} .* does not hold numbers") as error:
        read_log(path, shown)
    assert "\n" not in str(error.value)


def test_words_in_the_place_of_a_flag_are_refused_because_false_would_be_read_as_true(path, shown):
    changed(path, **{LOGGED: pl.lit("false")})
    with pytest.raises(ValueError, match=f"{LOGGED} .* does not hold true and false"):
        read_log(path, shown)


def test_flags_may_be_zeros_and_ones_as_production_logs_have_them(path, shown):
    row = pl.int_range(pl.len())
    changed(path, **{LOGGED: pl.when(row == 2).then(0).otherwise(1).cast(pl.Int8)})
    _, weights, _ = read_log(path, shown)
    assert weights[:4].tolist() == [1, 1, 0, 1]


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("the log was executed",))


@pytest.mark.parametrize("content", [b"", b"request,item\n1,2\n", pickle.dumps(Trap())])
def test_what_is_no_parquet_is_refused_in_one_line_and_not_executed(tmp_path, shown, content):
    path = tmp_path / "log.parquet"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no Parquet file, or damaged") as caught:
        read_log(path, shown)
    assert "\n" not in str(caught.value)


def test_a_truncated_log_is_refused(path, shown):
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match="is no Parquet file, or damaged"):
        read_log(path, shown)


def test_a_log_that_is_not_there_is_said_to_be_missing(tmp_path, shown):
    with pytest.raises(FileNotFoundError, match="There is no score log at"):
        read_log(tmp_path / "nowhere.parquet", shown)


def test_a_log_that_cannot_be_finished_leaves_the_one_before(path, data, shown, monkeypatch):
    before = path.read_bytes()

    def broken(self, file, **_):
        file.write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", broken)
    scores = LoggedScores(
        torch.zeros(len(shown), 3), *(torch.ones(len(shown), dtype=torch.bool) for _ in range(2))
    )
    with pytest.raises(OSError, match="no space left"):
        write(path, data, scores)
    assert path.read_bytes() == before
    assert [child.name for child in path.parent.iterdir()] == [path.name]


def test_probabilities_lie_between_zero_and_one_in_every_task():
    scores = [[0.0, 1.0], [0.5, 1.1], [-0.1, 0.5], [torch.nan, 0.5], [0.5, torch.inf]]
    assert are_probabilities(torch.tensor(scores)).tolist() == [True, False, False, False, False]
