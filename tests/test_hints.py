"""Every hint can be typed: each suggestion of a provoked error composes and is accepted."""

from __future__ import annotations

import functools
import random
import re

import pytest
from omegaconf import open_dict

from rankdistill.conf_path import conf_dir
from rankdistill.config.command_line import CommandLine
from rankdistill.config.groups import groups_of
from rankdistill.config.reading import read_config
from rankdistill.config.suggestions import settings_chosen
from rankdistill.errors import SEE_TRACEBACK, explain, is_for_people
from rankdistill.settings import schema_of

pytestmark = pytest.mark.slow

SYNTHETIC = "data=synthetic"
VARIANTS = 10
MOST_TYPED = 2
"""Of a list of options, all of which are built elsewhere, so many are typed."""

OVERRIDE = re.compile(r"[\w./@]+=(?:\[[^\]]*\]|[^\s,;'?]*[^\s,;'?.]|\.\.\.)")


@functools.cache
def error_of(command: str, *overrides: str) -> tuple[str, bool]:
    """The line that an error ends in, empty where there is none."""
    study = ("study=tried",) if command == "tune" else ()  # else it is named by Hydra's run
    line = CommandLine(command, (*overrides, *study))
    try:
        config = line.compose()
        with open_dict(config):
            del config["hydra"]
        read_config(config, schema_of(command))
    except Exception as error:
        return explain(error, line) if is_for_people(error) else repr(error), True
    return "", False


@functools.cache
def current(command: str) -> dict[str, object]:
    return settings_chosen(CommandLine(command, (SYNTHETIC,)))


def value_of(command: str, key: str) -> str:
    """What a setting is now, as it is typed."""
    value = current(command)[key]
    if isinstance(value, str) and value.startswith("${"):
        return value_of(command, value[2:-1])
    return "null" if value is None else str(value)


def hints_in(text: str, command: str, key: str, value: str) -> list[list[str]]:
    """The overrides that a line suggests in the place of ``key=value``."""
    told = text.partition("; ")[2] or text.partition(": ")[2]
    if found := re.search(r"(\S+=\S+) has '([^']+)'", told):
        return [[found.group(1), f"{found.group(2)}={value}"]]
    if found := re.search(r"did you mean one of ([^?]+)\?", told):
        return [[f"{each}={value}"] for each in found.group(1).split(", ")]
    suggested = re.search(r"did you mean '([^']+)'", told)
    hints = [[each] for each in OVERRIDE.findall(told)]
    if suggested and "=" not in suggested.group(1):
        names_a_key = not text.startswith(f"{key} ")
        hints.append(
            [f"{suggested.group(1)}={value}" if names_a_key else f"{key}={suggested.group(1)}"]
        )
    for hint, *_ in hints:
        name, _, given = hint.partition("=")
        if given.startswith("...") or given.startswith("[..."):
            hints = [
                [h for h in each if h != hint] or [f"{name}={value_of(command, name)}"]
                for each in hints
            ]
    return hints


def check(command: str, wrong: str) -> None:
    """Provoke an error, and type what it suggests."""
    key, _, value = wrong.partition("=")
    text, failed = (
        error_of(command, SYNTHETIC, wrong) if key != "data" else error_of(command, wrong)
    )
    assert failed, wrong
    assert SEE_TRACEBACK not in text, text
    hints = hints_in(text, command, key, value)
    assert hints, text
    for hint in hints[:MOST_TYPED]:
        given = [] if any(each.startswith("data=") for each in hint) else [SYNTHETIC]
        assert error_of(command, *given, *hint) == ("", False), (wrong, text, hint)


def scalars(command: str) -> dict[str, str]:
    """Settings that hold one plain value, with it."""
    return {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in current(command).items()
        if isinstance(value, bool | int | float) and "." in key
    }


def misspelt(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word) - 1)
    return word[:place] + word[place + 1 :]


@pytest.mark.parametrize("command", ["train", "tune", "cascade"])
def test_of_misspelt_keys(command):
    chance = random.Random(1)
    known = scalars(command)
    for key in chance.sample([key for key in known if len(key.rpartition(".")[2]) > 5], VARIANTS):
        place, _, last = key.rpartition(".")
        check(command, f"{place}.{misspelt(last, chance)}={known[key]}")


def test_of_keys_without_their_place():
    known = scalars("train")
    typed = {
        key.rpartition(".")[2]: value
        for key, value in known.items()
        if not key.startswith("teacher")
    }
    names = [
        name
        for name in typed
        if name not in current("train") and name not in groups_of("train", conf_dir())
    ]
    assert len(names) >= VARIANTS
    for name in random.Random(2).sample(sorted(names), VARIANTS):
        check("train", f"{name}={typed[name]}")


@pytest.mark.parametrize("command", ["train", "cascade"])
def test_of_misspelt_options(command):
    chance = random.Random(3)
    groups = {
        group: options
        for group, options in groups_of(command, conf_dir()).items()
        if group
        not in {"sweep", "cascade/sweep", "experiment", "teacher", "tuning", "data", "evaluation"}
    }
    tried = 0
    for group, options in groups.items():
        option = chance.choice([each for each in options if each != "ddp"])  # train alone
        wrong = misspelt(option, chance) if len(option) > 2 else f"{option[:1]}3"
        if wrong not in options:
            check(command, f"{group}={wrong}")
            tried += 1
    assert tried >= VARIANTS


@pytest.mark.parametrize("value", ["3", "true", "null"])
def test_of_groups_that_are_given_no_name(value):
    optional = {"sweep", "experiment", "teacher", "evaluation"}
    groups = sorted(set(groups_of("train", conf_dir())) - optional)
    assert len(groups) >= VARIANTS
    for group in groups:
        check("train", f"{group}={value}")


@pytest.mark.parametrize("value", ["5", "null", "fast", "true"])
def test_of_nodes_that_are_given_one_value(value):
    for node in ("seed", "training"):
        check("train", f"{node}={value}")
    for node in ("requests", "impressions", "seed"):
        check("cascade", f"{node}={value}")


@pytest.mark.parametrize(
    ("command", "key", "values"),
    [
        ("compare", "seeds", range(VARIANTS)),
        ("train", "evaluation.top_k", [5]),
        ("train", "evaluation.metrics", ["map"]),
        ("cascade", "seeds", range(VARIANTS)),
    ],
)
def test_of_lists_that_are_given_one_value(command, key, values):
    for value in values:
        check(command, f"{key}={value}")


def test_of_settings_that_another_option_of_the_group_has():
    content = (
        "header",
        "duplicates",
        "user_column",
        "item_column",
        "timestamp_column",
        "separator",
    )
    for name in content:
        text, _ = error_of("train", SYNTHETIC, f"data.{name}=null")
        assert f"data=delimited has 'data.{name}'" in text
        hint = hints_in(text, "train", f"data.{name}", "null")[0]
        value = {"header": "true", "duplicates": "last"}.get(name, "null")
        typed = [hint[0], f"data.{name}={value}", "data.path=a.csv"]
        assert error_of("train", *typed) == ("", False)


@pytest.mark.parametrize(
    "wrong",
    [
        "evaluation.monitor=val/map@6",
        "evaluation.monitor=val/nddcg@5",
        "trainer.accelerator=cup",
        "trainer.accelerator=outo",
        "trainer.matmul_precision=hihg",
        "trainer.matmul_precision=hihgest",
        "trainer.precision=bf16mixed",
        "trainer.precision=32true",
        "trainer.strategy=dpp",
        "distillation.loss_balance=papr",
        "distillation.loss_balance=oficial",
    ],
)
def test_of_misspelt_words(wrong):
    check("train", wrong)
