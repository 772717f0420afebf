from rankdistill.serving.recommendations import Recommendation, Recommendations


def test_a_list_is_gone_through_from_the_best_and_told_apart_from_popularity():
    items = Recommendation("50", "A film", 2.5), Recommendation("7", None, 1.0)
    found = Recommendations(items)
    assert [item for item, _, _ in found] == ["50", "7"]
    assert len(found) == 2
    assert not found.by_popularity
