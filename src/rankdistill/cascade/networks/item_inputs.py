"""Inputs of the early ranker that describe an item beside its id."""

from __future__ import annotations

from torch import Tensor, nn

from rankdistill.cascade.data.item_features import ItemFeatures


class ItemFeaturesInput(nn.Module):
    """Adds up what each feature of an item says: a linear part and an embedding a category.

    It starts at zero, so that an item begins as its id alone.

    Args:
        features: Of all items.
        dim: Size of an item's embedding.
    """

    def __init__(self, features: ItemFeatures, dim: int):
        super().__init__()
        self.register_buffer("rows", features.rows, persistent=False)
        self.register_buffer("dense", features.dense, persistent=False)
        self.register_buffer("categories", features.categories, persistent=False)
        self.rows: Tensor
        self.dense: Tensor
        self.categories: Tensor
        self.numbers = nn.Linear(features.dense.shape[1], dim, bias=False)
        self.words = nn.ModuleList(nn.Embedding(size, dim) for size in features.sizes)
        for weight in self.parameters():
            nn.init.zeros_(weight)

    def forward(self, item_ids: Tensor) -> Tensor:
        """(..., dim) of item ids of any shape."""
        said = self.numbers(self.dense[item_ids])
        for table, ids in zip(self.words, self.categories[item_ids].unbind(-1), strict=True):
            said = said + table(ids)
        return said
