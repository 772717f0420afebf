"""The YAML of export composes to its dataclass."""

import pytest
from tests.running import composed

from rankdistill.config.export import ExportConfig
from rankdistill.config.storage import Storage


def test_the_yaml_composes_and_leaves_the_paths_to_the_user():
    cfg = composed("export", "checkpoint=a.ckpt", "output=b.pt", "storage=int8")
    assert cfg == ExportConfig(
        checkpoint="a.ckpt", output="b.pt", storage=Storage(bits=8), allow_targets=[]
    )


@pytest.mark.parametrize(("given", "missing"), [("checkpoint", "output"), ("output", "checkpoint")])
def test_a_path_that_is_missing_is_named(given, missing):
    with pytest.raises(ValueError, match=rf"^{missing} has no value; add it .*: {missing}=\.\.\."):
        composed("export", f"{given}=a")
