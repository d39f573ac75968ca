"""From crystals to a model and its error: the prototypes that come with pymatgen.

Nothing is fetched: the crystals are read from a file of the installed pymatgen. What is
learnt is the volume of an atom, from elements and neighbours: a toy, but one whose
answer is known for every crystal.
"""

import json
from pathlib import Path
from time import perf_counter

import numpy as np
import pymatgen.analysis
from monty.io import zopen
from pymatgen.core import Structure
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import Pipeline

from sk_knagcn import (
    CGCNNRegressor,
    KNAGCNRegressor,
    StructureGraphTransformer,
    check_invariance,
)


def aflow_prototypes() -> list[Structure]:
    """Read the prototypes; releases of pymatgen keep the file in different folders."""
    (folder,) = pymatgen.analysis.__path__
    path = next(Path(folder).rglob("aflow_prototypes.json*"))
    with zopen(path, "rt", encoding="utf-8") as file:
        return [Structure.from_dict(entry["snl"]) for entry in json.load(file)]


def pipeline(network) -> Pipeline:
    """From Structures to numbers; every tool of scikit-learn takes it."""
    return Pipeline([("graph", StructureGraphTransformer(k=12)), ("net", network)])


structures = aflow_prototypes()
y = np.array([structure.volume / len(structure) for structure in structures])

print("Compiling the kernels: half a minute the first time, then they are kept.\n")
start = perf_counter()
graphs = StructureGraphTransformer(k=12).fit_transform(structures)
print(f"{graphs}, made in {perf_counter() - start:.1f} s\n")

settings = {"max_epochs": 60, "random_state": 0}
models = {
    "mean of the training part": DummyRegressor(),
    "CGCNN": CGCNNRegressor(**settings),
    "k-NAGCN, slots": KNAGCNRegressor(convolution="slots", **settings),
    "k-NAGCN, moments": KNAGCNRegressor(**settings),
}
folds = KFold(5, shuffle=True, random_state=0)  # the same for every model
print("Volume per atom in cubic Angstrom, five folds")
print(f"{'':27}  mean absolute error      seconds")
for name, network in models.items():
    scores = cross_validate(
        pipeline(network), structures, y, cv=folds, scoring="neg_mean_absolute_error"
    )
    errors = -scores["test_score"]
    print(
        f"{name:27}  {errors.mean():8.3f} +- {errors.std():.3f}    "
        f"{scores['fit_time'].sum():9.1f}"
    )

# A search over neighbours and depth: no graph is built twice.
search = GridSearchCV(
    pipeline(KNAGCNRegressor(max_epochs=20, random_state=0)),
    {"graph__k": [4, 12], "net__n_layers": [1, 3]},
    cv=3,
    scoring="neg_mean_absolute_error",
)
search.fit(structures, y)
print("\nA small search\n   k  layers  mean absolute error")
results = search.cv_results_
for parameters, score in zip(
    results["params"], results["mean_test_score"], strict=True
):
    print(
        f"{parameters['graph__k']:4}  {parameters['net__n_layers']:6}  {-score:10.3f}"
    )

best = search.best_estimator_
print("\nPredictions, and what they should be")
for structure, predicted, true in zip(
    structures[:3], best.predict(structures[:3]), y, strict=False
):
    print(f"  {structure.reduced_formula:8} {predicted:6.2f} {true:6.2f}")

print("\nWhat moves in other cells, orders and positions\n")
print(check_invariance(best, structures[::24]))
