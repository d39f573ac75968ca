"""What probing found, as tables and as a chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sk_knagcn.descriptors import descriptor_kind
from sk_knagcn.plots import ProbeDisplay

if TYPE_CHECKING:
    import pandas as pd


@dataclass(eq=False, repr=False)
class ProbeResult:
    """How well each model predicts each descriptor of structures it has not seen.

    What is printed is the R2 of every descriptor, one column for each model.

    Parameters
    ----------
    table : DataFrame
        One row for each model and descriptor, with the columns model, descriptor,
        kind, r2, r2_std, mae, mad and mae_mad. Scores are over all folds at once;
        r2_std is the standard deviation of R2 from fold to fold. mad, the mean
        absolute deviation, is the error of who knows the mean alone.
    predictions : DataFrame
        One row for each model, descriptor and structure asked for, with the columns
        model, descriptor, fold, structure (its row in X), true and predicted.

    See Also
    --------
    probe : Trains models to find out.
    probe_embedding : Reads trained ones.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from sk_knagcn import KNAGCNRegressor, probe
    >>> salts = [
    ...     Structure.from_spacegroup(
    ...         "Fm-3m", Lattice.cubic(a), ["Na", x], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ...     )
    ...     for x, a in [("F", 4.62), ("Cl", 5.64), ("Br", 5.97), ("I", 6.47)]
    ... ]
    >>> result = probe(KNAGCNRegressor(max_epochs=2), salts, cv=2)
    >>> result.table["kind"].value_counts(sort=False).to_dict()
    {'periodic': 9, 'size': 2, 'local': 17}
    >>> result.predictions.shape
    (112, 6)
    """

    table: pd.DataFrame
    predictions: pd.DataFrame

    def plot(self, score: str = "r2") -> ProbeDisplay:
        """Draw a bar for each descriptor and model.

        Parameters
        ----------
        score : {"r2", "mae_mad"}, default="r2"
            What to draw.

        Returns
        -------
        ProbeDisplay
            The chart.
        """
        return ProbeDisplay.from_table(self.table, score=score)

    def __repr__(self) -> str:
        r2 = self.table.pivot(index="descriptor", columns="model", values="r2")
        r2 = r2.loc[self.table["descriptor"].unique(), self.table["model"].unique()]
        r2.insert(0, "kind", [descriptor_kind(name) for name in r2.index])
        return r2.round(3).rename_axis(index=None, columns="R2").to_string()
