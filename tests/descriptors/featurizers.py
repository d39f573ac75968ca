"""Featurizers that do what the tests need, in a module that workers can import."""

import ctypes
import os
import time
import warnings

import numpy as np

calls: list[str] = []  # formulas that were described in this process


class Counting:
    """The number of atoms; remembers that it was asked."""

    def __init__(self, factor=1):
        self.factor = factor

    def feature_labels(self):
        return ["counted"]

    def featurize(self, structure):
        calls.append(structure.reduced_formula)
        return [self.factor * len(structure)]


class Failing(Counting):
    """Fails for everything that holds chlorine."""

    def feature_labels(self):
        return ["one", "two"]

    def featurize(self, structure):
        super().featurize(structure)
        if "Cl" in structure.reduced_formula:
            raise RuntimeError("no chlorine, please\nand a second line")
        return [1, 2]


class HalfFinite(Failing):
    """Infinite in one of its two columns."""

    def featurize(self, structure):
        return [1.0, np.inf]


class Wordy(Failing):
    """Gives a word where a number belongs."""

    def featurize(self, structure):
        return [1.0, "cubic"]


class Forgetful(Counting):
    """Changes itself at every use, as pymatgen's VoronoiNN does."""

    def featurize(self, structure):
        self.factor += 1
        return super().featurize(structure)


class Amounts:
    """Takes a composition, as the name of its argument says."""

    def feature_labels(self):
        return ["amount"]

    def featurize(self, composition):
        return [composition.num_atoms]


class Charge:
    """Needs oxidation states."""

    def feature_labels(self):
        return ["largest charge"]

    def featurize(self, structure):
        return [max(specie.oxi_state for specie in structure.species)]


class Learning:
    """One column for each element that was there to learn from."""

    def fit(self, structures, y=None):
        self.elements_ = sorted({e.symbol for s in structures for e in s.elements})
        return self

    def feature_labels(self):
        return [f"share of {symbol}" for symbol in self.elements_]

    def featurize(self, structure):
        composition = structure.composition
        return [composition.get_atomic_fraction(e) for e in self.elements_]


class Slow(Counting):
    """Never done with silicon, and kills its process over iron."""

    def featurize(self, structure):
        formula = structure.reduced_formula
        if formula == "Si":
            time.sleep(60)
        if formula == "Fe":
            os._exit(3)
        return [len(structure)]


class Loud(Counting):
    """Writes wherever one can write."""

    def featurize(self, structure):
        print("print")
        os.write(1, b"descriptor 1")
        os.write(2, b"descriptor 2")
        if os.name != "nt":
            ctypes.CDLL(None).printf(b"held back by C")
        warnings.warn("a warning", UserWarning, stacklevel=1)
        return [0]


class Holding:
    """Asks another one."""

    def __init__(self, other):
        self.other = other

    def feature_labels(self):
        return self.other.feature_labels()

    def featurize(self, structure):
        return self.other.featurize(structure)
