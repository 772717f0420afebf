"""What a cascade's result says in a few plain sentences: which form to take, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rankdistill.cascade.reporting.corruption_reading import corruption_sentences
from rankdistill.cascade.reporting.wording import (
    AUXILIARY,
    IN_SENTENCES,
    NONE,
    SHARED,
    SIGNIFICANT,
    find_test,
    focus,
    gain,
    metrics_of,
    relative_text,
    share_text,
    students_of,
)
from rankdistill.reporting.sweep_job import mapping, numbers
from rankdistill.reporting.sweep_wording import listed
from rankdistill.reporting.wording import decimal, less_is_better, metric_label, p_value

_FORMS = (SHARED, AUXILIARY)


def cascade_reading(result: Mapping[str, Any]) -> str:
    """Sentences from a result's own numbers, none that its tests do not bear.

    Args:
        result: The content of ``cascade.json``.

    Returns:
        What teacher labels change against users alone, how few items must be kept, which form
        that speaks for, and what wrong scores in the log do to it.
    """
    look = focus(result)
    measures = (look.recall, look.joint, look.after, "ce")
    sentences = [_change(result, metric) for metric in measures]
    carried = _carried(result)
    alone, top = metric_label(look.alone), look.recall.partition("@")[2].partition("_")[0]
    sentences += [
        _needed_cut(result, "needed_cut", f"the final ranker's own {alone}"),
        _needed_cut(result, "needed_cut_of_choice", f"the final ranker's top {top}"),
        _advice(result, carried),
    ]
    sentences += corruption_sentences(result, carried)
    if len(result["seeds"]) == 1:
        sentences.append("There is one seed: nothing says how much another would change.")
    return " ".join(sentence for sentence in sentences if sentence)


def _change(result: Mapping[str, Any], metric: str) -> str:
    """What each form does to a metric, with the figures; empty where nothing was tested."""
    tests = _against_none(result, metric)
    values = {
        model: number
        for model, summary in students_of(result).items()
        for number in [numbers(metrics_of(summary)).get(f"test/{metric}")]
        if number is not None
    }
    if not tests or NONE not in values:
        return ""
    name = f"{metric_label(metric)}{' (less is better)' if less_is_better(metric) else ''}"
    clauses = []
    for verb, sign in (("raises", 1), ("lowers", -1)):
        forms = [form for form, test in tests.items() if _direction(test) == sign]
        if forms:
            clauses.append(f"{_named(forms)} {_plural(verb, forms)} {'it' if clauses else name}")
    unclear = [form for form, test in tests.items() if _direction(test) == 0]
    if unclear:
        whose = f"for {_named(unclear)}"
        clauses.append(
            f"no change is shown {whose}" if clauses else f"no change of {name} is shown {whose}"
        )
    reached = [
        f"{decimal(values[form])} with {_named([form])} ({_with_p(test)})"
        for form, test in tests.items()
        if form in values
    ]
    text = f"{', '.join(clauses)}: {decimal(values[NONE])} with users alone, {listed(reached)}"
    return f"{text[0].upper()}{text[1:]}."


def _needed_cut(result: Mapping[str, Any], part: str, what: str) -> str:
    """How many items each student must keep for a share of something that the final ranker has."""
    needed = mapping(result.get(part))
    known = {model: numbers(mapping(each)) for model, each in mapping(needed.get("models")).items()}
    of_users = known.get(NONE, {}).get("mean")
    parts = []
    for model in students_of(result):
        if model in known:
            who = "users alone" if model == NONE else _named([model])
            cut = known[model]
            spread = f" ± {cut['std']:.1f}" if "std" in cut else ""
            enough = f"{cut['mean']:.1f}{spread}" if "mean" in cut else "more than was measured"
            change = f" ({cut['mean'] / of_users - 1:+.0%})" if of_users and "mean" in cut else ""
            parts.append(f"{enough} with {who}{'' if model == NONE else change}")
    if not parts or "share" not in numbers(needed):
        return ""
    return f"Items to keep for {share_text(needed['share'])} of {what}: {listed(parts)}."


def _advice(result: Mapping[str, Any], carried: Sequence[str]) -> str:
    """The form that the tests speak for, and what it costs."""
    look = focus(result)
    recall = metric_label(look.recall)
    if not any(_against_none(result, metric) for metric in _of_the_cut(result)):
        return "No test says which differences are more than chance: no form is preferred."
    if not carried:
        return "The figures do not carry teacher labels here: train on users alone."
    prices = [_price(result, form) for form in carried]
    price = f", at the price of {listed([each for each in prices if each])}" if any(prices) else ""
    if len(carried) == 1:
        return f"The figures speak for {_named(carried)}{price}."
    test = _between_forms(result, look.recall)
    if test is None or test["p_holm"] >= SIGNIFICANT:
        shown = "tested" if test is None else f"shown ({p_value(test['p_holm'])})"
        return (
            f"The figures speak for either form{price}; no difference between the two on {recall} "
            f"is {shown}."
        )
    better = SHARED if (gain(test) > 0) == (test["model"] == SHARED) else AUXILIARY
    return (
        f"The figures speak for either form{price}, and for {_named([better])} before the other: "
        f"on {recall} they differ by {decimal(abs(test['difference']))} "
        f"({p_value(test['p_holm'])})."
    )


def _carried(result: Mapping[str, Any]) -> list[str]:
    """The forms with a gain that is shown on a measure of the cut, and no loss on another."""
    directions = {form: [] for form in _FORMS}
    for metric in _of_the_cut(result):
        for form, test in _against_none(result, metric).items():
            directions[form].append(_direction(test))
    return [form for form, found in directions.items() if 1 in found and -1 not in found]


def _of_the_cut(result: Mapping[str, Any]) -> tuple[str, str, str]:
    look = focus(result)
    return look.recall, look.joint, look.after


def _price(result: Mapping[str, Any], form: str) -> str:
    """What a form is shown to lose of the fit to users; empty for nothing."""
    test = _against_none(result, "ce").get(form)
    if test is None or _direction(test) != 1:
        return ""
    size = f"{decimal(test['difference'])} nats ({relative_text(test)})"
    return f"{size} of CE on user labels with {_named([form])}"


def _against_none(result: Mapping[str, Any], metric: str) -> dict[str, Mapping[str, Any]]:
    found = {form: find_test(result.get("tests"), metric, form, NONE) for form in _FORMS}
    return {form: test for form, test in found.items() if test is not None}


def _between_forms(result: Mapping[str, Any], metric: str) -> Mapping[str, Any] | None:
    tests = result.get("tests")
    one = find_test(tests, metric, SHARED, AUXILIARY)
    return one or find_test(tests, metric, AUXILIARY, SHARED)


def _direction(test: Mapping[str, Any]) -> int:
    """1 where the metric has risen, -1 where it has fallen, 0 where that may be chance."""
    if test["p_holm"] >= SIGNIFICANT or test["difference"] == 0:
        return 0
    return 1 if test["difference"] > 0 else -1


def _named(forms: Sequence[str]) -> str:
    return listed([f"the {IN_SENTENCES[form]}" for form in forms])


def _plural(verb: str, forms: Sequence[str]) -> str:
    return verb if len(forms) == 1 else verb.removesuffix("s")


def _with_p(test: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, [relative_text(test), p_value(test["p_holm"])]))
