import pytest
from matplotlib.figure import Figure
from tests.cascade.reporting.made_cascade import made_cascade

from rankdistill.cascade.reporting.bars import draw_corruption


@pytest.mark.parametrize("num_seeds", [1, 3])
def test_bars_are_changes_of_the_same_seed_against_the_clean_log(num_seeds):
    result, picture = made_cascade(num_seeds), Figure().subplots()
    draw_corruption(picture, result, "teacher_ce")
    widths = {round(bar.get_width(), 6) for bar in picture.patches}
    assert widths == {0.001, 0.002, 0.004, 0.008, 0.02, 0.06}  # the made losses
    labels = [label.get_text() for label in picture.get_yticklabels()]
    assert labels == [
        "marked invalid, 10%",
        "invalid and not marked, 10%",
        "stale and not marked, 10%",
        "stale and not marked, 50%",
    ]
    # Seeds step by .004 on the clean log and by -.001 on the others: whiskers of .005, if any.
    whiskers = [path.vertices for line in picture.collections for path in line.get_paths()]
    assert len(whiskers) == (8 if num_seeds > 1 else 0)
    for ends in whiskers:
        assert (ends[1][0] - ends[0][0]) / 2 == pytest.approx(0.005)
