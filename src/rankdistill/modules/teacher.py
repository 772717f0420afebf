"""The teacher: the large model that a student learns from."""

from rankdistill.modules.recommender import Recommender


class Teacher(Recommender):
    """A recommender that is trained on the data alone, to be a teacher."""

    role = "teacher"
