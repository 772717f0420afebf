"""Names of models in a cascade's folders and results that the program itself refers to."""

FINAL_RANKER = "final_ranker"
USERS_ALONE = "none"
"""The student without teacher labels, with which the others are compared where it is there."""
