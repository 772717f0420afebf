"""Plain PyTorch that does the same arithmetic: no Lightning, no modules, negatives in bulk."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from benchmarks.speed.candidates import Candidate, Task

from rankdistill.data.interactions import Interactions
from rankdistill.data.sampling import UnseenItems
from rankdistill.draws.draws import Draws


def trainer(task: Task) -> Callable[[int], float]:
    """See Candidate."""
    num_users, num_items = task.data.shape
    pairs = torch.from_numpy(task.data.train)
    unseen = UnseenItems(Interactions.from_pairs(pairs[:, 0], pairs[:, 1], num_users, num_items))
    users, positives = pairs.T.contiguous()

    def train(num_epochs: int) -> float:
        torch.set_num_threads(task.threads)
        generator = torch.Generator().manual_seed(1)
        draws = Draws([1], torch.device("cpu"))
        users_table = 0.1 * torch.randn(num_users, task.embedding_dim, generator=generator)
        items_table = 0.1 * torch.randn(num_items, task.embedding_dim, generator=generator)
        user_bias, item_bias = torch.zeros(num_users), torch.zeros(num_items)
        tables = [table.requires_grad_() for table in (users_table, items_table)]
        biases = [bias.requires_grad_() for bias in (user_bias, item_bias)]
        adam = torch.optim.Adam(
            [*tables, *biases], lr=task.learning_rate, weight_decay=task.weight_decay, fused=True
        )

        def epoch() -> None:
            order = torch.randperm(len(users), generator=generator)
            shuffled = users[order]
            negatives = unseen.draw(shuffled, 1, draws)[:, 0]
            batches = (
                each.split(task.batch_size) for each in (shuffled, positives[order], negatives)
            )
            for user, positive, negative in zip(*batches, strict=True):
                both = torch.cat([positive, negative])
                rows = items_table.index_select(0, both).view(2, len(user), -1)
                bias = item_bias.index_select(0, both).view(2, -1)
                shared = user_bias.index_select(0, user)
                above, below = (rows * users_table.index_select(0, user)).sum(-1) + bias + shared
                F.softplus(below - above).mean().backward()
                adam.step()
                adam.zero_grad()

        epoch()
        start = time.perf_counter()
        for _ in range(num_epochs):
            epoch()
        return (time.perf_counter() - start) / num_epochs

    return train


def evaluator(task: Task) -> Callable[[], None]:
    """See Candidate."""
    users = torch.randn(task.data.num_users, task.embedding_dim)
    items = torch.randn(task.data.num_items, task.embedding_dim)
    held_out = torch.from_numpy(task.data.validation)[:, 0].unique()
    blocks = held_out.split(1024)

    @torch.inference_mode()
    def evaluate() -> None:
        for block in blocks:
            (users[block] @ items.T).topk(20, dim=1)

    return evaluate


CANDIDATE = Candidate(
    "bare loop",
    "the same arithmetic in plain PyTorch",
    trainer,
    "matrix product and top 20 alone: no masking, no metric",
    evaluator,
)
