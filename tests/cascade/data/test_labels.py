import torch

from rankdistill.cascade.data.labels import relevant, user_labels
from rankdistill.cascade.data.tasks import TASKS


def test_labels_of_watch_like_and_share_by_stars():
    assert TASKS == ("watch", "like", "share")
    stars = torch.tensor([0.0, 0.5, 3.5, 4.0, 4.5, 5.0])
    assert user_labels(stars).tolist() == [
        [0, 0, 0],
        [1, 0, 0],
        [1, 0, 0],
        [1, 1, 0],
        [1, 1, 0],
        [1, 1, 1],
    ]
    assert relevant(stars).tolist() == [False, True, True, True, True, True]
