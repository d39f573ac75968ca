"""The results of a comparison in words and short numbers."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import TYPE_CHECKING

from sk_knagcn.comparison.metrics import is_error, label_of
from sk_knagcn.plots.looks import short

if TYPE_CHECKING:
    import pandas as pd


def sentences(table: pd.DataFrame, metric: str, *, classifier: bool) -> Iterator[str]:
    """The verdicts of a table in plain words, the best model first."""
    what = "share of mistakes" if classifier else "absolute error"
    for name, row in table[table["error"] == ""].iterrows():
        if row["verdict"] == "best":
            if isnan(row[metric]):  # not defined: then the errors decide
                yield f"{name} has the lowest {what}."
                continue
            extreme = "lowest" if is_error(metric) else "highest"
            label = label_of(metric)
            yield f"{name} has the {extreme} {label}: {short(row[metric])}."
            continue
        word = row["verdict"].replace("no difference", "no different")
        size = signed(row["difference"])
        yield f"{name} is {word}: {what} {size}, 95 % interval {interval_of(row)}."


def spread(mean: float, std: float) -> str:
    """Write a mean and its standard deviation, of which a single fold has none."""
    return f"{short(mean)} ± {short(std)}" if std == std else short(mean)


def interval_of(row: pd.Series) -> str:
    """Write an interval, which a single structure or group does not have."""
    if isnan(row["lower"]):
        return "unknown"
    return f"{signed(row['lower'])} to {signed(row['upper'])}"


def signed(value: float) -> str:
    """Write a difference; none as a plain zero."""
    if not value:
        return "0"
    return f"{'+' if value > 0 else '−'}{short(abs(value))}"  # noqa: RUF001


def seconds(value: float) -> str:
    """Write a duration; nobody needs to know how short a short one is."""
    if value < 0.01:
        return "< 0.01"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
