"""The student: the small model, trained on the data alone."""

from rankdistill.modules.recommender import Recommender


class Student(Recommender):
    """See Recommender."""

    role = "student"
