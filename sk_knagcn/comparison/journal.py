"""What a comparison has finished, in a folder, so that it can be killed and go on."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from sk_knagcn.comparison.folds import Part
from sk_knagcn.comparison.tasks import Outcome
from sk_knagcn.estimators.fingerprint import fingerprint
from sk_knagcn.storage import own_code, sweep, write_whole

_PACKAGES = ("sk_knagcn", "scikit-learn", "torch")
_ARRAYS = ("prediction", "probability")


class Journal:
    """One file for each model and fold, named for everything that it depends on.

    The files are NumPy's .npz, without pickles. Whatever changes in the model, the
    data, the fold or the packages changes the name: nothing is ever mixed up.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    data : str
        Digest of the structures.
    y : ndarray
        The targets.
    """

    def __init__(self, folder: Path, data: str, y: NDArray[Any]):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._data = {"structures": data, "y": joblib.hash(y)} | {
            name: version(name) for name in _PACKAGES
        }

    def describe(self, model: Any) -> dict[str, Any]:
        """All that the outcomes of a model depend on but the fold."""
        try:
            model = clone(model)
            values = {"model": joblib.hash(model), "code": own_code(model)}
        except Exception as error:
            raise ValueError(
                f"{model} cannot be told from others ({error}), so path cannot be used "
                "with it. Take out what cannot be pickled, such as a lambda."
            ) from error
        return self._data | values

    @staticmethod
    def name(described: dict[str, Any], part: Part) -> str:
        """The name of a task: the same for the same model, data and fold."""
        return fingerprint(described, [part.train, part.test])

    def read(self, name: str, n_test: int) -> Outcome | None:
        """A finished task; None if it is not there or damaged."""
        try:
            content = io.BytesIO(self._file(name).read_bytes())
            with np.load(content, allow_pickle=False) as file:
                # `write` compresses nothing, so nothing can swell in reading.
                if any(one.compress_type for one in file.zip.infolist()):
                    return None
                arrays: Mapping[str, Any] = {key: file[key] for key in file.files}
            header = json.loads(str(arrays["header"]))
            if header.pop("name") != name or len(arrays["prediction"]) != n_test:
                return None
            loaded: dict[str, Any] = {key: arrays.get(key) for key in _ARRAYS}
            return Outcome(**loaded, **header)
        except Exception:  # a damaged file may come to anything: do the task again
            return None

    def write(self, name: str, outcome: Outcome) -> None:
        """Keep a finished task; the file is there whole or not at all."""
        header = dict(vars(outcome))
        arrays = {key: header.pop(key) for key in _ARRAYS}
        arrays = {key: array for key, array in arrays.items() if array is not None}
        text = json.dumps({"name": name, **header})
        sweep(self._file(name))
        with write_whole(self._file(name), "outcome of a fold") as file:
            np.savez(file, header=np.array(text), **arrays)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.npz"
