import polars as pl
import pytest

from rankdistill.cascade.data.log_requests import in_order_of_time, refuse_wrong_requests


def rows(requests, candidates, times=None):
    size = len(requests)
    return pl.DataFrame(
        {
            "request": requests,
            "user": [7] * size,
            "candidate": candidates,
            "time": times or [0] * size,
            "row": list(range(size)),
        }
    )


def test_requests_of_one_time_keep_their_order_in_the_file():
    frame = in_order_of_time(rows([9, 9, 4, 4], ["b", "a", "b", "a"]))
    assert frame["request"].to_list() == [0, 0, 1, 1]
    assert frame["candidate"].to_list() == [1, 0, 1, 0]


def test_rows_of_a_request_may_lie_apart():
    frame = in_order_of_time(rows([1, 2, 1, 2], ["a", "b", "c", "d"], [5, 3, 5, 3]))
    assert frame["request"].to_list() == [0, 0, 1, 1]
    assert frame["candidate"].to_list() == [1, 3, 0, 2]


def test_the_first_candidate_that_is_there_twice_is_named():
    with pytest.raises(ValueError, match="Rows 2 and 4 of log both hold the candidate 'b'"):
        refuse_wrong_requests(rows([1, 1, 1, 1], ["a", "b", "c", "b"]), "log")


def test_requests_with_two_candidates_or_more_pass():
    refuse_wrong_requests(rows([1, 1, 2, 2], ["a", "b", "a", "b"]), "log")
