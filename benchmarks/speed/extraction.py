"""The teacher's best K unseen items of every user, against the bare product and top K."""

from __future__ import annotations

import torch
from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.project import configuration, datamodule_of
from benchmarks.speed.turns import ratios, repeated, summary

from rankdistill.distillation.teacher_ranking import best_items
from rankdistill.runs.models import make_model

DIM, TOP_K = 200, (10, 100)


def measure(bench: Bench) -> Measured:
    """Milliseconds for all users."""
    cfg = configuration("module=teacher", f"backbone.embedding_dim={DIM}")
    datamodule = datamodule_of(bench.data)
    backbone = make_model(cfg, datamodule, None).backbone
    train, (num_users, num_items) = datamodule.split.train, bench.data.shape
    users, items = torch.randn(num_users, DIM), torch.randn(num_items, DIM)
    measured = Measured({"data": bench.data.name, "users": num_users, "embedding_dim": DIM})
    for top_k in TOP_K[:1] if bench.quick else TOP_K:

        def ours(top_k: int = top_k) -> None:
            best_items(backbone.score_rows, train, top_k, datamodule.user_block)

        @torch.inference_mode()
        def bare(top_k: int = top_k) -> None:
            for block in users.split(datamodule.user_block):
                (block @ items.T).topk(top_k, dim=1)

        taken = bench.in_turns({"ours": repeated(ours), "bare": repeated(bare)}, 7)
        least = 1e3 * bench.limits.ranking(num_users, num_items, DIM)
        milliseconds = summary([1e3 * each for each in taken["ours"]])
        measured.add("ms", milliseconds, least, top_k=top_k)
        measured.add("x bare", ratios(taken["ours"], taken["bare"]), top_k=top_k)
        bench.say(f"best {top_k}: {milliseconds['median']:.1f} ms")
    return measured
