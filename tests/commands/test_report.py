import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from tests.cascade.reporting.made_cascade import made_cascade
from tests.sweeps.made_sweep import SEED, fail, interrupt, made_sweep, write

from rankdistill.commands.report import run

GRID = {"size": ["d2", "d10"], "weighting": ["uniform", "hybrid"], SEED: [1, 2]}


def value(axes):
    gain = 0.02 if axes.get("weighting") == "hybrid" else 0
    return 0.1 + 0.005 * int(axes.get("size", "d4")[1:]) + gain + 0.001 * axes.get(SEED, 0)


@pytest.mark.slow
def test_a_sweep_gets_a_report_in_four_forms_with_its_figures(tmp_path):
    made_sweep(tmp_path, GRID, value)
    run([str(tmp_path)])
    page = tmp_path / "report.html"
    text = (tmp_path / "report.md").read_text()
    assert "8 jobs: 8 ok, 0 failed, 0 unfinished." in text
    assert "Swept: size and weighting, over seed.initialization." in text
    assert "Data: ml-100k." in text
    assert "| .1715 ± .0007 |" in text  # .1 + .05 + .02 + .0015
    assert text.count("| d10  | uniform   | ") == text.count("| d10  | hybrid    | ") == 1
    assert r"\toprule" in (tmp_path / "report.tex").read_text()
    with (tmp_path / "results.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 8
    figures = {path.name for path in (tmp_path / "figures").iterdir()}
    names = ("effects", "metric_by_size", "quality_by_bytes")
    assert figures == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    assert page.read_text().count("<svg ") == 3


@pytest.mark.slow
def test_half_finished_and_failed_jobs_are_counted_and_their_errors_grouped(tmp_path):
    jobs = made_sweep(tmp_path, GRID, value)
    for job in jobs[:2]:
        fail(job, "Out of memory: <lower> training.batch_size")
    fail(jobs[2], "no convergence")
    interrupt(jobs[7])
    for path in jobs[6].iterdir():
        path.unlink()
    jobs[6].rmdir()
    run([str(tmp_path)])
    text = (tmp_path / "report.md").read_text()
    assert "8 jobs: 3 ok, 3 failed, 1 unfinished, 1 not started." in text
    assert "- 2 jobs: Out of memory: &lt;lower&gt; training.batch_size\n- 1 job: no conv" in text
    assert "&lt;lower&gt;" in (tmp_path / "report.html").read_text()


def test_a_sweep_in_which_nothing_ended_well_has_a_report_that_says_so(tmp_path):
    for job in made_sweep(tmp_path, GRID, value):
        fail(job, "broken")
    run([str(tmp_path), "--metric", "ndcg@10", "--baseline", "weighting=uniform"])
    for name in ("report.md", "report.html", "report.tex"):
        assert "No job has ended well yet" in (tmp_path / name).read_text()
    assert "8 jobs: broken" in (tmp_path / "report.md").read_text()


def test_a_sweep_that_has_only_begun_has_one_too(tmp_path):
    sweep = {"command": "train", "axes": ["size"], "fixed": [], "num_jobs": 3, "code": ""}
    (tmp_path / "sweep.json").write_text(json.dumps(sweep))
    run([str(tmp_path)])
    text = (tmp_path / "report.md").read_text()
    assert "3 jobs: 0 ok, 0 failed, 0 unfinished, 3 not started." in text


@pytest.mark.slow
def test_jobs_whose_values_per_user_are_lost_are_reported_without_tests(tmp_path):
    for job in made_sweep(tmp_path, GRID, value):
        (job / "per_user.npz").unlink()
    run([str(tmp_path)])
    assert "it has no baseline to be compared with" in (tmp_path / "report.md").read_text()


@pytest.mark.slow
def test_several_sweeps_become_one_report_where_asked(tmp_path):
    made_sweep(tmp_path / "one", GRID, value)
    made_sweep(tmp_path / "two", {"top_k": ["k5", "k10"], SEED: [1, 2]}, value)
    both = [str(tmp_path / "one"), str(tmp_path / "two")]
    with pytest.raises(ValueError, match="say where with --output"):
        run(both)
    run([*both, "--output", str(tmp_path / "both"), "--baseline", "sweep=one"])
    text = (tmp_path / "both" / "report.md").read_text()
    assert "# Sweep report: one and two" in text
    assert "12 jobs: 12 ok" in text
    with (tmp_path / "both" / "results.csv").open(newline="") as stream:
        found = list(csv.DictReader(stream))
    assert [row["sweep"] for row in found] == ["one"] * 8 + ["two"] * 4
    assert {row["top_k"] for row in found} == {"-", "k5", "k10"}


@pytest.mark.slow
def test_comparisons_with_the_uniform_twin_are_those_of_equal_size(tmp_path):
    made_sweep(tmp_path, GRID, value)
    run([str(tmp_path), "--baseline", "weighting=uniform"])
    text = (tmp_path / "report.md").read_text()
    section = text.split("## ")[2]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("|")][2:]
    told = {(row[2].strip(), row[3].strip()): row[-4].strip() for row in rows}
    assert told == {
        ("d2", "uniform"): "baseline",
        ("d2", "hybrid"): "+.0200",
        ("d10", "uniform"): "baseline",
        ("d10", "hybrid"): "+.0200",
    }


@pytest.mark.slow
def test_the_default_metric_is_the_one_that_jobs_monitored(tmp_path):
    made_sweep(tmp_path, GRID, value, **{"evaluation__monitor": "val/ndcg@10"})
    run([str(tmp_path)])
    assert "reach test NDCG@10 from" in (tmp_path / "report.md").read_text()
    run([str(tmp_path), "--metric", "test/map@5"])
    assert "reach test MAP@5 from" in (tmp_path / "report.md").read_text()


def made_cascade_sweep(folder):
    """Jobs of the command cascade, one a form, whose shared form gains for every user."""
    monitor = {"evaluation__monitor": "val/recall_of_final@20_in_100"}
    for job in made_sweep(folder, {"form": ["none", "shared"]}, value, **monitor):
        form = job.name.removeprefix("form=")
        (job / "metrics.json").unlink()
        write(job / "cascade.json", {**made_cascade(), "about": form})
        for seed in (1, 2, 3):
            recalls = np.linspace(0.5, 0.9, 30) + (0.1 if form == "shared" else 0)
            recalls[::10] += 0.01 * seed
            users = job / form / f"seed-{seed}"
            users.mkdir(parents=True)
            np.savez(
                users / "per_user.npz",
                user_ids=np.arange(30),
                **{"recall_of_final@20_in_100": np.append(recalls[:-1], np.nan)},
            )


def test_a_sweep_of_cascades_is_reported_by_its_monitor_with_tests_over_users(tmp_path):
    made_cascade_sweep(tmp_path)
    run([str(tmp_path)])
    text = (tmp_path / "report.md").read_text()
    assert "2 jobs: 2 ok, 0 failed, 0 unfinished." in text
    assert "Best on validation is form=shared, with .8060 ± .0040 on test" in text
    assert "test recall of final's top 20 in 100 - baseline" in text
    assert "| +.1000 | [+.1000, +.1000] |" in " ".join(text.split())
    with (tmp_path / "results.csv").open(newline="") as stream:
        none, shared = csv.DictReader(stream)
    assert float(shared["test/teacher_ce"]) < float(none["test/teacher_ce"])


def test_a_loss_cannot_be_what_a_report_ranks_by(tmp_path):
    made_cascade_sweep(tmp_path)
    with pytest.raises(ValueError, match="better the larger it is, and 'ce' is not"):
        run([str(tmp_path), "--metric", "ce"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--metric", "mpa@5"], "No job measured 'mpa@5'; did you mean 'map@5'?"),
        (
            ["--baseline", "weigthing=uniform"],
            "'weigthing' was not swept; did you mean 'weighting'",
        ),
        (["--baseline", "weighting=unifrom"], "weighting=unifrom; did you mean 'uniform'?"),
        (["--baseline", "seed.initialization=1"], "results are averaged over seeds"),
        (["--baseline", "uniform"], "takes KEY=VALUE such as weighting=uniform, got 'uniform'"),
        (["--top", "0"], "--top must be at least 1"),
    ],
)
def test_mistakes_end_in_one_line_that_names_the_nearest(tmp_path, arguments, message):
    made_sweep(tmp_path, GRID, value)
    with pytest.raises(ValueError) as error:  # noqa: PT011
        run([str(tmp_path), *arguments])
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "report.md").exists()


@pytest.mark.slow
def test_a_baseline_may_be_typed_with_commas_and_numbers_in_any_form(tmp_path):
    made_sweep(tmp_path, {"sharpness.mu": [0.1, 1.0], **GRID}, value)
    run([str(tmp_path), "--baseline", "sharpness.mu=1,weighting=uniform"])
    assert "twin that has sharpness.mu=1 weighting=uniform" in (tmp_path / "report.md").read_text()


@pytest.mark.slow
def test_only_so_many_configurations_as_asked_for_are_listed(tmp_path, capsys):
    made_sweep(tmp_path, GRID, value)
    run([str(tmp_path), "--top", "1"])
    assert "1 of 4; all are in report.html." in (tmp_path / "report.md").read_text()
    assert str(tmp_path / "report.html") in capsys.readouterr().out


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from rankdistill.commands.report import run\n"
        "try:\n    run(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'torch', 'numpy', 'scipy', 'matplotlib', 'hydra', 'pytorch_lightning'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("usage: rankdistill report")
    assert "--baseline weighting=uniform" in ran.stdout


@pytest.mark.slow
def test_levels_that_mean_something_to_a_language_are_text_everywhere(tmp_path):
    odd = ["$x^<b>", "a|b_#&%", "[l](u)"]
    made_sweep(tmp_path, {"size": ["d2", "d10"], "weighting": odd, SEED: [1]}, lambda _: 0.2)
    run([str(tmp_path)])
    assert "<b>" not in (tmp_path / "report.md").read_text()
    assert "<b>$x" not in (tmp_path / "report.html").read_text()
    assert (
        r"\$x\textasciicircum{}\textless{}b\textgreater{}" in (tmp_path / "report.tex").read_text()
    )


def test_a_single_run_has_a_report_too(tmp_path):
    made_sweep(tmp_path, {"size": ["d2"]}, lambda _: 0.2)
    run([str(tmp_path)])
    text = (tmp_path / "report.md").read_text()
    assert "There is one configuration, of 1 seed, with test MAP@5 .2000." in text
    assert not list(tmp_path.glob("figures/*"))


@pytest.mark.slow
def test_a_comparison_in_a_sweep_is_averaged_over_its_own_seeds(tmp_path):
    for number, job in enumerate(made_sweep(tmp_path, {"size": ["d2", "d10"]}, lambda _: 0.2)):
        (job / "metrics.json").unlink()
        values = [0.1 + number, 0.3 + number]
        runs = [
            {"seed": seed, "metrics": {"val/map@5": value, "test/map@5": value}}
            for seed, value in enumerate(values)
        ]
        mean = {"metrics": {"test/map@5": 0.2 + number}, "weights_bytes": 1000.0 * (1 + number)}
        models = {"distilled_student": {"runs": runs, "mean": mean}}
        (job / "comparison.json").write_text(json.dumps({"data": {"name": "x"}, "models": models}))
    run([str(tmp_path)])
    assert ".2000 ± .1414" in (tmp_path / "report.md").read_text()
