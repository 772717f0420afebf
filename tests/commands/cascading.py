"""`rankdistill cascade` as a person runs it, on made-up visits."""

from __future__ import annotations

from pathlib import Path

from tests.data.made_up_visits import write_visits

TINY = (
    "data=ml_100k",
    "data.download=false",
    "trainer=smoke",
    "trainer.threads=1",
    "cascade/final_ranker/size=small",
    "cascade/early_ranker/size=e1_d8",
    "requests.page=4",
    "impressions.passed_by=5",
    "evaluation.top_k=[5,8]",
    "evaluation.kept=[5,10,20]",
    "evaluation.agreement=10",
    "evaluation.monitor=val/recall_of_final@5_in_10",
    "cascade/robustness=none",
)


def tiny(folder: Path) -> tuple[str, ...]:
    """Overrides that find made-up visits below a folder, written on the first call."""
    source = folder / "releases"
    if not source.exists():
        write_visits(source)
    return (*TINY, f"data.path={source}", f"data.cache={folder / 'cache'}")
