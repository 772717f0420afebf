"""`rankdistill score`: the best items of all users, as Parquet files."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import polars as pl
import torch

from rankdistill.config.score import ScoreConfig
from rankdistill.rank_files.rank_file import read_rank_file
from rankdistill.serving.block_ranker import BlockRanker
from rankdistill.serving.index_recall import index_recall
from rankdistill.serving.item_index import ItemIndex, item_vectors
from rankdistill.serving.score_folder import ScoreFolder, is_written
from rankdistill.serving.scored_users import ScoredUsers, users_of_history, users_of_model
from rankdistill.serving.scoring import batch_limits, write_scores


def run(cfg: ScoreConfig) -> None:
    """Write the files that are not there yet, and print a line for each."""
    model = read_rank_file(cfg.model)
    if cfg.history is None:
        users = users_of_model(model)
    else:
        columns = {"user": cfg.user_column, "item": cfg.item_column}
        users = users_of_history(model, Path(cfg.history), columns, cfg.max_gib)
    threads = cfg.threads or torch.get_num_threads()
    index = None
    if cfg.search == "index":
        index = ItemIndex(item_vectors(model), cfg.candidates, threads)
    ranker = BlockRanker(model, users, cfg.limit, _device(cfg), index)
    limits = batch_limits(ranker, cfg.users_per_file, cfg.limit, threads, cfg.memory_gib)
    folder = ScoreFolder(Path(cfg.output), len(users.ids), cfg.users_per_file)
    made_of = _made_of(cfg, users)
    folder.begin(made_of)
    for note in users.notes:
        print(note)
    own = folder.parts(*cfg.shard_of_shards)
    missing = [part for part in own if not is_written(part)]
    if kept := len(own) - len(missing):
        print(f"{kept} of {len(own)} files are there already and stay.")
    if index is not None and missing:
        index.open(folder.index_of(str(made_of["model"])))
        compared = min(cfg.recall_users, len(users.ids))
        recall = index_recall(model, users, cfg.limit, index, compared)
        folder.add({"recall": recall, "recall_users": compared})
        print(
            f"The index finds {recall:.1%} of the best {cfg.limit} items, by exact search for "
            f"{compared:,} users; more than candidates={cfg.candidates} find more.",
            flush=True,
        )
    started, scored = time.perf_counter(), 0
    item_ids = pl.Series(model.item_ids, dtype=pl.String)
    for part in write_scores(ranker, users, item_ids, missing, limits):
        scored += part.end - part.start
        rate = scored / (time.perf_counter() - started)
        print(f"{part.path}: {part.end - part.start:,} users ({rate:,.0f} a second)", flush=True)
    print(_ending(cfg, folder, len(own)))


def _ending(cfg: ScoreConfig, folder: ScoreFolder, num_own: int) -> str:
    parts = folder.parts()
    there = sum(part.path.exists() for part in parts)
    what = f"the best {cfg.limit} items of {folder.num_users:,} users"
    if there == len(parts):
        return f"{cfg.output} holds {what}, in {there} file{'s' if there > 1 else ''}."
    if num_own == 0:
        return f"Shard {cfg.shard} has nothing to do: {len(parts)} files are fewer than shards."
    return f"{cfg.output} holds {there} of {len(parts)} files of {what}."


def _made_of(cfg: ScoreConfig, users: ScoredUsers) -> dict[str, str | int | None]:
    """What changes the files."""
    return {
        "model": _sha256(cfg.model),
        "history": None if cfg.history is None else _sha256(cfg.history),
        "user_column": cfg.user_column,
        "item_column": cfg.item_column,
        "limit": cfg.limit,
        "users_per_file": cfg.users_per_file,
        "users": len(users.ids),
        "search": cfg.search,
        "candidates": cfg.candidates if cfg.search == "index" else None,
    }


def _sha256(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _device(cfg: ScoreConfig) -> torch.device:
    name = "cpu" if cfg.search == "index" else cfg.device
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"device={name} cannot be used ({reason}); try device=cpu.") from error
