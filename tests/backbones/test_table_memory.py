import pytest

from rankdistill.backbones import table_memory
from rankdistill.backbones.matrix_factorization import MatrixFactorization


def test_tables_that_no_machine_holds_are_refused_with_their_size(monkeypatch):
    monkeypatch.setattr(table_memory, "memory_bytes", lambda: 16 << 30)
    with pytest.raises(ValueError, match=r"embedding_dim=100000000 takes 149\.0 GiB .* has 16\.0"):
        MatrixFactorization(60, 40, 100_000_000, init_std=0.1)


def test_where_the_memory_is_not_known_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(table_memory, "memory_bytes", lambda: None)
    table_memory.refuse_too_large_tables(1 << 40, 1 << 20)


@pytest.mark.parametrize("init_std", [0, -1, float("nan"), float("inf")])
def test_a_start_that_is_no_number_is_refused(init_std):
    with pytest.raises(ValueError, match="init_std must be positive"):
        MatrixFactorization(6, 4, 2, init_std=init_std)
