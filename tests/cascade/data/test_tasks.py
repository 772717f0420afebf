"""Tasks are told apart by the ratings that count for them."""

from rankdistill.cascade.data.tasks import TASKS, THRESHOLDS


def test_later_tasks_need_higher_ratings_and_the_first_takes_every_one():
    least = [THRESHOLDS[task] for task in TASKS]
    assert least == sorted(set(least))
    assert least[0] == 0.0
