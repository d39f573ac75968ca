"""Structures and targets of a command, and what became of each of them."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_CLASSES_SHOWN = 12
_MAX_SHOWN = 20  # refusals written out on standard error; files and JSON have them all


@dataclass(slots=True)
class Data:
    """Structures in the order of the input, and those that were refused.

    Parameters
    ----------
    names : list of str
        Of the structures that can be used.
    structures : list
        The structures.
    places : list of int
        Where each of them stands in the input.
    refused : DataFrame
        With the columns place, name and reason. What has no structure at all has no
        place either.
    targets : DataFrame or None
        A row for each structure, a column for each target.
    """

    names: list[str]
    structures: list[Any]
    places: list[int]
    refused: pd.DataFrame
    targets: pd.DataFrame | None = None

    def __len__(self) -> int:
        """Count what can be used."""
        return len(self.names)

    def ask(self, question: Callable[[list[Any]], Any]) -> Any:
        """Ask something about all structures, and leave out those it refuses.

        Parameters
        ----------
        question : callable
            Raises a ValueError if it cannot do with one of the structures it is given.

        Returns
        -------
        object
            The answer for the structures that are left.
        """
        try:
            return question(self.structures)
        except ValueError as error:
            reasons = find_refused(question, self.structures)
            if not reasons:  # it has something against them together
                raise
            if len(reasons) == len(self):
                raise ValueError(
                    f"none of {len(self)} structures can be used. The first, "
                    f"{self.names[0]}, {reasons[0]}"
                ) from error
            self.leave_out(reasons)
            return question(self.structures)

    @property
    def has_classes(self) -> bool:
        """Whether the target is a class, and not a number."""
        return self.targets is not None and self.targets.dtypes.iloc[0].kind != "f"

    def target(self) -> Any:
        """The values of the only target there is."""
        assert self.targets is not None
        if self.targets.shape[1] > 1:
            raise ValueError(
                f"a cross-validation is about one target, not {', '.join(self.targets)}"
                ". Choose with --target NAME."
            )
        return self.targets.iloc[:, 0]

    def leave_out(self, reasons: Mapping[int, str]) -> None:
        """Refuse some of the structures."""
        import pandas as pd

        if not reasons:
            return
        rows = [(self.places[i], self.names[i], why) for i, why in reasons.items()]
        table = pd.DataFrame(rows, columns=self.refused.columns)
        self.refused = pd.concat(
            [self.refused, table] if len(self.refused) else [table]
        )
        kept = [i for i in range(len(self)) if i not in reasons]
        self.names = [self.names[i] for i in kept]
        self.structures = [self.structures[i] for i in kept]
        self.places = [self.places[i] for i in kept]
        if self.targets is not None:
            # Without those that have none, classes need not be objects any more.
            self.targets = self.targets.iloc[kept].infer_objects()

    def tabulate(self, columns: pd.DataFrame) -> pd.DataFrame:
        """A table with a row for everything in the input, in its order.

        Parameters
        ----------
        columns : DataFrame
            A row for each structure that was used; the fields of others stay empty.

        Returns
        -------
        DataFrame
            The names first.
        """
        others = self.refused.dropna(subset="place")
        names = dict(zip(others["place"], others["name"], strict=True))
        names |= dict(zip(self.places, self.names, strict=True))
        table = columns.set_axis(self.places, axis=0).reindex(sorted(names))
        # A target may be called so, too: JSON has room for one of each name.
        table = table.rename(columns={"name": "predicted_name"})
        table.insert(0, "name", [names[place] for place in table.index])
        return table

    def reasons(self) -> list[dict[str, str]]:
        """The refusals as a result."""
        rows: list[dict[str, str]] = self.refused[["name", "reason"]].to_dict("records")
        return rows


def report(rows: Sequence[Mapping[str, str]], what: str = "refused") -> None:
    """Say on standard error what was refused, or what else went wrong."""
    for row in rows[:_MAX_SHOWN]:
        print(f"{what}: {row['name']} {row['reason']}", file=sys.stderr)
    if len(rows) > _MAX_SHOWN:
        more = len(rows) - _MAX_SHOWN
        print(f"{what}: {more} more; --json lists all", file=sys.stderr)


def read(args: argparse.Namespace, *, targets: bool = False) -> Data:
    """Load and check the structures that a command is about.

    Parameters
    ----------
    args : Namespace
        Of the command line.
    targets : bool, default=False
        Whether targets are wanted as well.

    Returns
    -------
    Data
        Sound structures; what is wrong with the others is in the refusals.
    """
    from sk_knagcn.structures import check_structures

    data = _load(args, targets)
    disorder: Any = args.on_disorder or "raise"
    data.structures = data.ask(
        lambda some: check_structures(some, on_disorder=disorder)
    )
    return data


def read_with_targets(args: argparse.Namespace) -> Data:
    """Load structures with their targets, and leave out what has none."""
    data = read(args, targets=True)
    if data.targets is None:
        remedy = (
            "Pass --targets TABLE.csv, with a column of file names and one of numbers "
            "or classes."
            if args.data.is_dir()
            else 'Write them into its lines: "targets": {"gap": 1.2}.'
        )
        raise ValueError(f"{args.data} has no targets. {remedy}")
    names = list(data.targets)
    if args.target is None and len(names) > 1:
        raise ValueError(
            f"there are several targets: {', '.join(names)}. Choose with --target NAME."
        )
    missing = data.targets.isna().all(axis=1).to_numpy().nonzero()[0]
    if len(missing) == len(data):
        raise ValueError(f"no structure has a number for {', '.join(names)}.")
    data.leave_out({int(i): f"has no {', '.join(names)}" for i in missing})
    if data.has_classes:
        _check_classes(data.target())
    return data


def _check_classes(y: pd.Series) -> None:
    """Raise an error if there is nothing to tell apart, or nothing in common."""
    counts = y.value_counts()
    if len(counts) < 2:
        raise ValueError(
            f"{y.name} is {counts.index[0]} for all {len(y)} structures. There must be "
            "two classes at least."
        )
    if counts.iloc[0] < 2:
        raise ValueError(
            f"each of {len(y)} structures has a {y.name} of its own, such as "
            f"{y.iloc[0]}, which makes no classes. Choose another with --target NAME."
        )


def describe_targets(data: Data, result: dict[str, Any]) -> list[str]:
    """What there is to learn, in lines for people and as part of a result."""
    assert data.targets is not None
    result["targets"] = []
    lines = []
    for name in data.targets:
        column = data.targets[name].dropna()
        if data.has_classes:
            counts = column.value_counts()
            classes = [{"class": one, "n": int(n)} for one, n in counts.items()]
            found = {"name": name, "n": len(column), "classes": classes}
            result["targets"].append(found)
            listed = [f"{one} {n}" for one, n in counts.head(_CLASSES_SHOWN).items()]
            more = len(counts) - len(listed)
            lines.append(
                f"{name}: {len(counts)} classes, {', '.join(listed)}"
                + (f" and {more} more" if more > 0 else "")
            )
            continue
        spread = {
            "mean": float(column.mean()),
            "mean_absolute_deviation": float((column - column.mean()).abs().mean()),
            "smallest": float(column.min()),
            "largest": float(column.max()),
        }
        result["targets"].append({"name": name, "n": len(column), **spread})
        lines.append(
            f"{name}: {spread['smallest']:.4g} to {spread['largest']:.4g}, mean "
            f"{spread['mean']:.4g}, mean absolute deviation "
            f"{spread['mean_absolute_deviation']:.4g}"
        )
    return lines


def find_refused(
    question: Callable[[list[Any]], Any], structures: Sequence[Any]
) -> dict[int, str]:
    """Find the structures that a question refuses, by asking halves of halves.

    Parameters
    ----------
    question : callable
        Raises a ValueError if it cannot do with one of the structures it is given.
    structures : sequence
        What to ask about.

    Returns
    -------
    dict of int to str
        What is wrong with each of them, by its position.
    """
    found: dict[int, str] = {}
    pending = [range(len(structures))]
    while pending:
        part = pending.pop()
        try:
            question([structures[i] for i in part])
        except ValueError as error:
            if len(part) == 1:
                found[part[0]] = _as_typed(str(error))
            else:
                half = len(part) // 2
                pending += [part[half:], part[:half]]
    return found


def _as_typed(message: str) -> str:
    """What an error says of a structure, with options as they are typed here."""
    text = re.sub(r"^structure 0 ", "", " ".join(message.split()))
    text = re.sub(
        r"^1 of 1 structures (cannot be described in full: )structure 0 \([^)]*\), "
        r"(.*?)( Leave them out, or pass on_error=.*)?$",
        r"\1\2",
        text,
    )
    return re.sub(
        "pass on_disorder='majority' to .*check_structures",
        "pass --on-disorder majority",
        text,
    )


def _load(args: argparse.Namespace, targets: bool) -> Data:
    """What the loaders of the package make of the input."""
    import pandas as pd

    from sk_knagcn.datasets import load_cif_folder, load_json_lines
    from sk_knagcn.datasets.cif_folder import list_cif_files

    how: dict[str, Any] = {"n_jobs": args.jobs, "verbose": int(args.progress)}
    if targets and args.task:
        how["classes"] = args.task == "classification"
    if args.data.is_dir():
        loaded = load_cif_folder(
            args.data,
            args.targets if targets else False,
            columns=args.target if targets else None,
            **how,
        )
        files = list_cif_files(args.data)
        place = {file.stem: i for i, file in enumerate(files)}
        places = [place[name] for name in loaded.names]
        refused_places = [place.get(name) for name in loaded.refused["name"]]
    elif not args.data.exists():
        raise FileNotFoundError(f"there is no {args.data}.")
    elif args.data.suffix.lower() == ".cif":
        raise NotADirectoryError(
            f"{args.data} is a single CIF file. Pass the folder that it is in."
        )
    elif targets and args.targets is not None:
        raise ValueError(
            "--targets is for a folder of CIF files; JSON lines have their targets "
            "with them. Choose one of those with --target."
        )
    else:
        chosen = args.target if targets else []
        loaded = load_json_lines(args.data, targets=chosen, **how)
        places, refused_places = loaded.lines.tolist(), list(loaded.refused["line"])
    refused = loaded.refused[["name", "reason"]]
    refused.insert(0, "place", refused_places)
    table = None
    if loaded.target is not None:
        values = loaded.target.reshape(len(loaded.names), -1)
        table = pd.DataFrame(values, columns=loaded.target_names)
    return Data(loaded.names, loaded.structures, places, refused, table)
