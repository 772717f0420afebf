from rankdistill.config.command_line import CommandLine, is_override, keys_of


def test_flags_are_no_overrides_and_the_users_folder_is_kept(tmp_path):
    typed = ["--cfg", "job", "size=d2", "-m", "--config-dir", str(tmp_path), "~teacher", "+a=1"]
    line = CommandLine.typed("train", typed)
    assert line == CommandLine("train", ("size=d2", "~teacher", "+a=1"), (str(tmp_path),))
    assert not is_override("--config-dir=own")


def test_a_key_is_named_with_its_package():
    named = keys_of(["size@teacher=d4", "+training.learning_rate=1", "~distillation", "a=1,2"])
    assert named == ["size@teacher", "training.learning_rate", "distillation", "a"]


def test_the_overrides_of_a_key_are_left_out():
    line = CommandLine("train", ("size=d2", "size@teacher=d4", "+size=d3"))
    assert line.without("size").overrides == ("size@teacher=d4",)


def test_the_first_job_of_a_grid_has_the_first_value_of_every_axis():
    line = CommandLine("train", ("size=d2,d4", "seed.split=range(3,5)", "distillation=[a,b],[c]"))
    assert line.first_job().overrides == ("size=d2", "seed.split=3", "distillation=[a,b]")


def test_a_command_line_composes_what_it_chooses_with_hydras_own_node():
    composed = CommandLine("train", ("data=synthetic", "size=d4")).compose()
    assert composed.backbone.embedding_dim == 4
    assert composed.hydra.runtime.choices["size"] == "d4"


def test_a_folder_of_the_users_own_is_searched_too(tmp_path):
    own = tmp_path / "it's mine" / "experiment"
    own.mkdir(parents=True)
    (own / "mine.yaml").write_text("# @package _global_\nseed: {split: 7}\n", encoding="utf-8")
    line = CommandLine("train", ("experiment=mine",), (str(own.parent),))
    assert line.compose().seed.split == 7
