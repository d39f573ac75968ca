"""What a user's type checker makes of the package; `tox run -e wheel` asks mypy."""

from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray
from pymatgen.core.structure import Structure

import sk_knagcn
from sk_knagcn import (
    ComparisonResult,
    CrystalGraphs,
    KNAGCNRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
    check_structures,
    compare,
    save_model,
)
from sk_knagcn.cli import main
from sk_knagcn.structures import Crystal

assert_type(sk_knagcn.__version__, str)


def learn(structures: list[Structure], y: NDArray[np.float64], path: Path) -> None:
    """Everything from structures to a file and a page."""
    descriptors = StructureDescriptors("periodicity", on_error="nan")
    transformer = StructureGraphTransformer(k=12, descriptors=descriptors)
    graphs = transformer.fit(structures).transform(structures)
    assert_type(graphs, CrystalGraphs)
    assert_type(graphs.n_atoms, NDArray[np.int64])
    assert_type(check_structures(structures), list[Crystal])
    network = KNAGCNRegressor(n_layers=3, random_state=0)
    network.fit(graphs, y)
    assert_type(network.predict(graphs), NDArray[np.float64])
    save_model(network, path, overwrite=True)
    result = compare("default", structures, y, cv=10)
    assert_type(result, ComparisonResult)
    result.to_html(path.with_suffix(".html"), unit="eV")


def mistakes(anything: Any) -> None:
    """What is no use is found out: mypy complains of comments without a mistake."""
    StructureGraphTransformer(neighbours=12)  # type: ignore[call-arg]
    StructureGraphTransformer(frames="papers")  # type: ignore[arg-type]
    check_structures(anything, on_disorder="drop")  # type: ignore[arg-type]
    sk_knagcn.Transformer  # type: ignore[attr-defined]  # noqa: B018


def type_a_command(folder: Path) -> int:
    """What is typed, from within Python."""
    return assert_type(main(["check", str(folder)]), int)
