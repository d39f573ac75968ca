"""atom2vec: element vectors learnt from which compounds the elements form."""

from sk_knagcn.atom2vec.matrix import atom_environment_matrix
from sk_knagcn.atom2vec.vectors import Atom2Vec

__all__ = ["Atom2Vec", "atom_environment_matrix"]
