"""Tasks of Matbench, fetched by matminer or read from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import Bunch

_PREFIX = "matbench_"


def fetch_matbench(
    task: str, *, file: str | Path | None = None, return_X_y: bool = False
) -> Any:
    """Load a task of Matbench v0.1 that has structures.

    matminer's loader fetches the file once and keeps it in its own folder.

    Parameters
    ----------
    task : str
        Its name, such as "matbench_phonons" or "phonons".
    file : str or Path, default=None
        Read the task from here instead: a table as JSON, compressed or not, as
        matminer's loader keeps it.
    return_X_y : bool, default=False
        Give structures and target only.

    Returns
    -------
    Bunch or (list of Structure, ndarray)
        With ``structures``, ``target`` (booleans for mp_is_metal), ``target_name``,
        ``splitter``, which makes the five official folds, ``source`` and ``licence``;
        in the official order.

    References
    ----------
    .. [1] A. Dunn et al., "Benchmarking materials property prediction methods: the
       Matbench test set and Automatminer reference algorithm", npj Comput. Mater. 6,
       138 (2020).
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    name = task if task.startswith(_PREFIX) else f"{_PREFIX}{task}"
    table = _load(name, file)
    if "structure" not in table or len(table.columns) != 2:
        raise ValueError(
            f"{name} has the columns {list(table.columns)}, but 'structure' and one "
            "target are needed. Tasks of compositions have no structures to learn from."
        )
    (target,) = table.columns.drop("structure")
    structures, y = list(table["structure"]), table[target].to_numpy()
    if return_X_y:
        return structures, y
    folds = StratifiedKFold if y.dtype == np.bool_ else KFold
    return Bunch(
        structures=structures,
        target=y,
        target_name=target,
        splitter=folds(5, shuffle=True, random_state=18012019),
        source=f"{name}, Matbench v0.1 (Dunn et al., npj Comput. Mater. 6, 138, 2020)",
        licence="that of the original data; see matminer's description of the task",
    )


def _load(name: str, file: str | Path | None) -> Any:
    if file is None:
        from matminer.datasets import load_dataset

        return load_dataset(name, pbar=False)
    from matminer.utils.io import load_dataframe_from_json

    return load_dataframe_from_json(str(file), pbar=False)
