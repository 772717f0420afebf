"""Times as a source writes them: numbers, or dates and date-times of ISO 8601."""

from __future__ import annotations

import polars as pl

from rankdistill.data.field_kinds import ISO_TIME

LIMIT = 2.0**63
"""Times lie between minus this and this: what 64 bits count."""

_TIDY = rf"^\s*{ISO_TIME}\s*$"


def as_times(values: pl.Series) -> pl.Series:
    """Times as numbers that keep what was written.

    Args:
        values: Integers, floats, dates, date-times, or text that is an ISO date or date-time. A
            date-time without an offset is read as UTC.

    Returns:
        Int64 where every time is whole, else Float64; null where there is no time to read. Dates
        become seconds since 1970.
    """
    if values.dtype == pl.String:
        values = _from_text(values)
    elif values.dtype == pl.Date or isinstance(values.dtype, pl.Datetime):
        values = _since_1970(values)
    if values.dtype.is_float() and not _is_whole(values):
        return values.cast(pl.Float64)
    return values.cast(pl.Int64)


def _is_whole(values: pl.Series) -> bool:
    in_range = values.is_finite() & (values.abs() < LIMIT)
    return bool((in_range & (values == values.floor())).all())


def _since_1970(values: pl.Series) -> pl.Series:
    """Whole seconds as integers; else with the fraction."""
    if values.dtype == pl.Date:
        return values.cast(pl.Int64) * 86_400
    unit = "ns" if getattr(values.dtype, "time_unit", "us") == "ns" else "us"
    per_second = 10**9 if unit == "ns" else 10**6
    ticks = values.dt.timestamp(unit)
    return _seconds(ticks // per_second, (ticks % per_second).cast(pl.Float64) / per_second)


def _from_text(values: pl.Series) -> pl.Series:
    """Null where the text is no ISO time, or names a day that no calendar has."""
    fields = values.str.extract_groups(_TIDY).struct.unnest()

    def number(name: str, missing: int | None = 0) -> pl.Expr:
        given = pl.col(name).cast(pl.Int64, strict=False)
        return given if missing is None else given.fill_null(missing)

    written = pl.concat_str("year", pl.lit("-"), "month", pl.lit("-"), "day")
    day = written.str.to_date("%Y-%m-%d", strict=False).cast(pl.Int64)
    sign = pl.when(pl.col("sign") == "-").then(-1).otherwise(1)
    offset = sign * (number("offset_hours") * 3600 + number("offset_minutes") * 60)
    clock = number("hour") * 3600 + number("minute") * 60 + number("second")
    is_clock = (number("hour") < 24) & (number("minute") < 60) & (number("second") < 61)
    whole = pl.when(is_clock).then(day * 86_400 + clock - offset)
    fraction = pl.concat_str(pl.lit("0."), pl.col("fraction").fill_null("0")).cast(pl.Float64)
    read = fields.select(whole=whole, fraction=fraction)
    return _seconds(read["whole"], read["fraction"])


def _seconds(whole: pl.Series, fraction: pl.Series) -> pl.Series:
    return whole + fraction if bool((fraction > 0).any()) else whole
