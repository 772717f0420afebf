"""Teach the students of a seed: alone, or several logs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.score_log import LogCounts
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.runs.bench import Bench, Scores
from rankdistill.cascade.runs.fit import fit_ranker
from rankdistill.cascade.runs.fit_stack import StudentToFit, fit_early_rankers
from rankdistill.cascade.runs.log_variants import LogVariant
from rankdistill.cascade.runs.models import make_early_ranker
from rankdistill.cascade.runs.records import RankerRun, finished_run
from rankdistill.cascade.runs.student_shape import student_shape
from rankdistill.cascade.runs.teacher_log import TeacherLog
from rankdistill.cascade.runs.variant_stacks import place_of
from rankdistill.data.datamodule import InteractionsDataModule


class Lesson(NamedTuple):
    """A student and the log that it learns from.

    Attributes:
        form: Name of the student's form.
        variant: The log; None: the main one.
        folder: Where its run goes.
        title: Its name for people.
    """

    form: str
    variant: LogVariant | None
    folder: Path
    title: str

    @property
    def changes(self) -> Mapping[str, Any]:
        """Settings of logging that differ from the main ones."""
        return {} if self.variant is None else self.variant.changes

    @property
    def is_main(self) -> bool:
        """Whether the log is the main one; of the others the cut alone is measured."""
        return self.variant is None


class Lessons:
    """Trains and measures the students of a seed, unless their folders hold these runs.

    Args:
        cfg: The configuration of the seed.
        datamodule: The split ratings.
        data: Requests, features and impressions.
        bench: What measures the students.
        final_scores: Of the final ranker.
        log: What writes the logs.
        folder: The run's folder; each student has one below it.
    """

    def __init__(
        self,
        cfg: CascadeConfig,
        datamodule: InteractionsDataModule,
        data: CascadeData,
        bench: Bench,
        final_scores: Scores,
        log: TeacherLog,
        folder: Path,
    ):
        self.cfg, self.datamodule, self.data = cfg, datamodule, data
        self.bench, self.final_scores, self.log, self.folder = bench, final_scores, log, folder
        self.seed = cfg.seed.initialization

    def on_main_log(self, form: str, title: str) -> RankerRun:
        """Teach a student on the main log, and measure all that there is to measure.

        Args:
            form: Name of its form.
            title: Its name for people.
        """
        lesson = self._lesson(form, None, title)
        return self._finished(lesson) or self._alone(lesson, title)

    def on_other_logs(
        self, form: str, variants: Sequence[LogVariant], title: str
    ) -> list[RankerRun]:
        """Teach a student on each of some logs, side by side where these are several.

        Args:
            form: Name of its form.
            variants: The logs.
            title: What all of them are called.

        Raises:
            FloatingPointError: If a student's numbers are not finite; the others have been
                measured by then.
        """
        lessons = [
            self._lesson(form, variant, f"{place_of(form, variant)}, seed {self.seed}")
            for variant in variants
        ]
        found = [self._finished(lesson) for lesson in lessons]
        left = [lesson for lesson, run in zip(lessons, found, strict=True) if run is None]
        alone = len(left) == 1
        taught = iter([self._alone(left[0], title)] if alone else self._together(left, title))
        return [next(taught) if run is None else run for run in found]

    def _alone(self, lesson: Lesson, title: str) -> RankerRun:
        student, counts = self._student(lesson)
        _, fields = fit_ranker(
            student.module,
            student.train,
            student.validation,
            self.cfg.trainer,
            self.cfg.early_ranker.training,
            lesson.folder,
            title,
            self.cfg.storage.bits,
        )
        return self._measured(lesson, student.module, fields, counts)

    def _together(self, lessons: Sequence[Lesson], title: str) -> list[RankerRun]:
        if not lessons:
            return []
        students, counted = zip(*(self._student(lesson) for lesson in lessons), strict=True)
        training, bits = self.cfg.early_ranker.training, self.cfg.storage.bits
        fitted = fit_early_rankers(students, self.cfg.trainer, training, title, bits)
        runs, errors = [], []
        for lesson, student, fields, counts in zip(lessons, students, fitted, counted, strict=True):
            if isinstance(fields, FloatingPointError):
                print(f"{lesson.title}: {fields}", flush=True)
                errors.append(fields)
            else:
                runs.append(self._measured(lesson, student.module, fields, counts))
        if errors:
            raise errors[0]
        return runs

    def _lesson(self, form: str, variant: LogVariant | None, title: str) -> Lesson:
        place = form if variant is None else place_of(form, variant)
        return Lesson(form, variant, self.folder / place / f"seed-{self.seed}", title)

    def _finished(self, lesson: Lesson) -> RankerRun | None:
        run = finished_run(lesson.folder, self._shape(lesson))
        if run is not None:
            print(f"{lesson.title}: finished before, in {lesson.folder}", flush=True)
        return run

    def _student(self, lesson: Lesson) -> tuple[StudentToFit, LogCounts | None]:
        """Make a student, what it learns from and what chooses its epoch; and count its log."""
        module = make_early_ranker(self.cfg, lesson.form, self.data, self.datamodule)
        train, counts = self.data.examples["train"], None
        validation = self.data.examples["validation"]
        if module.form.reads_log:
            train, counts = self.log.examples(lesson.folder, lesson.changes)
            validation = self.log.validation(lesson.changes)
            if counts.usable < counts.rows:
                print(f"{lesson.title}: {counts.sentence()}", flush=True)
        return StudentToFit(module, train, validation, lesson.folder), counts

    def _measured(
        self,
        lesson: Lesson,
        module: EarlyRanker,
        fields: dict[str, Any],
        counts: LogCounts | None,
    ) -> RankerRun:
        scores = self.bench.score_early(module)
        measured = self.bench.measure_early(self.final_scores, scores, lesson.is_main)
        is_rescored = lesson.is_main and module.form.reads_log
        rescoring = self.log.rescoring if is_rescored else {}
        run = RankerRun(self.seed, fields, measured, counts, rescoring)
        run.write(lesson.folder, self._shape(lesson))
        return run

    def _shape(self, lesson: Lesson) -> str:
        return student_shape(self.cfg, self.data, lesson.form, lesson.changes, lesson.is_main)
