"""What wrong scores in the log do to an early ranker, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rankdistill.cascade.reporting.wording import (
    AUXILIARY,
    IN_SENTENCES,
    SHARED,
    SIGNIFICANT,
    find_test,
    focus,
    gain,
    share_text,
)
from rankdistill.reporting.sweep_job import mapping, sequence
from rankdistill.reporting.sweep_wording import listed
from rankdistill.reporting.wording import decimal, metric_label, p_value

_SEEN = {"marked": "marked invalid", "unmarked": "invalid and not marked"}
_UNSEEN = "stale"


def corruption_sentences(result: Mapping[str, Any], carried: Sequence[str]) -> Iterable[str]:
    """Losses against the clean log that are shown, and what they say of the two forms.

    Args:
        result: The content of ``cascade.json``.
        carried: The forms that gain something over users alone; no other is advised.
    """
    entries = [
        each for each in map(mapping, sequence(result.get("corruption"))) if each.get("tests")
    ]
    for kind, words in _SEEN.items():
        if of_kind := _of_largest_share(entries, kind):
            losses = _losses(result, of_kind)
            yield f"{_with_rows(of_kind, words)} {_losses_in_words(of_kind, losses)}."
    if of_kind := _of_largest_share(entries, _UNSEEN):
        losses = _losses(result, of_kind)
        stale = _with_rows(of_kind, "stale and not marked as such")
        yield f"{stale} {_losses_in_words(of_kind, losses)}."
        if {SHARED, AUXILIARY} <= of_kind.keys():
            yield _verdict(of_kind, losses, carried)


def _verdict(
    of_kind: Mapping[str, Mapping[str, Any]],
    losses: Mapping[str, Sequence[Mapping[str, Any]]],
    carried: Sequence[str],
) -> str:
    """Which form to take where nobody would notice that teacher scores went wrong."""
    if not losses[SHARED] and not losses[AUXILIARY]:
        return "Scores that go wrong unnoticed are thus no reason here to prefer one form."
    if losses[SHARED] and losses[AUXILIARY]:
        return "Neither form is safe from scores that go wrong unnoticed."
    safe, hurt = (AUXILIARY, SHARED) if losses[SHARED] else (SHARED, AUXILIARY)
    kept_more = all(
        other is not None and gain(other) > gain(test)
        for test in losses[hurt]
        for other in [find_test(of_kind[safe].get("tests"), test["metric"], safe)]
    )
    if not kept_more or safe not in carried:
        return "That alone does not tell which form to take where scores may go wrong unnoticed."
    why = "keeps user labels apart from teacher scores and " if safe == AUXILIARY else ""
    return f"The {IN_SENTENCES[safe]} {why}is the one to take where scores may go wrong unnoticed."


def _of_largest_share(
    entries: Iterable[Mapping[str, Any]], kind: str
) -> dict[str, Mapping[str, Any]]:
    """Of a kind, the entry of each form at the largest share that all its forms have."""
    shares: dict[str, dict[float, Mapping[str, Any]]] = {}
    for each in entries:
        if each.get("kind") == kind:
            shares.setdefault(each["model"], {})[each["share"]] = each
    common = set.intersection(*map(set, shares.values())) if shares else set()
    return {form: shares[form][max(common)] for form in shares if common}


def _losses(
    result: Mapping[str, Any], of_kind: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[Mapping[str, Any]]]:
    """The tests of each form that show a loss against its own clean log."""
    look = focus(result)
    return {
        form: [
            test
            for metric in (look.recall, look.joint, look.after, "ce")
            for test in [find_test(each.get("tests"), metric, form)]
            if test is not None and test["p_holm"] < SIGNIFICANT and gain(test) < 0
        ]
        for form, each in of_kind.items()
    }


def _with_rows(of_kind: Mapping[str, Mapping[str, Any]], words: str) -> str:
    share = next(iter(of_kind.values()))["share"]
    return f"With {share_text(share)} of the rows {words},"


def _losses_in_words(
    of_kind: Mapping[str, Mapping[str, Any]], losses: Mapping[str, Sequence[Mapping[str, Any]]]
) -> str:
    parts = [
        f"the {IN_SENTENCES[form]} is worse by {listed([_loss(test) for test in losses[form]])}"
        for form in of_kind
        if losses[form]
    ]
    unhurt = [f"the {IN_SENTENCES[form]}" for form in of_kind if not losses[form]]
    if unhurt:
        parts.append(f"no loss against the clean log is shown for {listed(unhurt)}")
    return "; ".join(parts)


def _loss(test: Mapping[str, Any]) -> str:
    size = decimal(abs(test["difference"]))
    return f"{size} on {metric_label(test['metric'])} ({p_value(test['p_holm'])})"
