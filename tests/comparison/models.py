"""Models that are fitted in no time, in a module that workers can import."""

import os
import signal
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sk_knagcn import StructureGraphTransformer
from sk_knagcn.graphs.cache import resolve_cache
from sk_knagcn.structures import check_structures


def cells(X):
    """Side and number of atoms of cubic crystals."""
    return np.array([(c.lattice[0, 0], len(c)) for c in check_structures(X)])


def sides(X):
    """The side only."""
    return cells(X)[:, :1]


def cells_if_finite(X):
    """The same, where scikit-learn was told not to look for NaN."""
    assert get_config()["assume_finite"]
    return cells(X)


def ridge(alpha=1e-3, table=cells):
    return make_pipeline(FunctionTransformer(table), StandardScaler(), Ridge(alpha))


def logistic():
    return make_pipeline(FunctionTransformer(cells), LogisticRegression())


class Recording(RegressorMixin, BaseEstimator):
    """The mean; leaves a file in a folder for each time that it was fitted."""

    def __init__(self, folder, answer=0.0, pause=0.0):
        self.folder = folder
        self.answer = answer
        self.pause = pause

    def fit(self, X, y):
        time.sleep(self.pause)
        Path(self.folder, f"{os.getpid()}-{time.time_ns()}").touch()
        self.mean_ = np.mean(y) + self.answer
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)


class Killed(RegressorMixin, BaseEstimator):
    """Kills its process when it is fitted, as the system does without memory.

    With a folder, only if it sees there that it is not alone; and never the process
    `spared`.
    """

    def __init__(self, spared, folder=None):
        self.spared = spared
        self.folder = folder

    def fit(self, X, y):
        if os.getpid() == self.spared:
            raise RuntimeError("fitted in the process of the tests")
        if self.folder is None or not self._is_alone():
            os.kill(os.getpid(), signal.SIGKILL)
        self.mean_ = np.mean(y)
        return self

    def _is_alone(self):
        file = Path(self.folder, str(os.getpid()))
        file.touch()
        time.sleep(0.5)
        # Older files are of processes that were killed in their sleep.
        ages = [time.time() - f.stat().st_mtime for f in file.parent.iterdir()]
        file.unlink()
        return sum(age < 1 for age in ages) == 1

    def predict(self, X):
        return np.full(len(X), self.mean_)


class Broken(RegressorMixin, BaseEstimator):
    """Fails when it is fitted; with an answer, gives that."""

    def __init__(self, error=ValueError, answer=None):
        self.error = error
        self.answer = answer

    def fit(self, X, y):
        if self.answer is None:
            raise self.error("no idea\nand a second line")
        return self

    def predict(self, X):
        return np.full(len(X), self.answer)


class Atoms:
    """A featurizer that leaves a file for each crystal that it is asked about."""

    def __init__(self, folder):
        self.folder = folder

    def feature_labels(self):
        return ["side", "atoms"]

    def featurize(self, structure):
        Path(self.folder, f"{os.getpid()}-{time.time_ns()}").touch()
        return [structure.lattice.a, len(structure)]


class Sound:
    """A featurizer that wants atoms apart."""

    def feature_labels(self):
        return ["volume"]

    def featurize(self, structure):
        if not structure.is_valid(0.1):
            raise ValueError("atoms on one spot")
        return [structure.volume]


class Noting(StructureGraphTransformer):
    """Writes down how many entries of its cache were missing at each use."""

    def __init__(
        self, k=6, *, folder="", cache="memory", descriptors=None, n_jobs=None
    ):
        super().__init__(k, cache=cache, descriptors=descriptors, n_jobs=n_jobs)
        self.folder = folder

    def transform(self, X):
        cache = resolve_cache(self.cache)
        before = cache.misses
        graphs = super().transform(X)
        note = Path(self.folder, f"{time.time_ns()}-{os.getpid()}")
        note.write_text(str(cache.misses - before))
        return graphs


class Learning(Atoms):
    """A featurizer that is fitted first; remembers to how many structures."""

    seen: ClassVar[list[int]] = []

    def __init__(self):
        super().__init__(None)

    def fit(self, structures, y=None):
        self.seen.append(len(structures))
        self.fitted_ = True
        return self

    def featurize(self, structure):
        return [structure.lattice.a, len(structure)]
