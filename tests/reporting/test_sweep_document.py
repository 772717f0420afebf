import json

from tests.sweeps.made_sweep import SEED, change, fail, interrupt, made_sweep

from rankdistill.reporting.sweep_document import make_document
from rankdistill.sweeps.summary import summarise

GRID = {"size": ["d2", "d10"], "weighting": ["uniform", "hybrid"], SEED: [1, 2]}


def document_of(folder):
    return make_document(summarise([folder]), [])


def test_facts_count_the_jobs_and_name_what_was_swept_and_on_which_data(tmp_path):
    jobs = made_sweep(tmp_path, {"top_k": ["k5"], **GRID}, lambda _: 0.1)
    interrupt(jobs[0])
    change(jobs[1] / "job.json", code="another")
    change(tmp_path / "sweep.json", num_jobs=9)
    assert document_of(tmp_path).facts == (
        "9 jobs: 7 ok, 0 failed, 1 unfinished, 1 not started.",
        "Swept: top_k, size and weighting, over seed.initialization.",
        "Equal in all jobs that ended well: top_k=k5.",
        "Data: ml-100k.",
        "The jobs were run by 2 versions of the program.",
    )


def test_a_protocol_of_others_is_told_once(tmp_path):
    jobs = made_sweep(tmp_path, GRID, lambda _: 0.1)
    for job in jobs:
        content = json.loads((job / "metrics.json").read_text())
        content["data"]["protocol"] = ["Ranked among 99 sampled items."]
        (job / "metrics.json").write_text(json.dumps(content))
    assert document_of(tmp_path).facts.count("Ranked among 99 sampled items.") == 1


def test_failures_are_grouped_by_their_error_the_most_frequent_first(tmp_path):
    jobs = made_sweep(tmp_path, GRID, lambda _: 0.1)
    fail(jobs[2], "no convergence")
    for job in jobs[:2]:
        fail(job, "out of memory")
    assert document_of(tmp_path).errors == (("out of memory", 2), ("no convergence", 1))


def test_where_nothing_ended_well_there_is_only_the_table_of_jobs(tmp_path):
    for job in made_sweep(tmp_path, GRID, lambda _: 0.1):
        fail(job, "broken")
    document = document_of(tmp_path)
    assert document.tables == ()
    assert len(document.jobs.rows) == 8
    assert document.reading == ("No job has ended well yet: there is nothing to compare.",)


def test_jobs_that_the_most_epochs_cut_short_are_named_as_not_done(tmp_path):
    jobs = made_sweep(tmp_path, GRID, lambda _: 0.1, trainer__max_epochs=17)
    assert not any("not done" in fact for fact in document_of(tmp_path).facts)
    for job in jobs[1:]:
        change(job / "metrics.json", best_epoch=17)
    document = document_of(tmp_path)
    (fact,) = (fact for fact in document.facts if "not done" in fact)
    names = "; ".join(sorted(job.name for job in jobs[1:])[:5])
    assert fact == (
        "7 jobs not done: the best epoch was the last that trainer.max_epochs allowed, and more "
        f"may be better: {names}; 2 others."
    )
    place = document.jobs.columns.index("best epoch")
    cells = [row[place].text for row in document.jobs.rows]
    assert sorted(cells) == ["12", *["17, not done"] * 7]
