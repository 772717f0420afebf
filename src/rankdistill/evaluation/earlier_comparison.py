"""Bring a comparison that version 0.1 recorded into the present form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from rankdistill.evaluation.gap import MAY_BE_CHANCE, NOT_BETTER
from rankdistill.evaluation.multiple_tests import corrected_together
from rankdistill.evaluation.significance import PairedTest


def in_present_form(comparison: Mapping[str, Any]) -> dict[str, Any]:
    """Correct the intervals of the tests, and give a reason where a gap has no interval.

    Version 0.1 wrote 95% intervals beside corrected p-values, and a percentage of a gap that may be
    chance. It did not test the teacher's lead, which stays None.

    Args:
        comparison: The content of a ``comparison.json``; in the present form it stays as it is.
    """
    tests = comparison["tests"]
    if not all("confidence" in test for test in tests):
        names = [field.name for field in fields(PairedTest)]
        alone = [PairedTest(**{name: test[name] for name in names}) for test in tests]
        corrected = corrected_together(alone)
        tests = [{**test, **new} for test, new in zip(tests, corrected, strict=True)]
    gaps = {metric: _gap(gap) for metric, gap in comparison["gap_closed"].items()}
    return {**comparison, "gap_closed": gaps, "tests": tests}


def _gap(gap: Mapping[str, Any]) -> dict[str, Any]:
    if "reason" in gap:
        return dict(gap)
    if gap["ci_low"] is not None:
        return {**gap, "reason": None, "lead": None}
    reason = NOT_BETTER if gap["value"] is None else MAY_BE_CHANCE
    return {**dict.fromkeys(gap), "reason": reason, "lead": None}
