"""The plain student: the small model, trained on the data alone."""

from rankdistill.modules.recommender import Recommender


class Student(Recommender):
    """A recommender that is trained on the data alone, to be compared with the distilled one."""

    role = "student"
