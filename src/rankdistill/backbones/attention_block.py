"""One block of a self-attention network."""

from __future__ import annotations

from torch import Tensor, nn

from rankdistill.backbones.packed_rows import RaggedRows
from rankdistill.draws.draws import Draws
from rankdistill.kernels.dropout import dropout


class AttentionBlock(nn.Module):
    """Self-attention, then a feed-forward network; each reads normed entries and adds to them.

    x := x + W_o attention(norm(x)), and x := x + W_2 relu(W_1 norm(x)). Dropout follows W_o, W_1
    and W_2. Weights of attention are not dropped: so PyTorch never writes them down.

    Args:
        embedding_dim: Length of an entry, a multiple of ``num_heads``.
        num_heads: Parts of an entry that attend on their own.
        feed_forward_factor: Length of the hidden layer, in times of ``embedding_dim``.
        dropout: Share of numbers that are dropped in training.
    """

    def __init__(
        self, embedding_dim: int, num_heads: int, feed_forward_factor: int, dropout: float
    ):
        super().__init__()
        hidden = feed_forward_factor * embedding_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.attention_norm = nn.LayerNorm(embedding_dim)
        self.projections = nn.Linear(embedding_dim, 3 * embedding_dim)
        self.attended = nn.Linear(embedding_dim, embedding_dim)
        self.feed_forward_norm = nn.LayerNorm(embedding_dim)
        self.expanded = nn.Linear(embedding_dim, hidden)
        self.contracted = nn.Linear(hidden, embedding_dim)

    def forward(self, entries: Tensor, rows: RaggedRows, draws: Draws | None) -> Tensor:
        """Change the entries of all sequences.

        Args:
            entries: (num_entries, embedding_dim).
            rows: The sequences that they stand in.
            draws: Source of what is dropped; None: nothing is.
        """
        projections = self.projections(self.attention_norm(entries))
        attended = self.attended(rows.attend(projections, self.num_heads))
        entries = entries + self._dropped(attended, draws)
        hidden = self.expanded(self.feed_forward_norm(entries)).relu()
        changes = self.contracted(self._dropped(hidden, draws))
        return entries + self._dropped(changes, draws)

    def _dropped(self, values: Tensor, draws: Draws | None) -> Tensor:
        return values if draws is None else dropout(values, self.dropout, draws)
