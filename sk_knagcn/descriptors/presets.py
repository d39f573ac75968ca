"""Which featurizers each preset stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sk_knagcn.descriptors.density import DensityFeatures
from sk_knagcn.descriptors.lattice import LatticeParameters
from sk_knagcn.descriptors.local import VoronoiFeatures
from sk_knagcn.descriptors.pores import PoreFeatures


def _composition() -> list[Any]:
    from matminer.featurizers.composition import ElementProperty, Stoichiometry

    return [ElementProperty.from_preset("magpie"), Stoichiometry()]


def _periodicity() -> list[Any]:
    from matminer.featurizers.structure import (
        GlobalSymmetryFeatures,
        StructuralComplexity,
    )

    return [
        GlobalSymmetryFeatures(["spacegroup_num", "crystal_system_int"]),
        StructuralComplexity(),
        VoronoiFeatures(),
        DensityFeatures(),
        LatticeParameters(),
    ]


def _pores() -> list[Any]:
    return [PoreFeatures()]


def _full() -> list[Any]:
    from matminer.featurizers.composition import ValenceOrbital
    from matminer.featurizers.structure import GlobalSymmetryFeatures

    symmetry, complexity, _, *rest = _periodicity()
    return [
        *_composition(),
        ValenceOrbital(),
        symmetry,
        GlobalSymmetryFeatures(["is_centrosymmetric", "n_symmetry_ops"]),
        complexity,
        VoronoiFeatures(extended=True),
        *rest,
    ]


PRESETS: dict[str, Callable[[], list[Any]]] = {
    "composition": _composition,
    "periodicity": _periodicity,
    "pores": _pores,
    "full": _full,
}
