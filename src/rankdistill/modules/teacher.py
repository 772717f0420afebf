"""The teacher: the large model, whose ranking is handed over."""

from rankdistill.modules.recommender import Recommender


class Teacher(Recommender):
    """See Recommender."""

    role = "teacher"
