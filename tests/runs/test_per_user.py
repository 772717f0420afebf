import numpy as np
import pytest

from rankdistill.runs.per_user import PER_USER, write_per_user


def test_values_come_back_by_metric_with_their_users(tmp_path):
    values = {"user_ids": np.array([1, 4]), "map@5": np.array([0.25, 1.0], dtype=np.float32)}
    write_per_user(tmp_path, values)
    with np.load(tmp_path / PER_USER, allow_pickle=False) as found:
        assert set(found) == set(values)
        for key, value in values.items():
            assert found[key].dtype == value.dtype
            np.testing.assert_array_equal(found[key], value)


def test_what_would_need_code_to_be_read_is_refused_and_leaves_the_old_file_alone(tmp_path):
    write_per_user(tmp_path, {"map@5": np.array([0.5])})
    before = (tmp_path / PER_USER).read_bytes()
    with pytest.raises(ValueError, match="allow_pickle=False"):
        write_per_user(tmp_path, {"map@5": np.array([object()])})
    assert [path.name for path in tmp_path.iterdir()] == [PER_USER]
    assert (tmp_path / PER_USER).read_bytes() == before
