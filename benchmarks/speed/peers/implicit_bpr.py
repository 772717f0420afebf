"""implicit: BPR in Cython, one pair at a time without locks."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.speed.candidates import Candidate, Task


def _model(task: Task, num_epochs: int):
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    return BayesianPersonalizedRanking(
        factors=task.embedding_dim,
        learning_rate=0.05,
        regularization=0.01,
        iterations=num_epochs,
        verify_negative_samples=True,
        num_threads=task.threads,
        random_state=1,
    )


def trainer(task: Task) -> Callable[[int], float]:
    """See Candidate."""
    train_matrix = task.data.matrix("train")

    def train(num_epochs: int) -> float:
        seconds: list[float] = []
        model = _model(task, num_epochs)
        model.fit(
            train_matrix,
            show_progress=False,
            callback=lambda iteration, elapsed, *_: seconds.append(elapsed),
        )
        return sum(seconds) / len(seconds)

    return train


def evaluator(task: Task) -> Callable[[], None]:
    """See Candidate."""
    from implicit.evaluation import ranking_metrics_at_k
    from threadpoolctl import threadpool_limits

    train, validation = task.data.matrix("train"), task.data.matrix("validation")
    model = _model(task, 1)
    model.fit(train, show_progress=False)

    def evaluate() -> None:
        with threadpool_limits(1, "blas"):  # as it asks for; it has threads of its own
            ranking_metrics_at_k(
                model, train, validation, K=20, show_progress=False, num_threads=task.threads
            )

    return evaluate


CANDIDATE = Candidate(
    "implicit",
    "BPR, stochastic gradient pair by pair (learning rate 0.05), negatives drawn by popularity and "
    "unseen by the user",
    trainer,
    "MAP, NDCG, precision and AUC at 20 alone",
    evaluator,
    needs=("implicit", "threadpoolctl"),
    has_batches=False,
)
