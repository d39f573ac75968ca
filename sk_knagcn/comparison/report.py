"""A comparison as one page of HTML that needs nothing else."""

from __future__ import annotations

import base64
import platform
from collections.abc import Iterable, Iterator
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sk_knagcn.comparison.metrics import is_error, label_of
from sk_knagcn.comparison.models import TRUTH
from sk_knagcn.comparison.style import STYLE
from sk_knagcn.comparison.verdicts import N_RESAMPLES
from sk_knagcn.comparison.words import interval_of, seconds, sentences, signed, spread
from sk_knagcn.plots.looks import short
from sk_knagcn.plots.png import to_png
from sk_knagcn.splits import LeakageReport
from sk_knagcn.splits.leakage import NAMES, percent

if TYPE_CHECKING:
    from sk_knagcn.comparison.result import ComparisonResult

_PACKAGES = ("sk_knagcn", "scikit-learn", "numpy", "torch", "pymatgen", "matminer")
_SHOWN = 30  # elements
_BINS = 30
_PIXELS = 96  # to the inch, in the language of browsers


def write_page(result: ComparisonResult, unit: str | None) -> str:
    """The whole page."""
    title = escape(f"Comparison of {result.subject()}")
    sections = {
        "Verdicts": _verdicts(result),
        "Scores": _scores(result),
        "Plots": _plots(result, unit),
        "Data": _data(result, unit),
        "Folds": _folds(result),
        "Models": _models(result),
        "Versions": _versions(),
    }
    body = "\n".join(
        f"<section><h2>{name}</h2>\n{''.join(parts)}</section>"
        for name, parts in sections.items()
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p>{escape(result.headline())}.</p>
{body}
</body>
</html>
"""


def _verdicts(result: ComparisonResult) -> Iterator[str]:
    said = sentences(
        result.table, result.metrics[0], classifier=result.classes is not None
    )
    yield _list(map(escape, said))
    failed = result.table.loc[result.table["error"] != "", "error"]
    for name, error in failed.items():
        trace = f"<pre>{escape(result.errors[name])}</pre>"
        yield _folded(f"{escape(str(name))} failed: {escape(error)}", trace)
    yield (
        "<p class=note>Differences are to the best model, on the same structures, each "
        f"of which counts once. Intervals come from {N_RESAMPLES:,} draws of "
        "structures (of groups, if there are any) with replacement. A model is called "
        "worse or better if its interval leaves out zero. Luck in training, which "
        "another seed would change, is not in the intervals.</p>"
    )


def _scores(result: ComparisonResult) -> Iterator[str]:
    head = ["model", *map(label_of, result.metrics), "difference to the best"]
    head += ["verdict", "fit", "predict", "size"]
    rows = []
    for name, row in result.table[result.table["error"] == ""].iterrows():
        metrics = [
            spread(row[metric], row[f"{metric}_std"]) for metric in result.metrics
        ]
        difference = f"{signed(row['difference'])} <small>({interval_of(row)})</small>"
        if row["verdict"] == "best":
            difference = ""
        mark = row["verdict"].replace(" ", "-")
        times = [f"{seconds(row[f'{name}_time'])} s" for name in ("fit", "predict")]
        size = f"{short(row['size'])} {row['unit']}"
        verdict = f"<span class={mark}>{row['verdict']}</span>"
        rows.append([escape(str(name)), *metrics, difference, verdict, *times, size])
    yield _table(head, rows)
    yield (
        "<p class=note>Mean and standard deviation over the folds. Times are for one "
        "fold, without graphs and descriptors, which were made once for all models. "
        "Size: trainable weights of a network, kB of anything else when pickled.</p>"
    )


def _plots(result: ComparisonResult, unit: str | None) -> Iterator[str]:
    if result.scores[result.metrics[0]].notna().any():
        yield _image(result.plot("scores", unit=unit), "Scores of each fold")
    errors = [metric for metric in result.metrics if is_error(metric)]
    if result.classes is None:
        yield _image(result.plot("parity", unit=unit), "Predictions over true values")
    positive = [metric for metric in errors if (result.scores[metric] > 0).all()]
    if positive and not result.scores["whole"].all():  # drawn with logarithms
        plot = result.plot("sizes", metric=positive[0], unit=unit)
        yield _image(plot, "Error against training size")


def _data(result: ComparisonResult, unit: str | None) -> Iterator[str]:
    n_atoms, elements = result.contents.n_atoms, result.contents.elements
    shown = ", ".join(f"{name} {n:,}" for name, n in [*elements.items()][:_SHOWN])
    if len(elements) > _SHOWN:
        shown += f" and {len(elements) - _SHOWN} more"
    atoms = f"{n_atoms.min():,} to {n_atoms.max():,}, median {np.median(n_atoms):,.0f}"
    rows = [
        ["structures", f"{len(n_atoms):,}"],
        ["atoms per structure", atoms],
        [f"{len(elements)} elements, in so many structures", shown],
    ]
    y = result.predictions[TRUTH].groupby(level="structure").first().to_numpy()
    if len(y) < len(n_atoms):
        rows.append(["tested, of which the rest tells", f"{len(y):,}"])
    if result.classes is None:
        yield _table([], rows + _target(y, unit))
        yield _histogram(y)
    else:
        counts = zip(*np.unique(y, return_counts=True), strict=True)
        classes = [[f"class {escape(str(name))}", f"{n:,}"] for name, n in counts]
        yield _table([], rows + classes)


def _target(y: NDArray[np.float64], unit: str | None) -> list[list[str]]:
    scale = f" {escape(unit)}" if unit else ""
    five = ", ".join(map(short, np.quantile(y, [0, 0.25, 0.5, 0.75, 1])))
    deviation = np.abs(y - y.mean()).mean()
    return [
        ["target: least, quartiles, most", five + scale],
        ["target: mean", short(y.mean()) + scale],
        ["target: mean absolute deviation", short(deviation) + scale],
    ]


def _folds(result: ComparisonResult) -> Iterator[str]:
    yield f"<p><code>{escape(repr(result.splitter))}</code></p>"
    whole = result.scores[result.scores["whole"]].drop_duplicates("fold")
    tested = result.predictions.groupby(level="fold").size()
    yield _table(
        ["fold", "trained on", "tested on"],
        [
            [str(fold + 1), f"{n:,}", f"{tested[fold]:,}"]
            for fold, n in zip(whole["fold"], whole["n_train"], strict=True)
        ],
    )
    sizes = sorted(set(result.scores["n_train"]) - set(whole["n_train"]))
    if sizes:
        several = ", ".join(f"{size:,}" for size in sizes)
        yield f"<p>Smaller parts of these, one inside the next: {several}.</p>"
    yield from _leakage(result.leakage)


def _leakage(leakage: LeakageReport) -> Iterator[str]:
    yield f"<p>{escape(leakage.verdict)}</p>"
    rows = [
        [NAMES[kind], *map(percent, shares)]
        for kind, shares in leakage.summary.iterrows()
    ]
    yield _table(["test structures with, in training", "mean", "least", "most"], rows)
    yield (
        "<p class=note>Scores tell how well the models will do on structures as much "
        "alike those that they were trained on. For compounds of a new formula or new "
        "elements, compare on folds that keep these together, by the splitter named "
        "above. Prototypes were not looked for: leakage_report does.</p>"
    )


def _models(result: ComparisonResult) -> Iterator[str]:
    for name, model in result.models.items():
        yield _folded(escape(name), f"<pre>{escape(repr(model))}</pre>")


def _versions() -> Iterator[str]:
    versions = {"Python": platform.python_version()}
    versions |= {name: version(name) for name in _PACKAGES}
    yield f"<p>{', '.join(f'{name} {number}' for name, number in versions.items())}</p>"


def _table(head: list[str], rows: list[list[str]]) -> str:
    top = "".join(f"<th scope=col>{cell}</th>" for cell in head)
    top = f"<thead><tr>{top}</tr></thead>" if head else ""
    body = ""
    for name, *cells in rows:
        rest = "".join(f"<td>{cell}</td>" for cell in cells)
        body += f"<tr><th scope=row>{name}</th>{rest}</tr>\n"
    return f"<div class=wide><table>{top}<tbody>{body}</tbody></table></div>\n"


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>\n"


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>{content}</details>\n"


def _image(display: Any, what: str) -> str:
    width = round(_PIXELS * display.figure_.get_figwidth())
    data = base64.b64encode(to_png(display.figure_)).decode()
    return f'<img alt="{what}" width={width} src="data:image/png;base64,{data}">\n'


def _histogram(y: NDArray[np.float64]) -> str:
    """The distribution of the target, as bars in the colour of the text."""
    counts, _ = np.histogram(y, bins=_BINS)
    heights = 100 * counts / counts.max()
    bars = "".join(
        f"<rect x={10 * i} y={100 - height:.1f} width=9 height={height:.1f} />"
        for i, height in enumerate(heights)
    )
    return (
        '<svg role="img" aria-label="Distribution of the target" '
        f'viewBox="0 0 {10 * _BINS} 100" preserveAspectRatio="none">{bars}</svg>\n'
    )
