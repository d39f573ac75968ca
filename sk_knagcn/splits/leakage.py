"""How much of the test parts the training parts know already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils._param_validation import validate_params

from sk_knagcn.graphs import CrystalGraph
from sk_knagcn.splits.contents import read_contents, reduced_composition
from sk_knagcn.splits.duplicates import Fingerprints
from sk_knagcn.splits.groups import KINDS, TOLERANCE, By, group_contents
from sk_knagcn.splits.numbers import as_numbers
from sk_knagcn.splits.splitter import each_split, make_splitter
from sk_knagcn.structures.crystal import symbol_of, write_formula

if TYPE_CHECKING:
    import pandas as pd

NEGLIGIBLE = 0.01  # a share of which the verdict speaks only if there is no larger one
MAX_SHOWN = 5  # pairs written out

# What a structure of the test part has in common with one of the training part, in the
# order of how much that flatters a score.
NAMES = {
    "duplicates": "a near duplicate",
    "formula": "their formula",
    "chemical_system": "their chemical system",
    "prototype": "their prototype",
}
# Those of which the verdict speaks if it can; a prototype alone makes no relatives.
_FLATTERING = ("duplicates", "formula", "chemical_system")


@dataclass(frozen=True, slots=True, repr=False)
class LeakageReport:
    """How much of the test parts the training parts know already.

    Attributes
    ----------
    folds : pandas.DataFrame
        One row for each fold: `n_train`, `n_test`, and the share of test structures
        with the same formula, chemical system or prototype, or a near duplicate
        (`duplicates`), in the training part, as far as these were asked for. Of graphs
        no prototype is known.
    pairs : pandas.DataFrame
        One row for each test structure with a near duplicate in training, the most
        alike first: `fold`, `test` and `train` (positions in X), `formula`, `distance`
        (the largest relative difference of their average distances); with y also
        `y_test`, `y_train` and their `difference` (of classes: whether they differ).
    deviation : float or None
        Mean absolute deviation of y, to compare the differences with; None without y
        and for classes.
    """

    folds: pd.DataFrame
    pairs: pd.DataFrame
    deviation: float | None

    @property
    def summary(self) -> pd.DataFrame:
        """Mean, smallest and largest share over the folds."""
        shares = self.folds.drop(columns=["n_train", "n_test"])
        return shares.agg(["mean", "min", "max"]).T

    @property
    def verdict(self) -> str:
        """What to make of it, in a sentence."""
        means = self.summary["mean"]
        flattering = [kind for kind in _FLATTERING if kind in means.index]
        shares = means[flattering] if flattering else means
        known = shares[shares > 0]
        if known.empty:
            names = [NAMES[kind].replace("their", "its") for kind in shares.index]
            return f"No test structure has {' or '.join(names)} in training."
        kind = next(iter(known.index[known >= NEGLIGIBLE]), known.index[0])
        return (
            f"{percent(known[kind])} of test structures have {NAMES[kind]} in "
            f"training: use StructureGroupKFold(by={kind!r})."
        )

    def __repr__(self) -> str:
        """Show the shares, the most alike pairs, and the verdict."""
        head = f"{len(self.folds)} folds. Test structures that have in training"
        lines = [head, f"{'':22}{'mean':>8}{'min':>8}{'max':>8}"]
        for kind, name in NAMES.items():
            if kind in self.summary.index:
                shares = map(percent, self.summary.loc[kind])
                lines.append(f"  {name:20}" + "".join(f"{s:>8}" for s in shares))
        if len(self.pairs):
            twice = np.sort(self.pairs[["test", "train"]], axis=1)
            first = np.unique(twice, axis=0, return_index=True)[1]
            shown = self.pairs.iloc[np.sort(first)[:MAX_SHOWN]]
            lines.append("Most alike:")
            lines.append(shown.to_string(index=False, float_format="{:.4g}".format))
        if len(self.pairs) and self.deviation is not None:
            difference = self.pairs["difference"].mean()
            lines.append(
                f"Targets of such pairs differ by {difference:.3g} on average, "
                f"all targets from their mean by {self.deviation:.3g}."
            )
        return "\n".join([*lines, fill(self.verdict, 88)])


@validate_params(
    {
        "cv": ["cv_object"],
        "by": ["array-like"],
        "tolerance": [TOLERANCE],
        "classifier": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def leakage_report(
    structures: Any,
    cv: Any = 5,
    y: Any = None,
    groups: Any = None,
    *,
    by: Sequence[By] = KINDS,
    tolerance: float = 0.02,
    classifier: bool = False,
) -> LeakageReport:
    """Report how much of each test part the training part knows already.

    Parameters
    ----------
    structures : list, tuple, Series, one-column frame, object array or CrystalGraphs
        Whatever `structure_groups` takes.
    cv : int, splitter or iterable of (train, test), default=5
        The folds. A number stands for those that it stands for in `compare`: shuffled,
        always the same, and with groups kept together if there are any.
    y : array-like of shape (n,), default=None
        Targets or classes. How far near duplicates differ in them tells how much of
        the answer leaks.
    groups : array-like of shape (n,), default=None
        Handed to `cv`.
    by : sequence of {"formula", "chemical_system", "prototype", "duplicates"}
        What to look for; all four by default. Prototypes take the most time.
    tolerance : float, default=0.02
        How near duplicates are, relative to their distances; see `structure_groups`.
    classifier : bool, default=False
        Whether y holds classes, which the folds of a number shall have in proportion.

    Returns
    -------
    LeakageReport
        With a table of all `folds`, the `pairs` of near duplicates, a `summary` and a
        `verdict`. Printed, it shows the last two.

    See Also
    --------
    StructureGroupKFold : Folds that do not leak.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sklearn.model_selection import KFold
    >>> from sk_knagcn import StructureGroupKFold, leakage_report
    >>> salts = [
    ...     Structure(Lattice.cubic(a), ["Cs", anion], [[0, 0, 0], [0.5, 0.5, 0.5]])
    ...     for anion in ["Cl", "Br", "I"]
    ...     for a in [4.12, 4.14]
    ... ]
    >>> report = leakage_report(salts, KFold(2))
    >>> report.verdict
    "33 % of test structures have a near duplicate in training: use
    StructureGroupKFold(by='duplicates')."
    >>> report.pairs[["test", "train", "formula"]]
       test  train formula
    0     2      3    CsBr
    1     3      2    CsBr
    >>> cv = StructureGroupKFold(by="formula", n_splits=3)
    >>> leakage_report(salts, cv).folds["formula"].tolist()
    [0.0, 0.0, 0.0]
    """
    import pandas as pd

    items = read_contents(structures)
    targets = None if y is None else column_or_1d(y)
    check_consistent_length(items, targets)
    graphs = any(isinstance(item, CrystalGraph) for item in items)
    by = list(by)
    unknown = set(by) - set(KINDS)
    if unknown or not by:
        raise ValueError(f"by must name some of {KINDS}, got {by!r}.")
    if graphs and by == list(KINDS):  # asked for by name, it is an error
        by = [kind for kind in KINDS if kind != "prototype"]
    fingerprints = Fingerprints(items) if "duplicates" in by else None
    labels = {
        kind: group_contents(items, kind, tolerance)
        for kind in KINDS
        if kind in by and kind != "duplicates"
    }
    folds, pairs = [], []
    splitter = make_splitter(cv, y, groups, classifier)
    splits = each_split(splitter, structures, y, groups)
    for fold, (train, test) in enumerate(splits):
        shares: dict[str, float] = {
            kind: float(np.isin(group[test], group[train]).mean())
            for kind, group in labels.items()
        }
        if fingerprints is not None:
            near = fingerprints.nearest(test, train, tolerance)
            pairs += [(fold, *pair) for pair in near]
            shares["duplicates"] = len(near) / len(test)
        folds.append({"n_train": len(train), "n_test": len(test), **shares})
    table = pd.DataFrame(pairs, columns=["fold", "test", "train", "distance"])
    names = [_formula(items[test]) for test in table["test"]]
    table.insert(3, "formula", np.array(names, dtype=object))
    deviation = None
    if targets is not None:
        deviation = _compare(table, targets, classifier)
    table = table.sort_values("distance", kind="stable", ignore_index=True)
    return LeakageReport(pd.DataFrame(folds).rename_axis("fold"), table, deviation)


def _compare(
    table: pd.DataFrame, targets: NDArray[Any], classifier: bool
) -> float | None:
    """Append the targets of the pairs; return the deviation of all, if numbers."""
    # As they are, small integers would overflow in a difference.
    numbers = None if classifier else as_numbers(targets)
    shown = targets if numbers is None else numbers
    table["y_test"] = shown[table["test"]]
    table["y_train"] = shown[table["train"]]
    if numbers is None:
        table["difference"] = (table["y_test"] != table["y_train"]).astype(float)
        return None
    table["difference"] = (table["y_test"] - table["y_train"]).abs()
    known = numbers[~np.isnan(numbers)]
    return float(np.abs(known - known.mean()).mean()) if len(known) else None


def _formula(item: Any) -> str:
    return write_formula({symbol_of(z): n for z, n in reduced_composition(item)})


def percent(share: float) -> str:
    """Write a share in per cent; with a decimal if there would be nothing else."""
    return f"{100 * share:.{int(0 < share < 0.01)}f} %"
