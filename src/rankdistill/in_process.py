"""Inspect data, recommend and export from a notebook or a script, in its own process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hydra import compose

from rankdistill.config.allowances import refuse_untyped
from rankdistill.config.command_line import CommandLine, hydra_here
from rankdistill.config.export import ExportConfig
from rankdistill.config.inspect import InspectConfig
from rankdistill.config.literal_keys import is_literal
from rankdistill.config.literal_text import quote_literals
from rankdistill.config.quoted_text import quoted
from rankdistill.config.reading import read_config
from rankdistill.config.recommend import RecommendConfig
from rankdistill.config.yaml_aliases import refuse_alias_bombs
from rankdistill.errors import explain, is_for_people

if TYPE_CHECKING:
    import polars as pl

Schema = TypeVar("Schema")
Result = TypeVar("Result")


@dataclass(frozen=True, repr=False)
class Description:
    """What ``rankdistill inspect`` says of data; printed, it is the command's own text.

    Attributes:
        text: The lines that the command prints.
        columns: A row per column of each file: file, place, name, kind and role; null for a
            column that is not read.
        splits: A row per split: name, test users, the shares of unknown users, of unknown items
            and of users with ties, and the fault of a split that cannot be made.
        num_users: Users.
        num_items: Items.
        num_interactions: Pairs of a user and an item.
        overrides: What ``compare`` and ``sweep`` are given to go on with these data: where they
            are, and a split that suits them.
    """

    text: str
    columns: pl.DataFrame
    splits: pl.DataFrame
    num_users: int
    num_items: int
    num_interactions: int
    overrides: list[str]

    @property
    def data(self) -> list[str]:
        """The overrides that say where the data are, which is all that ``recommend`` is given."""
        return [override for override in self.overrides if not override.startswith("split=")]

    def __repr__(self) -> str:
        return self.text


def inspect(overrides: Sequence[str]) -> Description:
    """Look at data as ``rankdistill inspect`` does; nothing is trained or written.

    Args:
        overrides: As on the command line: ``["data.path=orders.csv"]``.

    Raises:
        ValueError: If the data cannot be read, with the reason.
    """
    import polars

    from rankdistill.commands.inspect import look_at

    lines: list[str] = []
    found = _called("inspect", overrides, InspectConfig, lambda cfg: look_at(cfg, lines.append))
    columns = [
        (str(table.source), place, table.name(place), kind, table.role(place))
        for table in found.tables
        for place, kind in enumerate(table.kinds)
    ]
    text = polars.String
    return Description(
        text="\n".join(lines),
        columns=polars.DataFrame(
            columns,
            {"file": text, "place": polars.Int64, "name": text, "kind": text, "role": text},
            orient="row",
        ),
        splits=polars.DataFrame(
            [{"split": name, **vars(report)} for name, report in found.reports.items()],
            schema_overrides={"fault": text},
        ),
        num_users=found.interactions.num_users,
        num_items=found.interactions.num_items,
        num_interactions=found.interactions.num_interactions,
        overrides=found.overrides,
    )


def recommend(checkpoint: Path | str, user: object, overrides: Sequence[str] = ()) -> pl.DataFrame:
    """Rank the items that a user does not know, as ``rankdistill recommend`` does.

    Args:
        checkpoint: Path of a model.ckpt, or the folder of its run.
        user: As the data name them.
        overrides: Where the data are, as on the command line, and ``limit=``:
            ``["data=delimited", "data.path=orders.csv", "limit=5"]``.

    Returns:
        A row per item, best first: rank, item (its id as the data name it), title (null where the
        data have none) and score.

    Raises:
        ValueError: If there is no such user, or the model was trained on other data.
    """
    import polars

    from rankdistill.commands.recommend import new_items_of

    typed = [f"checkpoint={quoted(str(_checkpoint(checkpoint)))}", f"user={quoted(str(user))}"]
    best = _called("recommend", [*overrides, *typed], RecommendConfig, new_items_of)
    text = polars.String
    return polars.DataFrame(
        {
            "rank": list(range(1, len(best.item_ids) + 1)),
            "item": [best.label(item) for item in best.item_ids],
            "title": [best.title(item) for item in best.item_ids],
            "score": best.scores,
        },
        {"rank": polars.Int64, "item": text, "title": text, "score": polars.Float64},
    )


def export(checkpoint: Path | str, output: Path | str, overrides: Sequence[str] = ()) -> Path:
    """Make of a checkpoint the file that ships, as ``rankdistill export`` does.

    Args:
        checkpoint: Path of a model.ckpt, or the folder of its run.
        output: The file to write.
        overrides: As on the command line: ``["storage=int4", "seen=false"]``,
            ``["format=page"]``, and where the data are if no model.rank lies beside the checkpoint.

    Returns:
        The path of the file.

    Raises:
        ValueError: If the checkpoint cannot be read or the file not be written.
    """
    from rankdistill.commands.export import export_model

    typed = [
        f"checkpoint={quoted(str(_checkpoint(checkpoint)))}",
        f"output={quoted(str(output))}",
    ]
    return _called("export", [*overrides, *typed], ExportConfig, export_model)


def _checkpoint(place: Path | str) -> Path:
    """Name the checkpoint of a run by the run's folder too."""
    path = Path(place)
    return path / "model.ckpt" if path.is_dir() else path


def _called(
    command: str,
    overrides: Sequence[str],
    schema: type[Schema],
    run: Callable[[Schema], Result],
) -> Result:
    """Compose a command's configuration and run a function with it.

    Raises:
        ValueError: With one line, for every mistake of the user.
    """
    arguments = quote_literals(overrides, is_literal)
    line = CommandLine.typed(command, arguments)
    try:
        refuse_alias_bombs(arguments)
        with hydra_here():
            config: Any = compose(command, overrides=line.all_overrides)
        refuse_untyped(config, arguments)
        return run(read_config(config, schema))
    except Exception as error:
        if not is_for_people(error):
            raise
        raise ValueError(explain(error, line, hint="")) from None
