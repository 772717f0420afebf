import re

from rankdistill.sweeps import fingerprints
from rankdistill.sweeps.fingerprints import code_fingerprint


def test_the_fingerprint_changes_with_the_configuration_files_alone(tmp_path, monkeypatch):
    def with_text(text):
        (tmp_path / "size.yaml").write_text(text)
        monkeypatch.setattr(fingerprints, "conf_dir", lambda: tmp_path)
        code_fingerprint.cache_clear()
        return code_fingerprint()

    one, other, again = with_text("a: 1"), with_text("a: 2"), with_text("a: 1")
    code_fingerprint.cache_clear()
    assert re.fullmatch("[0-9a-f]{16}", one)
    assert one == again != other
