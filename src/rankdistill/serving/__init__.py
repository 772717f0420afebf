"""Recommend with a model.rank, in NumPy alone.

from rankdistill import serving

model = serving.load("shop.rank")
for item, title, score in model.recommend(user="196", limit=10):
    print(title, score)
"""

from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.rank_file import read_rank_file as read
from rankdistill.rank_files.rank_file import write_rank_file as write
from rankdistill.serving.rank_model import RankModel, load
from rankdistill.serving.reasons import Reason
from rankdistill.serving.recommendations import Recommendation, Recommendations

__all__ = [
    "RankFile",
    "RankModel",
    "Reason",
    "Recommendation",
    "Recommendations",
    "load",
    "read",
    "write",
]
