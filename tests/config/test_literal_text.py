import re
import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rankdistill.config.command_line import CommandLine
from rankdistill.config.literal_keys import is_literal
from rankdistill.config.literal_text import line_to_type, quote_literals

NUMBERS = ["1_000", "1e5", "5.10", "+5", "-5", "007", "196", "0x1F", "1e400", ".5", "inf", "nan"]
WORDS = ["true", "False", "null", "NULL", "é", "日本", "O'Brien", 'say "hi"', "a,b", "a=b", "a:b"]
MARKS = [
    "[1]",
    "{a: 1}",
    "(x)",
    "choice(a)",
    "range(3)",
    "str(5)",
    "#9",
    "a;b",
    "~ann",
    "a\\",
    " a ",
]
IDS = [*NUMBERS, *WORDS, *MARKS]
NAMES = [each for each in IDS if not re.fullmatch(r"null|-?\d+", each, re.IGNORECASE)]
PATHS = [
    *("2024_11", "1_000", "my data (2).tsv", "orders [new].csv", "a=b,c=d/x.csv", "null.csv"),
    *("/data/2024-11-27/é.csv", "C:\\orders\\new.csv", "it's.csv", "a&b.csv", "100%.csv"),
    *("outputs/sweeps/grid/size=d2,weighting=hybrid/model.ckpt", "~/orders.csv", "{x}.csv", "a;b"),
]
SEPARATORS = [",", ";", ":", "|", "::", " ", "\t", "=", "'", '"', "[", "#", "~", "\\t", "||", "é"]
STUDIES = ["2024_11_27", "1_0", "1e5", "007", "true", "null", "é", "off", "0", "2024-11-27", "a_b"]


def typed(*arguments: str) -> list[str]:
    return quote_literals(arguments, is_literal)


def read(override: str) -> object:
    return OverridesParser.create().parse_override(override).value()


def cases(**values: list[str]) -> list[tuple[str, str]]:
    return [(key.replace("__", "."), value) for key in values for value in values[key]]


@pytest.mark.parametrize(
    ("key", "value"),
    cases(
        user=IDS,
        checkpoint=PATHS,
        data__path=PATHS,
        hydra__run__dir=PATHS,
        data__separator=SEPARATORS,
        data__item_column=NAMES,
        study=STUDIES,
        experiment=[each for each in STUDIES if each != "null"],
    ),
)
def test_what_is_typed_is_what_is_read(key, value):
    (override,) = typed(f"{key}={value}")
    assert read(override) == value


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
@example("a\\'b")
@example("'a' b")
def test_any_id_reaches_the_program_as_typed(text):
    assume("${" not in text)
    already = text[0] in "'\"" and text[-1] == text[0]
    escaped = any(f"\\{mark}" in text for mark in "()[]{}:=, ")
    assume(not already and not escaped)
    (override,) = typed(f"user={text}")
    assert read(override) == text
    assert typed(override) == [override], "a worker that starts the program again changes nothing"


@pytest.mark.parametrize("user", ["1_000", "1e5", "5.10", "true", "null", "é", "O'Brien", "a,b"])
def test_the_configuration_holds_the_user_as_typed(user):
    line = CommandLine("recommend", tuple(typed(f"user={user}", "checkpoint=size=d2,a=b.ckpt")))
    composed = line.compose()
    assert (composed.user, composed.checkpoint) == (user, "size=d2,a=b.ckpt")


@pytest.mark.parametrize(
    "argument",
    [
        "user=ann",
        "user='1_000'",
        'user="a b"',
        "user=${oc.env:USER}",
        "user=",
        "data.path=orders.csv",
        "data.path=null",
        "data.separator=NULL",
        "data.user_column=3",
        "data.user_column=null",
        "teacher.checkpoint=null",
        "checkpoint=epoch\\=3.ckpt",
        "experiment=[bpr_d2,2024]",
        "experiment=null",
        "hydra.run.dir=outputs/${now:%H}",
        "hydra.searchpath=[a,b]",
        "size=1_0",
        "seeds=[1,2]",
        "training.learning_rate=1e-3",
        "data.min_rating=4",
        "~teacher",
        "--cfg",
        "job",
        "size@teacher=d2",
    ],
)
def test_what_needs_no_quotes_stays(argument):
    assert typed(argument) == [argument]


def test_an_added_key_is_the_key():
    assert typed("+data.name=1_0", "++user=a,b") == ["+data.name='1_0'", "++user='a,b'"]


@pytest.mark.parametrize(
    "grid", ["-m", "--multirun", "hydra.mode=MULTIRUN", "sweep=weighting", "cascade/sweep=size"]
)
def test_a_comma_separates_values_of_a_grid(grid):
    values = ["data.path=a.csv,b.csv", "data.name=choice(a,b)", "data.path=glob(*)", "user=é,a"]
    assert typed(grid, *values) == [grid, *values]
    assert typed(grid, "data.path=my data (2).tsv") == [grid, "data.path='my data (2).tsv'"]


@given(st.text(st.sampled_from("ab ()[]{}:é'\"\\$`!#&;,="), min_size=1, max_size=12))
def test_the_line_to_type_is_one_word_of_a_shell_and_text_for_hydra(value):
    assume("${" not in value)
    line = line_to_type(f"weighting={value}")
    assert line is not None
    (word,) = shlex.split(line)
    assert read(word) == value


def test_quotes_do_not_help_a_key_or_a_reference():
    assert line_to_type("hydra.run.dir=${a") is None
    assert line_to_type("my key=3") is None
    assert line_to_type("=3") is None
    assert line_to_type("orders.csv") is None
