import polars as pl
import pytest
from tests.cascade.made_logs import made_requests, read, small_log

from rankdistill.cascade.data.logged_requests import LoggedRequests

SHARES = (0.3, 0.3)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return made_requests(tmp_path_factory.mktemp("log"))


def test_parts_follow_each_other_in_time(made):
    train, validation, test = (made.examples[part].request_ids for part in made.examples)
    assert int(train.max()) < int(validation.min())
    assert int(validation.max()) < int(test.min())
    assert [len(ids.unique()) for ids in (train, validation, test)] == [36, 12, 12]
    assert len(train) + len(validation) + len(test) == 60 * 12


def test_labels_count_where_users_saw_and_scores_where_the_final_ranker_scored(tmp_path):
    frame = small_log().with_columns(shown=pl.col("distance") != 3)
    data = LoggedRequests.of(read(frame, tmp_path), SHARES, rare=1)
    train = data.examples["train"]
    assert train.label_weights.tolist() == [0, 1, 1]
    assert train.teacher_weights.tolist() == [1, 1, 0]
    assert train.teacher[:, 0].tolist() == pytest.approx([0.9, 0.4, 0.5])
    assert train.labels[:, 0].tolist() == [1, 0, 0]


def test_nothing_is_weighed_where_users_saw_all(tmp_path):
    data = LoggedRequests.of(read(small_log(), tmp_path), SHARES, rare=1)
    assert data.examples["train"].label_weights is None


def test_a_choice_is_a_label_of_each_task(tmp_path):
    frame = (
        small_log().drop("final_click").with_columns(label_buy=0, chosen=pl.col("candidate") == "x")
    )
    train = LoggedRequests.of(read(frame, tmp_path), SHARES, rare=1).examples["train"]
    assert train.teacher.tolist() == [[1, 1], [0, 0], [0, 0]]
    assert train.teacher_weights.tolist() == [1, 1, 1]


def test_the_future_tells_nothing_of_ids_and_scales(tmp_path):
    data = LoggedRequests.of(read(small_log(), tmp_path), SHARES, rare=1)
    assert data.items.rows.tolist() == [1, 2, 3], "all were candidates of the first request"
    assert data.users.categories[:, 0].tolist() == [1, 0, 1], "user 2 came later"
    later = small_log().with_columns(
        candidate=pl.when(pl.col("time") > 10).then(pl.lit("later")).otherwise("candidate")
        + pl.int_range(pl.len()).cast(pl.String)
    )
    data = LoggedRequests.of(read(later, tmp_path), SHARES, rare=1)
    assert sorted(data.items.rows.tolist()) == [0, 0, 0, 0, 1, 2, 3]


def test_the_line_on_columns_says_what_is_read_and_what_is_not(tmp_path):
    told = LoggedRequests.of(read(small_log(), tmp_path), SHARES, rare=1).told()
    assert told == (
        "log.parquet: labels: click; final scores; features of requests: age; features of "
        "candidates: topic; not read, because they change within a request and for a candidate: "
        "distance."
    )


def test_too_few_requests_are_refused(tmp_path):
    table = read(small_log().filter(pl.col("request") != "b"), tmp_path)
    with pytest.raises(ValueError, match="holds 2 requests: too few"):
        LoggedRequests.of(table, SHARES, rare=1)


def test_a_part_that_nobody_saw_is_refused(tmp_path):
    frame = small_log().with_columns(shown=pl.col("time") < 30)
    with pytest.raises(ValueError, match="Nobody saw a candidate in the test part"):
        LoggedRequests.of(read(frame, tmp_path), SHARES, rare=1)
