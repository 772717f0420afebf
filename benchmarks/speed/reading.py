"""The table of docs/performance.md: aims, what was measured, what the machine would allow."""

from __future__ import annotations

from typing import Any

from benchmarks.sections import put
from benchmarks.speed.evaluation import GROWTH_DIM
from benchmarks.speed.figures import Figure, find, limit, number, spread, table

Record = dict[str, Any]
Row = tuple[str, str, Figure | None, float, bool, str]
"""What, the unit, the figure, the aim, whether more is better, what the machine would allow."""
OURS, DIM, TEACHER = "rankdistill", 200, "our softmax, d = 200"


def put_into_docs(record: Record) -> None:
    """Fill the section of docs/performance.md."""
    rows = [_cells(*row) for row in _rows(record)]
    header = ["what", "measured", "aim", "the machine's limit"]
    machines = {each["machine"] for each in record["measurements"].values()}
    put(
        "speed",
        "\n".join([*table(header, rows), "", f"Measured on {' and on '.join(sorted(machines))}."]),
    )


def _cells(
    what: str, unit: str, figure: Figure | None, aim: float, more: bool, allowed: str
) -> list[str]:
    value = None if figure is None else figure["median"]
    met = value is not None and (value >= aim if more else value <= aim)
    wanted = f"{'>=' if more else '<='} {number(aim)}{unit}"
    shown = "not reached" if figure is None else spread(figure, unit)
    return [what, shown, wanted if met else f"{wanted}, **missed**", allowed]


def _rows(record: Record) -> list[Row]:
    """Whatever is recorded; a quality that is not reached is told too."""
    parts = (_training, _evaluation, _memory, _epochs, _commands, _scale)
    measured = [row for part in parts for row in part(record) if row[2] is not None]
    return [*measured, *_whole_rows(record), *_quality(record)]


def _training(record: Record) -> list[Row]:
    rows: list[Row] = []
    for batch, aim in ((256, 3), (1024, 2.5), (4096, 2)):
        of = {"embedding_dim": DIM, "batch_size": batch}
        ours = find(record, "training", "interactions/s", candidate=OURS, **of)
        if ours is None:
            continue
        speed = f"{number(ours['median'])} interactions/s"
        what = f"BPR, d = {DIM}, batches of {batch:,}: {speed}, against"
        allowed = f"{limit(ours)} interactions/s"
        for peer, least in (("Spotlight", aim), ("bare loop", 0.8)):
            ratio = find(record, "training", "x ours", candidate=peer, **of)
            rows.append((f"{what} {peer}", "x", ratio, least, True, allowed))
    return rows


def _evaluation(record: Record) -> list[Row]:
    of = {"embedding_dim": DIM}
    ours = find(record, "evaluation", "ms", candidate=OURS, **of)
    if ours is None:
        return []
    what = f"ranking all users, all metrics, d = {DIM}: {number(ours['median'])} ms, against"
    allowed = f"{limit(ours)} ms"
    aims = {"Spotlight": 20.0, "implicit": 3.0, "bare loop": 0.5}
    power = find(record, "evaluation", "exponent of users x items", embedding_dim=GROWTH_DIM)
    growth: Row = (
        "power of users x items that ranking's time grows with",
        "",
        power,
        1,
        False,
        "1",
    )
    against: list[Row] = [
        (
            f"{what} {'bare product and top 20' if peer == 'bare loop' else peer}",
            "x",
            find(record, "evaluation", "x ours", candidate=peer, **of),
            aim,
            True,
            allowed,
        )
        for peer, aim in aims.items()
    ]
    return [*against, growth]


def _memory(record: Record) -> list[Row]:
    """Flat: a tenth more at four times the users."""
    few, many = (
        find(record, "memory", "MiB", users=users, user_block=256) for users in (25_000, 100_000)
    )
    if few is None:
        return []
    what = "memory that ranking 100,000 users x 50,000 items adds, in blocks of 256 users"
    allowed = f"{limit(few)} MiB, a block's scores"
    return [(what, " MiB", many, 1.1 * few["median"], False, allowed)]


def _epochs(record: Record) -> list[Row]:
    aims = {
        "ranking, hybrid, sampled rank": 1.6,
        "ranking, hybrid, exact rank": 1.6,
        "soft_targets": 3.0,
        "plackett_luce": 3.0,
    }
    rows: list[Row] = []
    for loss in ("softmax", "bpr"):
        of = {"ranking_loss": loss, "embedding_dim": 10}
        plain = find(record, "epochs", "ms", student="plain student", **of)
        allowed = f"{limit(plain)} ms for the plain {number(plain['median'])} ms" if plain else "-"
        for student, aim in aims.items():
            ratio = find(record, "epochs", "x plain", student=student, **of)
            what = f"epoch of `{student}` over the plain student's, {loss}, d = 10"
            rows.append((what, "x", ratio, aim, False, allowed))
    return rows


def _quality(record: Record) -> list[Row]:
    rows: list[Row] = []
    for peer in ("implicit ALS", "implicit BPR"):
        theirs = find(record, "time_to_quality", "s to its best", candidate=peer)
        reached = find(record, "time_to_quality", f"s to the best of {peer}", candidate=TEACHER)
        if theirs is not None:
            best = find(record, "time_to_quality", "val/map@5", candidate=peer)
            assert best is not None
            what = f"fitting, d = {DIM} softmax, to {peer}'s best MAP@5 of {best['median']:.4f}"
            rows.append((what, " s", reached, theirs["median"], False, "-"))
    return rows


def _whole_rows(record: Record) -> list[Row]:
    """A quarter of the time that sampled BPR takes to reach its own best."""
    one = "our {}, d = 100, MovieLens 1M".format
    theirs = find(record, "time_to_quality", "s to its best", candidate=one("bpr"))
    best = find(record, "time_to_quality", "val/map@5", candidate=one("pointwise"))
    if theirs is None or best is None:
        return []
    rows: list[Row] = []
    for name in ("softmax", "softmax in a hurry"):
        of = {"candidate": one(name)}
        reached = find(record, "time_to_quality", "s to the best of pointwise", **of)
        aim = f"the point-wise loss's MAP@5 of {best['median']:.3f}"
        what = f"MovieLens 1M, d = 100, {name}, to {aim}"
        allowed = f"{number(theirs['median'])} s, BPR to its own best"
        rows.append((what, " s", reached, theirs["median"] / 4, False, allowed))
    return rows


def _scale(record: Record) -> list[Row]:
    settings = record["measurements"].get("scale", {}).get("settings", {})
    if settings.get("rows", 0) < 20_000_000:
        return []
    train = "train, whole process with validation and test"
    wanted = (
        ("reading 20M rows, text", " s", "reading the text", "s", 15.0),
        ("reading 20M rows, from the binary cache", " s", "reading the cache", "s", 1.0),
        (
            "`train` at 138,493 x 26,744, 20M interactions, peak memory",
            " MiB",
            train,
            "MiB",
            8192.0,
        ),
    )
    return [
        (what, unit, find(record, "scale", measure, what=of), aim, False, "-")
        for what, unit, of, measure, aim in wanted
    ]


def _commands(record: Record) -> list[Row]:
    rows: list[Row] = []
    for experiment in ("list_wise_d10", "softmax_d10", "pointwise_d10"):
        of = {"experiment": experiment}
        both = [find(record, "compare", "s", part=part, **of) for part in ("fitting", "evaluation")]
        if both[0] is not None and both[1] is not None:
            total = {**both[0]}
            total["median"] += both[1]["median"]
            total["quartiles"] = [
                sum(pair) for pair in zip(*(b["quartiles"] for b in both), strict=True)
            ]
            what = f"`compare experiment={experiment} seeds=[1]`, fitting and evaluation"
            rows.append((what, " s", total, 45, False, "-"))
    alone = find(record, "start_up", "s", command="python alone")
    imports = find(record, "start_up", "s", command="import pytorch_lightning")
    if alone is not None and imports is not None:
        shown = find(record, "start_up", "s", command="rankdistill --help")
        allowed = f"{number(alone['median'])} s, Python alone"
        rows.append(("`rankdistill --help`", " s", shown, 0.5, False, allowed))
        other = find(
            record, "start_up", "s", command="rankdistill train module=student", part="all else"
        )
        allowed = f"{number(imports['median'])} s, importing Lightning"
        rows.append(("`rankdistill train`, outside fit and test", " s", other, 10, False, allowed))
    return rows
