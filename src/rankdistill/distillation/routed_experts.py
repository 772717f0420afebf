"""Experts that rebuild the teacher's embeddings from the student's, and the router among them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from rankdistill.distillation.annealed_draws import annealed_temperature, gumbel_softmax
from rankdistill.distillation.gumbel import gumbel_noise
from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.uniform_start import uniform_start
from rankdistill.draws.draws import Draws

ONE_HOT_BELOW = 1e-3
"""Temperature under which a draw counts as one-hot: log odds hardly ever lie that close."""


class Rebuilt(NamedTuple):
    """What the experts made of a batch.

    Attributes:
        rebuilt: (n, teacher_dim) reconstructions of the teacher's embeddings.
        chosen: (n,) int64, the expert drawn for each row, the one with the largest share.
    """

    rebuilt: Tensor
    chosen: Tensor


class RoutedExperts(nn.Module):
    """Experts E_m: student_dim -> (student_dim + teacher_dim) / 2 -> teacher_dim, and a router.

    The router draws from softmax(W e_t) on the teacher's embedding e_t, by Gumbel-softmax. Once
    the draws are one-hot they carry no gradient to W, and Adam's weight decay alone would shrink
    it until all draws are alike: from then on W is held as it stands, and an embedding costs one
    expert instead of all of them.

    Args:
        num_experts: M.
        student_dim: Length of the student's embeddings.
        teacher_dim: Length of the teacher's embeddings.
        anneal_epochs: See ``annealed_temperature``.
        draws: Source of the start and of the router's draws; the parameters lie on its device.

    Reference:
        Kang et al., "DE-RRD: A Knowledge Distillation Framework for Recommender System", CIKM
        2020.
    """

    def __init__(
        self,
        num_experts: int,
        student_dim: int,
        teacher_dim: int,
        anneal_epochs: int,
        draws: Draws,
    ):
        super().__init__()
        self.num_experts, self.anneal_epochs = num_experts, anneal_epochs
        self.draws = draws
        hidden_dim = (student_dim + teacher_dim) // 2

        def start(*shape: int, num_inputs: int) -> nn.Parameter:
            return uniform_start(shape, num_inputs, draws)

        self.router = start(num_experts, teacher_dim, num_inputs=teacher_dim)
        self.hidden_weight = start(num_experts, student_dim, hidden_dim, num_inputs=student_dim)
        self.hidden_bias = start(num_experts, hidden_dim, num_inputs=student_dim)
        self.output_weight = start(num_experts, hidden_dim, teacher_dim, num_inputs=hidden_dim)
        self.output_bias = start(num_experts, teacher_dim, num_inputs=hidden_dim)
        self.temperature = 1.0
        self._held_router: Tensor | None = None

    @classmethod
    def between(
        cls, context: DistillationContext, num_experts: int, anneal_epochs: int
    ) -> RoutedExperts:
        """Experts from a student's embeddings to its teacher's."""
        assert context.teacher_tables is not None
        assert context.student_dim is not None
        teacher_dim = context.teacher_tables.users.shape[1]
        return cls(num_experts, context.student_dim, teacher_dim, anneal_epochs, context.draws)

    def anneal(self, epoch: int) -> None:
        """Set the temperature of an epoch (from 0)."""
        self.temperature = annealed_temperature(epoch, self.anneal_epochs)
        if self.is_one_hot and self._held_router is None:
            self._held_router = self.router.detach().clone()

    @property
    def is_one_hot(self) -> bool:
        """Whether the draws have come down to one expert each."""
        return self.temperature < ONE_HOT_BELOW

    def forward(self, student: Tensor, teacher: Tensor) -> Rebuilt:
        """Draw experts and rebuild the teacher's embeddings.

        Args:
            student: (n, student_dim).
            teacher: (n, teacher_dim), of the same users or items; the router alone sees it.
        """
        logits = teacher @ self._routing_weights().t()
        noise = gumbel_noise(logits.shape, self.draws)
        shares = gumbel_softmax(logits, noise, self.temperature).to(logits.dtype)
        chosen = shares.argmax(1)
        if not self.is_one_hot:
            return Rebuilt(self.mixture(student, shares), chosen)
        share = shares.gather(1, chosen[:, None])  # 1, but for the rarest ties
        return Rebuilt(share * self.of_chosen(student, chosen), chosen)

    def mixture(self, student: Tensor, shares: Tensor) -> Tensor:
        """The outputs of all experts, each times its share, as one matrix product.

        Args:
            student: (n, student_dim).
            shares: (n, num_experts).

        Returns:
            (n, teacher_dim) sums over the experts.
        """
        first_layers = self.hidden_weight.transpose(0, 1).flatten(1)
        hidden = (student @ first_layers + self.hidden_bias.flatten()).relu()
        shared = hidden.view(len(student), self.num_experts, -1) * shares[:, :, None]
        return shared.flatten(1) @ self.output_weight.flatten(0, 1) + shares @ self.output_bias

    def of_chosen(self, student: Tensor, chosen: Tensor) -> Tensor:
        """One expert's output per row: a batched product over experts, each padded to the longest.

        Args:
            student: (n, student_dim).
            chosen: (n,) int64, the expert of each row.

        Returns:
            (n, teacher_dim).
        """
        counts = torch.bincount(chosen, minlength=self.num_experts)
        longest = int(counts.max())
        order = chosen.argsort()
        starts = (counts.cumsum(0) - counts)[chosen[order]]
        places = torch.arange(len(chosen), device=chosen.device) - starts
        slots = chosen * longest + torch.empty_like(chosen).index_copy_(0, order, places)
        rows = student.new_zeros(self.num_experts * longest, student.shape[1])
        rows = rows.index_copy(0, slots, student).view(self.num_experts, longest, -1)
        hidden = torch.baddbmm(self.hidden_bias[:, None], rows, self.hidden_weight).relu()
        output = torch.baddbmm(self.output_bias[:, None], hidden, self.output_weight)
        return output.flatten(0, 1).index_select(0, slots)

    def _routing_weights(self) -> Tensor:
        if self._held_router is None:
            return self.router
        # Held, and yet a function of the parameter: DDP waits for the gradient of every one.
        return self._held_router + (self.router - self.router.detach())


def reconstruction_loss(rebuilt: Tensor, teacher: Tensor) -> Tensor:
    """Mean over embeddings of the squared distance, which is summed over dimensions.

    Args:
        rebuilt: (n, teacher_dim).
        teacher: (n, teacher_dim).

    Returns:
        Scalar.

    Raises:
        ValueError: If the shapes differ.
    """
    if rebuilt.shape != teacher.shape or teacher.dim() != 2:
        raise ValueError(
            f"expected two (n, teacher_dim) tensors, got {tuple(rebuilt.shape)} and "
            f"{tuple(teacher.shape)}."
        )
    return (rebuilt - teacher).square().sum(1).mean()
