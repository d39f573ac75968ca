"""Each descriptor of each structure, predicted by models that have not seen it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import delayed
from numpy.typing import NDArray
from sklearn import config_context, get_config
from sklearn.base import clone
from tqdm.auto import tqdm

from sk_knagcn.streaming import stream

if TYPE_CHECKING:
    import pandas as pd

Split = tuple[NDArray[np.int64], NDArray[np.int64]]  # rows to learn from, rows to ask


def predict_unseen(
    models: Iterable[tuple[str, Any, Any]],
    table: pd.DataFrame,
    splits: Sequence[Split],
    *,
    joint: bool,
    n_jobs: int | None,
    verbose: int,
) -> pd.DataFrame:
    """Fit models in every fold and let them predict what they have not seen.

    Parameters
    ----------
    models : iterable of (name, model, X) tuples
        What to fit, and to what; X has one row for each row of the table.
    table : DataFrame
        The descriptors.
    splits : sequence of (train, test) pairs of row numbers
        The folds, the same for all models.
    joint : bool
        Whether one model learns all descriptors, or each has a model of its own.
    n_jobs : int or None
        Fits at the same time.
    verbose : int
        Shows progress.

    Returns
    -------
    DataFrame
        Columns model, descriptor, fold, structure, true and predicted.
    """
    import pandas as pd

    for fold, (train, _) in enumerate(splits):
        unknown = table.columns[table.iloc[train].isna().all()]
        if len(unknown):
            raise ValueError(
                f"descriptor {unknown[0]!r} is NaN for all structures that are learnt "
                f"from in fold {fold}. Leave it out, or pass other folds."
            )
    columns = list(table.columns)
    together = [columns] if joint else [[column] for column in columns]
    config = get_config()  # of this thread: processes and other threads have their own
    tasks = [
        (config, name, model, X, fold, split, table[some])
        for name, model, X in models
        for fold, split in enumerate(splits)
        for some in together
    ]
    parts = stream((delayed(_predict_fold)(*task) for task in tasks), n_jobs)
    bar = tqdm(parts, "probe", len(tasks), unit="fit", disable=not verbose)
    return pd.concat(bar, ignore_index=True).dropna(subset="true", ignore_index=True)


def _predict_fold(
    config: dict[str, Any],
    name: str,
    model: Any,
    X: Any,
    fold: int,
    split: Split,
    table: pd.DataFrame,
) -> pd.DataFrame:
    import pandas as pd

    train, test = split
    known = table.iloc[train].notna().any(axis=1).to_numpy()
    learnt, asked = train[known], table.iloc[test]
    y = table.to_numpy()[learnt]
    alone = y.shape[1] == 1
    try:
        with config_context(**config):
            fitted = clone(model).fit(X[learnt], y[:, 0] if alone else y)
            answer = fitted.predict(X[test])
        predicted = np.asarray(answer).reshape(asked.shape)
        if bad := np.count_nonzero(~np.isfinite(predicted)):
            raise ValueError(f"{bad} predictions are NaN or infinite.")
    except Exception as error:
        error.add_note(f"This was {name}, in fold {fold}.")
        if not alone:
            error.add_note("If it takes one target only, or no NaN: joint=False.")
        raise
    return pd.DataFrame(
        {
            "model": name,
            "descriptor": np.repeat(table.columns, len(test)),
            "fold": fold,
            "structure": np.tile(test, table.shape[1]),
            "true": asked.to_numpy().ravel(order="F"),
            "predicted": predicted.ravel(order="F"),
        }
    )
