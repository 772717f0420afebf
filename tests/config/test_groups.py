import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.types import RunMode

from rankdistill import cli
from rankdistill.conf_path import conf_dir
from rankdistill.config.command_line import hydra_here
from rankdistill.config.groups import all_groups, groups_of

TURNED_OFF = {"cascade": {"evaluation"}}
"""Groups of conf/base.yaml that a command sets to null: it refuses their options."""
COMMANDS = [command for command in cli.COMMANDS if command not in cli.PLAIN]


def groups_of_hydra(command: str, *overrides: str) -> set[str]:
    """The groups that Hydra itself reads for a command line."""
    with hydra_here():
        loader = GlobalHydra.instance().config_loader()
        found = loader.compute_defaults_list(command, list(overrides), RunMode.RUN)
    chosen = {group.partition("@")[0] for group in found.overrides.known_choices}
    listed = {(each.config_path or "").rpartition("/")[0] for each in found.defaults}
    return {name for name in chosen | listed if name and name.split("/")[0] != "hydra"}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_the_groups_of_a_command_are_those_that_hydra_reads_for_it(command):
    expected = groups_of_hydra(command)
    for group, options in groups_of(command, conf_dir()).items():
        for option in options:
            text = (conf_dir() / group / f"{option}.yaml").read_text(encoding="utf-8")
            if "defaults:" not in text:  # it reads no further group
                continue
            try:
                expected |= groups_of_hydra(command, f"{group}={option}")
            except HydraException:  # an option that another command alone can take, or a list
                continue
    expected -= TURNED_OFF.get(command, set())
    assert set(groups_of(command, conf_dir())) == expected


def test_a_group_that_only_an_option_reads_is_one_of_the_command(tmp_path):
    files = {
        "run.yaml": "defaults: [common, {size: small}, {/deep/kind@it: a}, {override idle: null}]",
        "common.yaml": "defaults: [{optional colour: null}, {idle: z}, {override hydra/output: x}]",
        "idle/z.yaml": "",
        "size/small.yaml": "x: 1",
        "size/large.yaml": "defaults: [small, {weight: one}, {/other@here: ['b']}, _self_]",
        "size/weight/one.yaml": "",
        "deep/kind/a.yaml": "# @package _global_\nx: 1",
        "other/b.yaml": "defaults: [{override /colour: red}, {override /unread: c}]",
        "colour/red.yaml": "",
        "unread/c.yaml": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert groups_of("run", tmp_path) == {
        "colour": ["red"],
        "deep/kind": ["a"],
        "other": ["b"],
        "size": ["large", "small"],
        "size/weight": ["one"],
    }


def test_every_group_is_one_of_some_command():
    of_commands = set().union(*(groups_of(command, conf_dir()) for command in COMMANDS))
    assert of_commands == set(all_groups(conf_dir()))
