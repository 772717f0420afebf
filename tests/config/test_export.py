"""The YAML of export composes to its dataclass."""

import pytest
from tests.running import composed

from rankdistill.config.export import ExportConfig
from rankdistill.config.storage import Storage


def test_the_yaml_composes_and_leaves_the_paths_to_the_user():
    cfg = composed("export", "checkpoint=a.ckpt", "output=b.rank", "storage=int8", "seen=false")
    assert type(cfg) is ExportConfig
    assert (cfg.checkpoint, cfg.output, cfg.storage) == ("a.ckpt", "b.rank", Storage(bits=8))
    assert not cfg.seen


@pytest.mark.parametrize(("given", "missing"), [("checkpoint", "output"), ("output", "checkpoint")])
def test_a_path_that_is_missing_is_named(given, missing):
    with pytest.raises(ValueError, match=rf"^{missing} has no value; add it .*: {missing}=\.\.\."):
        composed("export", f"{given}=a")


def test_a_page_is_an_html_file():
    cfg = composed("export", "checkpoint=a.ckpt", "format=page", "output=shop.html")
    assert cfg.format == "page"


@pytest.mark.parametrize(("name", "ending"), [("onnx", "onnx"), ("executorch", "pte")])
def test_a_format_whose_package_is_missing_says_what_to_install(name, ending, monkeypatch):
    monkeypatch.setattr("rankdistill.config.export.find_spec", lambda package: None)
    with pytest.raises(ValueError, match=rf"format={name} needs .*'rankdistill\[{name}\]'"):
        composed("export", "checkpoint=a.ckpt", f"format={name}", f"output=shop.{ending}")
