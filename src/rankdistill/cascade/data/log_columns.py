"""The columns of a request log, each checked and brought into the form that its role needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from rankdistill.data.times import as_times
from rankdistill.quoting import excerpt


class LogColumns:
    """Reads columns of a log.

    Args:
        frame: The log as it is in the file.
        source: What messages call it.
    """

    def __init__(self, frame: pl.DataFrame, source: str):
        self.frame, self.source = frame, source

    def ids(self, name: str, role: str) -> pl.Series:
        """Ids as whole numbers or words; a ValueError where one is missing."""
        values = _plain_words(self.frame[name])
        if not (values.dtype.is_integer() or values.dtype == pl.String):
            raise self._wrong_type(name, "ids are whole numbers or words")
        self._refuse_missing(values, role)
        return values

    def times(self, name: str) -> pl.Series:
        """Times as numbers; a ValueError where one is missing or is none."""
        values = self.frame[name]
        is_time = values.dtype.is_temporal() or values.dtype.is_numeric()
        if values.dtype == pl.Duration or not (is_time or values.dtype == pl.String):
            raise self._wrong_type(name, "times are numbers, dates or date-times")
        self._refuse_missing(values, "time")
        try:
            times = as_times(values)
        except pl.exceptions.PolarsError:
            raise self._wrong_type(name, "times are numbers, dates or date-times") from None
        is_none = times.is_null() | ~times.cast(pl.Float64).is_finite()
        self._refuse_first(is_none, name, values, "which is no time")
        return times

    def flags(self, name: str) -> pl.Series:
        """True and false; 0 and 1 count as such. A ValueError where one is missing."""
        values = self.frame[name]
        if values.dtype.is_integer():
            self._refuse_first(~values.is_in([0, 1]), name, values, "not true or false")
        elif values.dtype != pl.Boolean:
            raise self._wrong_type(name, "true and false are expected")
        self._refuse_missing(values, name)
        return values.cast(pl.Boolean)

    def choices(self, name: str) -> pl.Series:
        """What the final ranker chose; a ValueError where it chose nothing at all."""
        chosen = self.flags(name)
        if not bool(chosen.any()):
            raise ValueError(f"No row of {self.source} was chosen: {name} is false in all.")
        return chosen

    def label(self, name: str, shown: pl.Series) -> pl.Series:
        """What users did, from 0 to 1; missing where nobody saw the candidate and nowhere else."""
        values = self._from_0_to_1(name, "a label is 0, 1 or between")
        self._refuse(
            values.is_null() & shown,
            lambda row: (
                f"has no {name}, and a user saw the candidate: fill it, or mark rows that nobody "
                "saw by false in a column named shown"
            ),
        )
        return values.fill_null(0.0)

    def final_scores(self, names: Sequence[str]) -> list[pl.Series]:
        """Probabilities of the final ranker, of all tasks or of none; null where it has none."""
        advice = "log probabilities: the sigmoid of a logit, and nothing where none was computed"
        scores = [self._from_0_to_1(name, advice) for name in names]
        for name, each in zip(names[1:], scores[1:], strict=True):
            self._refuse(
                each.is_null() != scores[0].is_null(),
                lambda row, name=name: f"has one of {names[0]} and {name}: log both or neither",
            )
        if all(score.is_null().all() for score in scores):
            raise ValueError(f"No row of {self.source} has a final score: {names[0]} is empty.")
        return scores

    def feature(self, name: str) -> pl.Series:
        """Numbers as Float32, words as they are; null where a row has none."""
        values = _plain_words(self.frame[name])
        if values.dtype == pl.Null:
            return values.cast(pl.Float32)
        if values.dtype.is_numeric() or values.dtype == pl.Boolean:
            numbers = values.cast(pl.Float32)
            self._refuse_first(~numbers.is_finite(), name, values, "not a finite number")
            return numbers
        if values.dtype != pl.String:
            raise self._wrong_type(
                name,
                "features are numbers, true and false, or words; leave it out with "
                f"data.left_out=[{name}]",
            )
        return values

    def _from_0_to_1(self, name: str, advice: str) -> pl.Series:
        values = self.frame[name]
        if not (values.dtype.is_numeric() or values.dtype in (pl.Boolean, pl.Null)):
            raise self._wrong_type(name, advice)
        numbers = values.cast(pl.Float32)
        is_within = numbers.is_finite() & (numbers >= 0) & (numbers <= 1)
        self._refuse_first(~is_within, name, values, f"outside [0, 1]: {advice}")
        return numbers

    def _refuse_missing(self, values: pl.Series, role: str) -> None:
        is_missing = values.is_null()
        if values.dtype == pl.String:
            is_missing |= values.str.strip_chars() == ""
        self._refuse(is_missing, lambda row: f"has no {role}: delete such rows")

    def _refuse_first(self, bad: pl.Series, name: str, values: pl.Series, fault: str) -> None:
        self._refuse(bad, lambda row: f"has the {name} {excerpt(values[row])}, {fault}")

    def _refuse(self, bad: pl.Series, sentence: Callable[[int], str]) -> None:
        """Raise a ValueError with the first row that is bad; a row without a value is not."""
        if not bool(bad.fill_null(value=False).any()):
            return
        row = int(bad.fill_null(value=False).arg_max() or 0)
        raise ValueError(f"Row {row + 1} of {self.source} {sentence(row)}.")

    def _wrong_type(self, name: str, expected: str) -> ValueError:
        kind = self.frame[name].dtype
        return ValueError(f"The column {name} of {self.source} holds {kind}: {expected}.")


def _plain_words(values: pl.Series) -> pl.Series:
    """Words of a fixed list of words as plain ones."""
    is_list_of_words = values.dtype == pl.Categorical or isinstance(values.dtype, pl.Enum)
    return values.cast(pl.String) if is_list_of_words else values
