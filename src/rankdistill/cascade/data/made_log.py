"""An example of a request log, made up by a small cascade whose tastes are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from rankdistill.files import replacing

_COUNTRIES = np.array(["AT", "BR", "IN", "JP", "KE", "US"])
_TOPICS = np.array(["cooking", "football", "music", "news", "travel"])


def write_made_log(
    path: str | Path, requests: int = 2000, candidates: int = 60, seed: int = 0
) -> None:
    """Write a log of a made-up cascade as Parquet.

    Users like some topics and some items. The final ranker knows this well, and scores the two
    thirds of the candidates that a first cut had left. A user saw the ten best, clicked on some,
    and bought few.

    Args:
        path: The file.
        requests: Number of requests.
        candidates: Candidates of a request.
        seed: Seed of everything that is drawn.
    """
    draw = np.random.default_rng(seed)
    num_users, num_items = max(20, requests // 10), max(4 * candidates, 400)
    tastes = draw.normal(0, 1, (num_users, len(_TOPICS)))
    quality = draw.normal(0, 0.7, num_items)
    topic = draw.integers(len(_TOPICS), size=num_items)
    price = np.exp(draw.normal(3, 1, num_items)).round(2)
    country = _COUNTRIES[draw.integers(len(_COUNTRIES), size=num_users)]
    users = draw.integers(num_users, size=requests)
    shown_items = np.stack(
        [draw.choice(num_items, candidates, replace=False) for _ in range(requests)]
    )
    liking = tastes[users][np.arange(requests)[:, None], topic[shown_items]]
    logits = 1.2 * liking + quality[shown_items] - 2.0
    click = 1 / (1 + np.exp(-logits))
    buy = click / (1 + np.exp(2.0 + 0.4 * np.log(price[shown_items])))
    noise = draw.normal(0, 0.3, logits.shape)
    final_click = 1 / (1 + np.exp(-(logits + noise)))
    place = (-final_click).argsort(axis=1).argsort(axis=1)
    was_cut = (logits + draw.normal(0, 2.0, logits.shape)).argsort(axis=1).argsort(axis=1)
    is_scored = was_cut >= candidates // 3
    clicked = draw.random(click.shape) < click
    bought = clicked & (draw.random(click.shape) < buy / click)
    shown = (place < 10) & is_scored
    rows = np.repeat(np.arange(requests), candidates)
    flat_items, flat_users = shown_items.ravel(), users[rows]
    frame = pl.DataFrame(
        {
            "request": rows,
            "user": flat_users,
            "candidate": flat_items,
            "time": 1_700_000_000 + 60 * rows,
            "shown": shown.ravel(),
            "label_click": (clicked & shown).ravel().astype(np.int8),
            "label_buy": (bought & shown).ravel().astype(np.int8),
            "final_click": final_click.ravel().astype(np.float32),
            "final_buy": buy.ravel().astype(np.float32),
            "country": country[flat_users],
            "hour": (rows // 60) % 24,
            "topic": _TOPICS[topic[flat_items]],
            "price": price[flat_items],
        }
    )
    scored_alone = pl.when(pl.Series(is_scored.ravel())).then(pl.col("final_click", "final_buy"))
    with replacing(Path(path)) as temporary:
        frame.with_columns(scored_alone.name.keep()).write_parquet(temporary)
