"""From crystals to an honest comparison of models: what is best, and by how much.

Nothing is fetched: the crystals are salts made up on the structure types that come with
pymatgen, and what is learnt is their electrostatic energy, which is known exactly. The
table and the plots are written to the folder quickstart-results.
"""

from pathlib import Path
from time import perf_counter

from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sk_knagcn import (
    KNAGCNRegressor,
    StructureGraphTransformer,
    check_invariance,
    compare,
    default_models,
)
from sk_knagcn.datasets import make_prototype_crystals

FOLDER = Path("quickstart-results")

salts = make_prototype_crystals(300, random_state=0)
structures, y = salts.structures, salts.target
print(f"{len(structures)} crystals, such as {structures[0].formula}; {salts.source}\n")

print("Compiling the kernels: one to three minutes the first time, then they are kept.")
start = perf_counter()
graphs = StructureGraphTransformer(k=12).fit_transform(structures)
print(f"{graphs}, made in {perf_counter() - start:.1f} s\n")

print("Side by side, on the same three folds; the energy is in eV per atom.")
models = default_models(max_epochs=40)
del models["k-NAGCN (paper)"], models["ensemble"]  # the slowest; try them, too
result = compare(models, structures, y, cv=3, verbose=1)
print(f"\n{result}\n")

print("A search over neighbours and depth: no graph is built twice.")
pipe = Pipeline(
    [
        ("graph", StructureGraphTransformer()),
        ("net", KNAGCNRegressor(max_epochs=20, random_state=0)),
    ]
)
search = GridSearchCV(
    pipe,
    {"graph__k": [4, 12], "net__n_layers": [1, 2]},
    cv=3,
    scoring="neg_mean_absolute_error",
)
search.fit(structures, y)
for parameters, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    print(f"  {parameters}: mean absolute error {-score:.2f}")

print("\nWhat moves in other cells, orders and positions:")
print(check_invariance(search.best_estimator_, structures[::20]))

FOLDER.mkdir(exist_ok=True)
result.table.to_csv(FOLDER / "comparison.csv")
result.plot("parity", unit=salts.unit).figure_.savefig(FOLDER / "parity.png", dpi=150)
result.to_html(FOLDER / "comparison.html", unit=salts.unit)
print("\nWritten:", *sorted(map(str, FOLDER.iterdir())), sep="\n  ")
