"""A sweep's overview as a run of its own in TensorBoard: charts, tables and figures."""

# Protocol buffers make their names at import, where a type checker does not see them.
# pyright: reportAttributeAccessIssue=false, reportInvalidTypeForm=false

from __future__ import annotations

import struct
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rankdistill.files import replacing

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary

OVERVIEW = "_overview"
"""The run's name, which TensorBoard sorts first."""

_PNG = b"\x89PNG\r\n\x1a\n"


def write_report_overview(folder: Path, monitored: str) -> None:
    """Show the report in a sweep's folder in TensorBoard, with a chart of all its jobs.

    Args:
        folder: The sweep's, with report.md and figures/.
        monitored: The metric that the jobs monitored, such as "test/map@5".
    """
    lines = (folder / "report.md").read_text(encoding="utf-8").splitlines()
    tables = "\n".join(line for line in lines if not line.startswith("!["))
    figures = {path.stem: path for path in sorted((folder / "figures").glob("*.png"))}
    name = monitored.removeprefix("test/")
    charts = {f"Validation {name}": [f"val/{name}"], "Training loss": ["train/.*loss"]}
    write_overview(folder, tables, figures, charts)


def write_overview(
    folder: Path, table: str, figures: Mapping[str, Path], charts: Mapping[str, Sequence[str]]
) -> None:
    """Write the run ``_overview`` into a sweep's folder, in place of an earlier one.

    Args:
        folder: The sweep's.
        table: The results as Markdown, for the tab Text.
        figures: PNG file by title, for the tab Images.
        charts: Regular expressions by title, for the tab Custom Scalars: a chart draws every
            curve of every run whose tag matches one of them.

    Raises:
        FileNotFoundError: If a figure is missing.
        ValueError: If a figure is no PNG file.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.plugins.text.summary_v2 import text_pb
    from tensorboard.summary.writer.record_writer import RecordWriter

    now = time.time()
    summaries = [
        _layout(charts),
        text_pb("results/table", table),
        *(_image(title, path) for title, path in figures.items()),
    ]
    events = [Event(wall_time=now, file_version="brain.Event:2")]
    events += [Event(wall_time=now, summary=summary) for summary in summaries]
    run = folder / OVERVIEW
    # TensorBoard reads whatever is called tfevents, half written or not: the name comes last.
    written = run / "overview"
    with replacing(written) as temporary, temporary.open("wb") as stream:
        writer = RecordWriter(stream)
        for event in events:
            writer.write(event.SerializeToString())
    earlier = list(run.glob("events.out.tfevents.*"))
    written.replace(run / f"events.out.tfevents.{time.time_ns()}.overview")
    for path in earlier:
        path.unlink()


def _layout(charts: Mapping[str, Sequence[str]]) -> Summary:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.custom_scalar import layout_pb2, metadata
    from tensorboard.util.tensor_util import make_tensor_proto

    layout = layout_pb2.Layout(
        category=[
            layout_pb2.Category(
                title="Overview",
                chart=[
                    layout_pb2.Chart(
                        title=title, multiline=layout_pb2.MultilineChartContent(tag=tags)
                    )
                    for title, tags in charts.items()
                ],
            )
        ]
    )
    value = Summary.Value(
        tag=metadata.CONFIG_SUMMARY_TAG,
        metadata=metadata.create_summary_metadata(),
        tensor=make_tensor_proto(layout.SerializeToString()),
    )
    return Summary(value=[value])


def _image(title: str, path: Path) -> Summary:
    from tensorboard.compat.proto.summary_pb2 import Summary

    content = path.read_bytes()
    if not content.startswith(_PNG):
        raise ValueError(f"The figure {path} is no PNG file.")
    width, height = struct.unpack(">II", content[16:24])  # the first chunk says so
    image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=content)
    return Summary(value=[Summary.Value(tag=f"figures/{title}", image=image)])
