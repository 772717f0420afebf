"""What a real TensorBoard serves of a sweep and of a single run."""

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import numpy as np
import pytest
from matplotlib.figure import Figure
from tests.processes import wait_until
from tests.running import SMALL, composed, environment, small_datamodule
from tests.runs.finished_run import finished_run

from rankdistill.reporting.overview_run import write_overview
from rankdistill.runs.hyperparameters import begin_session, end_session
from rankdistill.runs.models import make_student
from rankdistill.runs.projector import write_projector
from rankdistill.runs.run_entry import log_run

pytestmark = pytest.mark.slow
OPENER = build_opener(ProxyHandler({}))  # a proxy knows nothing of this machine's ports

METRICS = ["test/map@5", "test/ndcg@10"]
KEYS = (
    "size",
    "sharpness.lambda_",
    "distillation.methods.ranking.exclude_seen",
    "training.decay_epochs",
)
JOBS = {  # values, and the metrics reached; None: failed
    "size=d2,exclude_seen=true": (("d2", 10, True, None), (0.02, 0.05)),
    "size=d10,exclude_seen=true": (("d10", 0.5, True, 20), (0.04, 0.08)),
    "size=d10,exclude_seen=false": (("d10", 10, False, 20), (0.03, 0.07)),
    "size=d4,exclude_seen=false": (("d4", 1, False, None), None),
}
VALUES = {key: [values[n] for values, _ in JOBS.values()] for n, key in enumerate(KEYS)}


@contextmanager
def tensorboard(folder):
    """A TensorBoard on a port of its own; the address at which it serves a folder."""
    program = Path(sys.executable).with_name("tensorboard")
    options = ["--port=0", "--host=127.0.0.1", "--load_fast=false", "--reload_interval=1"]
    process = subprocess.Popen(
        [str(program), f"--logdir={folder}", *options],
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise AssertionError(f"tensorboard ended with status {process.wait()}")
        yield found[0]
    finally:
        process.kill()
        process.communicate()


def get(address, route, **query):
    with OPENER.open(f"{address}/data/{route}?{urlencode(query)}") as answer:
        return answer.read()


def post(address, route, **content):
    body, headers = json.dumps(content).encode(), {"Content-Type": "application/json"}
    with OPENER.open(Request(f"{address}/data/{route}", body, headers)) as answer:
        return json.load(answer)


def when_loaded(address, runs):
    """Wait until TensorBoard has read this many runs."""
    wait_until(lambda: len(json.loads(get(address, "runs"))) >= runs)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    for name, (values, reached) in JOBS.items():
        begin_session(folder / name, dict(zip(KEYS, values, strict=True)), METRICS, VALUES)
        metrics = {} if reached is None else dict(zip(METRICS, reached, strict=True))
        end_session(folder / name, metrics, succeeded=reached is not None)
    Figure(figsize=(3, 2)).savefig(folder / "front.png")
    charts = {"Validation": ["val/map@5"]}
    write_overview(folder, "| a |\n| - |\n| 1 |\n", {"front": folder / "front.png"}, charts)
    with tensorboard(folder) as address:
        when_loaded(address, len(JOBS) + 1)
        yield address


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    folder = tmp_path_factory.mktemp("single")
    cfg, datamodule = composed("train", *SMALL, "module=student", "size=d4"), small_datamodule()
    module, run = make_student(cfg, datamodule), folder / "run"
    fields = finished_run(module, datamodule, cfg, run)
    log_run(run, module.hparams, fields)
    write_projector(run, module.backbone, datamodule.split.train)
    with tensorboard(folder) as address:
        when_loaded(address, 1)
        yield address, fields, module.backbone


def test_the_runs_are_called_what_the_jobs_are_called(sweep):
    assert set(json.loads(get(sweep, "runs"))) == {*JOBS, "_overview"}


def test_the_hparams_table_has_the_swept_keys_as_typed_columns(sweep):
    experiment = post(sweep, "plugin/hparams/experiment")
    types = {info["name"]: info["type"] for info in experiment["hparamInfos"]}
    assert types == {
        "size": "DATA_TYPE_STRING",
        "sharpness.lambda_": "DATA_TYPE_FLOAT64",
        "distillation.methods.ranking.exclude_seen": "DATA_TYPE_BOOL",
        "training.decay_epochs": "DATA_TYPE_STRING",
    }
    assert [info["name"]["tag"] for info in experiment["metricInfos"]] == METRICS


def test_every_row_has_its_values_its_status_and_its_true_metrics(sweep):
    rows = {row["name"]: row for row in session_groups(sweep)}
    assert set(rows) == set(JOBS)
    for name, (values, reached) in JOBS.items():
        texts = [*values[:3], "null" if values[3] is None else "20"]
        assert rows[name]["hparams"] == dict(zip(KEYS, texts, strict=True))
        (session,) = rows[name]["sessions"]
        status = "STATUS_FAILURE" if reached is None else "STATUS_SUCCESS"
        assert session["status"] == status
        assert session["endTimeSecs"] >= session["startTimeSecs"] > 0
        got = {value["name"]["tag"]: value["value"] for value in session["metricValues"]}
        assert got == pytest.approx(dict(zip(METRICS, reached or (), strict=bool(reached))))


def session_groups(address, *columns):
    everything = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
    return post(
        address,
        "plugin/hparams/session_groups",
        startIndex=0,
        sliceSize=100,
        allowedStatuses=everything,
        colParams=columns,
    )["sessionGroups"]


@pytest.mark.parametrize("key", KEYS)
def test_the_table_can_be_sorted_by_every_column(sweep, key):
    rows = session_groups(sweep, {"hparam": key, "order": "ORDER_ASC"})
    cells = [row["hparams"][key] for row in rows]
    assert cells == sorted(cells)


def test_the_table_can_be_filtered_by_a_value(sweep):
    rows = session_groups(sweep, {"hparam": "size", "filterDiscrete": ["d10"]})
    assert {row["name"] for row in rows} == {name for name in JOBS if "d10" in name}


def test_a_failed_job_draws_no_point(sweep):
    drawn = json.loads(get(sweep, "plugin/scalars/tags"))
    for name, (_, reached) in JOBS.items():
        assert set(drawn.get(name, ())) == (set(METRICS) if reached else set())


def test_each_test_metric_is_one_point(sweep):
    name, (_, reached) = next(iter(JOBS.items()))
    points = json.loads(get(sweep, "plugin/scalars/scalars", run=name, tag=METRICS[0]))
    assert [value for _, _, value in points] == [pytest.approx(reached[0])]


def test_the_overview_shows_its_table_its_figure_and_its_layout(sweep):
    assert json.loads(get(sweep, "plugin/text/tags")) == {"_overview": ["results/table"]}
    text = json.loads(get(sweep, "plugin/text/text", run="_overview", tag="results/table"))
    assert "<td>1</td>" in text[0]["text"]
    images = json.loads(get(sweep, "plugin/images/tags"))
    assert list(images["_overview"]) == ["figures/front"]
    query = {"run": "_overview", "tag": "figures/front", "sample": 0}
    (image,) = json.loads(get(sweep, "plugin/images/images", **query))
    picture = get(sweep, f"plugin/images/individualImage?{image['query']}&ignored=")
    assert picture.startswith(b"\x89PNG")
    layout = json.loads(get(sweep, "plugin/custom_scalars/layout"))
    assert layout["category"][0]["chart"][0]["title"] == "Validation"


def test_a_single_run_has_its_row_and_its_curves(single):
    address, fields, _ = single
    (row,) = session_groups(address)
    assert row["name"] == "run"
    assert row["hparams"]["embedding_dim"] == 4
    assert row["sessions"][0]["status"] == "STATUS_SUCCESS"
    query = {"run": "run", "tag": "val/map@5"}
    curve = json.loads(get(address, "plugin/scalars/scalars", **query))
    assert [step for _, step, _ in curve] == list(range(1, fields["epochs"] + 1))


def test_the_projector_serves_the_item_embeddings_with_their_titles(single):
    address, _, backbone = single
    assert json.loads(get(address, "plugin/projector/runs")) == ["run"]
    config = json.loads(get(address, "plugin/projector/info", run="run"))
    (embedding,) = config["embeddings"]
    query = {"run": "run", "name": embedding["tensorName"]}
    tensor = np.frombuffer(get(address, "plugin/projector/tensor", **query), dtype=np.float32)
    items = backbone.embeddings().items.detach().numpy()
    np.testing.assert_array_equal(tensor.reshape(embedding["tensorShape"]), items)
    lines = get(address, "plugin/projector/metadata", **query).decode().splitlines()
    assert lines[0].split("\t")[0] == "title"
    assert lines[1].startswith("Synthetic item 0\ti0\t")
    assert len(lines) == len(items) + 1
