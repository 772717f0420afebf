"""The record as Markdown: every measurement with its settings, spread and limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.speed.figures import every, find, limit, spread, table
from benchmarks.speed.limits import CACHED, UNCACHED

from rankdistill.files import write_text_atomically

Record = dict[str, Any]
OURS = "rankdistill"


def write_report(folder: Path, record: Record) -> None:
    """Write speed.md beside the record."""
    lines = ["# Speed", "", *_preface()]
    for name, (title, body) in SECTIONS.items():
        if name in record["measurements"]:
            settings = _settings(record["measurements"][name])
            lines += ["", f"## {title}", "", *body(record), "", *settings]
    write_text_atomically(folder / "speed.md", "\n".join([*lines, ""]))


def _preface() -> list[str]:
    return [
        "Made by `python -m benchmarks.speed`. Candidates take turns in one process tree, on the "
        "same threads, data and split; a first turn is not counted. Figures are medians, with "
        "quartiles in brackets; ratios are taken turn by turn. *Limit* is what this machine would "
        f"allow at best, from its rates of copying {CACHED >> 20} MiB and {UNCACHED >> 20} MiB and "
        "of multiplying matrices, measured at the start of the same run: the bytes that the "
        "arithmetic must move and the products that it needs, and nothing else.",
    ]


def _settings(measurement: dict[str, Any]) -> list[str]:
    limits = measurement["limits"]
    lines = [f"- {key}: {_words(value)}" for key, value in measurement["settings"].items()] + [
        f"- skipped: {name}, {reason}" for name, reason in measurement["skipped"].items()
    ]
    if measurement["quick"]:
        lines.append("- **quick**: this shows that all runs; its figures say nothing")
    lines.append(
        f"- machine: {measurement['machine']}; copies {limits['cached_copy'] / 1e9:.1f} GB/s in "
        f"the caches, {limits['memory_copy'] / 1e9:.1f} GB/s beyond (bytes read and written), "
        f"multiplies {limits['product'] / 1e9:.0f} GFLOP/s"
    )
    return lines


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_words(each)}" for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(f"`{each}`" for each in value)
    return str(value)


def _training(record: Record) -> list[str]:
    peers = [name for name in every(record, "training", "candidate") if name != OURS]
    rows = []
    for dim in every(record, "training", "embedding_dim"):
        for batch in every(record, "training", "batch_size"):
            of = {"embedding_dim": dim, "batch_size": batch}
            ours = find(record, "training", "interactions/s", candidate=OURS, **of)
            if ours is None:
                continue
            ratios = [find(record, "training", "x ours", candidate=peer, **of) for peer in peers]
            cells = [spread(each, "x") for each in ratios]
            rows.append([str(dim), f"{batch:,}", spread(ours), *cells, limit(ours)])
    header = ["d", "batch", "interactions/s", *(f"against {peer}" for peer in peers), "limit"]
    return [
        "Training by BPR; against a peer: how many times as many interactions a second.",
        "",
        *table(header, rows, 0),
    ]


def _evaluation(record: Record) -> list[str]:
    peers = [name for name in every(record, "evaluation", "candidate") if name != OURS]
    rows = []
    for dim in sorted({*every(record, "evaluation", "embedding_dim")}):
        ours = find(record, "evaluation", "ms", candidate=OURS, embedding_dim=dim)
        if ours is None:
            continue
        ratios = [
            find(record, "evaluation", "x ours", candidate=peer, embedding_dim=dim)
            for peer in peers
        ]
        rows.append([str(dim), spread(ours), *(spread(each, "x") for each in ratios), limit(ours)])
    header = ["d", "ms", *(f"against {peer}" for peer in peers), "limit (ms)"]
    lines = table(header, rows, 0)
    lines += ["", "Growth of ours with users x items:", ""]
    unit = "ns per user and item"
    rows = [
        [shape, spread(figure := find(record, "evaluation", unit, shape=shape)), limit(figure)]
        for shape in every(record, "evaluation", "shape")
    ]
    (exponent,) = [
        each
        for each in record["measurements"]["evaluation"]["figures"]
        if each["unit"].startswith("exponent")
    ]
    return [
        *lines,
        *table(["users x items", unit, "limit"], rows),
        "",
        f"Time grows with users x items to the power {exponent['median']:.2f}.",
    ]


def _extraction(record: Record) -> list[str]:
    rows = []
    for top_k in every(record, "extraction", "top_k"):
        ours = find(record, "extraction", "ms", top_k=top_k)
        bare = find(record, "extraction", "x bare", top_k=top_k)
        rows.append([str(top_k), spread(ours), spread(bare, "x"), limit(ours)])
    return table(["K", "ms, all users", "over the bare product and top K", "limit (ms)"], rows, 0)


def _epochs(record: Record) -> list[str]:
    rows = []
    for loss in every(record, "epochs", "ranking_loss"):
        for dim in every(record, "epochs", "embedding_dim"):
            for student in every(record, "epochs", "student"):
                of = {"ranking_loss": loss, "embedding_dim": dim, "student": student}
                ms, ratio = (find(record, "epochs", unit, **of) for unit in ("ms", "x plain"))
                if ms is not None:
                    cells = [spread(ms), spread(ratio, "x"), limit(ms)]
                    rows.append([loss, student, str(dim), *cells])
    header = ["ranking loss", "student", "d", "epoch (ms)", "over plain", "limit (ms)"]
    return table(header, rows, 2)


def _columns(record: Record, measurement: str) -> list[str]:
    """Whatever was measured of each thing, a column a unit."""
    figures = record["measurements"][measurement]["figures"]
    units = list(dict.fromkeys(each["unit"] for each in figures))
    rows: dict[str, dict[str, Any]] = {}
    for each in figures:
        name = ", ".join(_named(key, value) for key, value in each["of"].items())
        rows.setdefault(name, {})[each["unit"]] = each
    lines = []
    for name, found in rows.items():
        cells = []
        for unit in units:
            figure = found.get(unit)
            allowed = f" (limit {limit(figure)})" if figure and "limit" in figure else ""
            cells.append(spread(figure) + allowed)
        lines.append([name, *cells])
    return table(["", *units], lines)


def _named(key: str, value: Any) -> str:
    return value if isinstance(value, str) else f"{key} {value:,}"


def _plainly(measurement: str) -> Callable[[Record], list[str]]:
    return lambda record: _columns(record, measurement)


SECTIONS: dict[str, tuple[str, Callable[[Record], list[str]]]] = {
    "training": ("Training", _training),
    "evaluation": ("Full ranking and metrics, all users with validation items", _evaluation),
    "extraction": ("The teacher's best K of every user", _extraction),
    "epochs": ("An epoch with each method", _epochs),
    "peer_tuning": ("implicit's settings, chosen on validation", _plainly("peer_tuning")),
    "time_to_quality": ("Time to a stated validation quality", _plainly("time_to_quality")),
    "compare": ("`rankdistill compare`, end to end", _plainly("compare")),
    "start_up": ("Start-up", _plainly("start_up")),
    "memory": ("Memory of evaluation", _plainly("memory")),
    "growth": ("From 100K to 20M interactions", _plainly("growth")),
    "scale": ("Data of the shape of MovieLens 20M", _plainly("scale")),
}
