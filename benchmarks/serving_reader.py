"""Read one model and recommend to one person at a time; a process of `benchmarks/serving.py`.

    python benchmarks/serving_reader.py READER FILE STARTED REQUESTS

Prints JSON: milliseconds of each request, seconds from STARTED to the first list, and the most
memory that the process took. It imports what the reader needs and no more.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

HAS, LIMIT, SEED = 50, 10, 0
"""Items that a person has, and items of a list."""

Recommend = Callable[[int, np.ndarray], object]
"""From a user's row and the rows of what they have to a list."""


def numpy_reader(path: str) -> tuple[Recommend, int]:
    """`rankdistill.serving`, with ids as they were typed."""
    from rankdistill import serving

    model = serving.load(path)
    ids = model.item_ids

    def recommend(user: int, has: np.ndarray) -> object:
        named = [ids[row] for row in has.tolist()]
        if model.kind == "factors":
            return model.recommend(user=model.user_ids[user], exclude=named, limit=LIMIT)
        return model.recommend(history=named, limit=LIMIT)

    return recommend, len(ids)


def onnx_reader(path: str) -> tuple[Recommend, int]:
    """ONNX Runtime on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    ids = json.loads(session.get_modelmeta().custom_metadata_map["item_ids"])
    of_users = session.get_inputs()[0].name == "user"
    limit, nothing = np.array([LIMIT]), np.empty((1, 0), np.int64)

    def recommend(user: int, has: np.ndarray) -> object:
        if of_users:
            inputs = {"user": np.array([user]), "exclude": has[None], "limit": limit}
        else:
            inputs = {"history": has[None], "exclude": nothing, "limit": limit}
        items, scores = session.run(["items", "scores"], inputs)
        return [ids[row] for row in items[0].tolist()], scores

    return recommend, len(ids)


def torch_reader(path: str) -> tuple[Recommend, int]:
    """The three lines that one would write with PyTorch, from the same weights."""
    import torch

    from rankdistill.rank_files.rank_file import read_rank_file
    from rankdistill.rank_files.tables import decoded

    torch.set_num_threads(1)
    model = read_rank_file(path)
    tables = {name: torch.from_numpy(decoded(table)) for name, table in model.tables.items()}

    @torch.inference_mode()
    def recommend(user: int, has: np.ndarray) -> object:
        rows = torch.from_numpy(has)
        if model.kind == "item_item":
            scores = tables["item_weights"][rows].sum(0)
        else:
            is_of_users = model.kind == "factors"
            vector = (
                tables["users"][user]
                if is_of_users
                else tables["history_items"][rows].sum(0) * len(has) ** -model.settings["power"]
            )
            scores = tables["items"] @ vector + tables["item_bias"]
        scores[rows] = -torch.inf
        best = scores.topk(LIMIT)
        return [model.item_ids[row] for row in best.indices.tolist()], best.values.tolist()

    return recommend, len(model.item_ids)


def implicit_reader(path: str) -> tuple[Recommend, int]:
    """`implicit`'s recommend, on the same factors."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    arrays = np.load(path)
    model = AlternatingLeastSquares(factors=arrays["items"].shape[1], num_threads=1)
    model.user_factors, model.item_factors = arrays["users"], arrays["items"]
    num_items = len(arrays["items"])

    def recommend(user: int, has: np.ndarray) -> object:
        row = csr_matrix((np.ones(len(has), np.float32), has, [0, len(has)]), (1, num_items))
        return model.recommend(user, row, N=LIMIT)

    return recommend, num_items


def usearch_reader(path: str) -> tuple[Recommend, int]:
    """A graph of `usearch`, asked for as many more items as a person has."""
    from usearch.index import Index

    arrays = np.load(path)
    index = Index.restore(path.replace(".npz", ".usearch"), view=False)
    users = arrays["users"]

    def recommend(user: int, has: np.ndarray) -> object:
        found = index.search(users[user], LIMIT + HAS, threads=1)
        return found.keys[~np.isin(found.keys, has)][:LIMIT]

    return recommend, len(arrays["items"])


def rectools_reader(path: str) -> tuple[Recommend, int]:
    """The ranker of RecTools, which its models of factors rank with."""
    from rectools.models.rank import Distance, ImplicitRanker
    from scipy.sparse import csr_matrix

    arrays = np.load(path)
    num_items = len(arrays["items"])
    ranker = ImplicitRanker(Distance.DOT, arrays["users"], arrays["items"], num_threads=1)

    def recommend(user: int, has: np.ndarray) -> object:
        row = csr_matrix((np.ones(len(has), np.float32), has, [0, len(has)]), (1, num_items))
        return ranker.rank([user], k=LIMIT, filter_pairs_csr=row)

    return recommend, num_items


def replay_reader(path: str) -> tuple[Recommend, int]:
    """The graph that RePlay exports, run by OpenVINO as RePlay does; mask and list are ours."""
    import openvino

    core = openvino.Core()
    core.set_property("CPU", {"INFERENCE_NUM_THREADS": 1})
    graph = core.read_model(path)
    names = [each.any_name for each in graph.inputs]
    graph.reshape({name: [1, HAS] for name in names})
    model = core.compile_model(graph, "CPU")
    mask = np.ones((1, HAS), bool)

    def recommend(user: int, has: np.ndarray) -> object:
        scores = next(iter(model({names[0]: has[None], names[1]: mask}).values()))[0]
        scores[has] = -np.inf
        best = np.argpartition(-scores, LIMIT)[:LIMIT]
        return best[np.argsort(-scores[best])]

    return recommend, len(model({names[0]: np.zeros((1, HAS), np.int64), names[1]: mask})[0][0])


READERS = {
    "NumPy": numpy_reader,
    "ONNX Runtime": onnx_reader,
    "PyTorch": torch_reader,
    "implicit": implicit_reader,
    "usearch": usearch_reader,
    "RecTools": rectools_reader,
    "RePlay": replay_reader,
}


def main() -> None:
    """Read, ask, print."""
    reader, path, started, number = sys.argv[1:]
    recommend, num_items = READERS[reader](path)
    random = np.random.default_rng(SEED)
    people = [
        (int(random.integers(1000)), random.choice(num_items, HAS, replace=False))
        for _ in range(int(number))
    ]
    recommend(*people[0])
    cold = time.time() - float(started)
    times = []
    for person in people:
        start = time.perf_counter()
        recommend(*person)
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"ms": times, "cold": cold, "mib": most_memory()}))


def most_memory() -> float:
    """MiB at the peak. Linux keeps it for this program alone; rusage has its parent's too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024


if __name__ == "__main__":
    main()
