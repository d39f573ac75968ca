"""How good the predictions of each descriptor are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import r2_score

from sk_knagcn.descriptors import descriptor_kind

if TYPE_CHECKING:
    import pandas as pd


def score_predictions(predictions: pd.DataFrame) -> pd.DataFrame:
    """Score each model on each descriptor; NaN where a descriptor does not vary.

    Parameters
    ----------
    predictions : DataFrame
        As `ProbeResult` holds them.

    Returns
    -------
    DataFrame
        The table of `ProbeResult`.
    """
    import pandas as pd

    rows = []
    which = predictions.groupby(["model", "descriptor"], sort=False)
    for (model, descriptor), asked in which:
        true = asked["true"]
        mae = (true - asked["predicted"]).abs().mean()
        mad = (true - true.mean()).abs().mean()
        folds = pd.Series([_r2(fold) for _, fold in asked.groupby("fold")])
        rows.append(
            {
                "model": model,
                "descriptor": descriptor,
                "kind": descriptor_kind(descriptor),
                "r2": _r2(asked),
                "r2_std": folds.std(),
                "mae": mae,
                "mad": mad,
                "mae_mad": mae / mad if _varies(true) else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _r2(asked: pd.DataFrame) -> float:
    true = asked["true"]
    return float(r2_score(true, asked["predicted"])) if _varies(true) else np.nan


def _varies(values: pd.Series) -> bool:
    """Whether there is anything to predict, beyond what rounding leaves."""
    return bool(np.ptp(values) > 1e-12 * values.abs().max())
