"""What a network can see is found, what it cannot see is not."""

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import make_pipeline

from sk_knagcn import (
    CGCNNRegressor,
    KNAGCNClassifier,
    KNAGCNRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
    probe,
)
from tests.estimators.tiny import tiny

ELEMENTS = ["Li", "Na", "K", "Rb", "F", "Cl", "Br", "I", "Mg", "Ca", "Sr", "O"]


@pytest.fixture(scope="module")
def salts():
    """Sixty pairs of elements in the cell of CsCl, all of one size."""
    rng = np.random.default_rng(0)
    pairs = [(x, z) for i, x in enumerate(ELEMENTS) for z in ELEMENTS[:i]]
    halves = [[0, 0, 0], [0.5, 0.5, 0.5]]
    return [
        Structure(Lattice.cubic(4.0), pairs[i], halves)
        for i in rng.permutation(len(pairs))[:60]
    ]


@pytest.fixture(scope="module")
def values(salts):
    """One descriptor that the elements tell, and one that nothing tells."""
    return pd.DataFrame(
        {
            "mean number": [np.mean(salt.atomic_numbers) for salt in salts],
            "noise": np.random.default_rng(1).normal(size=len(salts)),
        }
    )


def by_name(result):
    return result.table.set_index("descriptor")


@pytest.fixture(scope="module")
def learner():
    return tiny(width=16, max_epochs=40, lr=1e-2, schedule="onecycle")


def test_what_can_be_seen_is_captured_and_noise_is_not(salts, values, learner):
    table = by_name(probe(learner, salts, values, cv=3))
    assert table.loc["mean number", "r2"] > 0.8
    assert table.loc["mean number", "mae_mad"] < 0.5
    assert table.loc["noise", "r2"] < 0.2
    assert table.loc["noise", "mae_mad"] > 0.8


@pytest.mark.parametrize("joint", [True, False])
def test_supercells_are_told_apart_by_a_sum_over_atoms_only(salts, joint):
    """Both cells of a crystal are one graph: the best guess is between the two."""
    twins = [cell for salt in salts[:6] for cell in (salt, salt * (2, 1, 1))]
    size = {
        "natoms": [len(cell) for cell in twins],
        "a": [cell.lattice.a for cell in twins],
    }
    readouts = ["mean", "max", "attention", "sum"]
    models = {name: tiny(max_epochs=5, readout=name) for name in readouts}
    crystal = np.arange(len(twins)) // 2
    result = probe(models, twins, size, cv=GroupKFold(3), groups=crystal, joint=joint)
    scores = result.table.set_index(["model", "descriptor"])["r2"]
    assert scores["sum", "natoms"] > 0.9  # it adds up one number for each atom
    assert (scores.drop("sum", level="model") <= 1e-6).all()
    guesses = result.predictions.query("model != 'sum'")
    guesses = guesses.sort_values(["model", "descriptor", "structure"])["predicted"]
    np.testing.assert_allclose(guesses[::2], guesses[1::2], rtol=1e-5)


def test_scores_are_those_of_the_predictions(salts, values):
    result = probe(DummyRegressor(), salts, values, cv=4)
    table, predictions = by_name(result), result.predictions
    noise = predictions[predictions["descriptor"] == "noise"]
    assert sorted(noise["structure"]) == list(range(len(salts)))
    np.testing.assert_array_equal(noise["true"], values["noise"][noise["structure"]])
    errors = noise["true"] - noise["predicted"]
    row = table.loc["noise"]
    assert row["mae"] == pytest.approx(abs(errors).mean())
    mad = abs(values["noise"] - values["noise"].mean()).mean()
    assert row["mad"] == pytest.approx(mad)
    assert row["mae_mad"] == pytest.approx(row["mae"] / mad)
    assert row["r2"] == pytest.approx(
        1 - (errors**2).mean() / values["noise"].var(ddof=0)
    )
    assert row["r2"] < 0  # the mean of the others is worse than that of all
    assert 0 < row["r2_std"] < 1


def test_one_split_has_no_deviation(salts, values):
    rows = np.arange(len(salts))
    result = probe(DummyRegressor(), salts, values, cv=[(rows[:40], rows[40:])])
    assert set(result.predictions["structure"]) == set(rows[40:])
    assert result.table["r2_std"].isna().all()
    first = rows < 40
    masks = probe(DummyRegressor(), salts, values, cv=[(first, ~first)])
    pd.testing.assert_frame_equal(masks.predictions, result.predictions)


def test_models_meet_on_the_same_folds_in_their_order(salts, values):
    models = {"z": DummyRegressor(), "a": DummyRegressor(strategy="median")}
    result = probe(models, salts, values, cv=KFold(3, shuffle=True))
    assert result.table["model"].tolist() == ["z", "z", "a", "a"]
    assert result.table["descriptor"].tolist() == ["mean number", "noise"] * 2
    where = ["fold", "structure", "descriptor"]
    one, other = (part[where] for _, part in result.predictions.groupby("model"))
    assert one.to_numpy().tolist() == other.to_numpy().tolist()


def test_rows_keep_their_order_whatever_the_index(salts, values):
    shuffled = values.set_index(np.random.default_rng(2).permutation(len(values)))
    expected = probe(DummyRegressor(), salts, values).predictions
    found = probe(DummyRegressor(), pd.Series(salts), shuffled).predictions
    pd.testing.assert_frame_equal(found, expected)


def test_structures_graphs_and_pipelines_give_the_same(salts, values):
    network = tiny(CGCNNRegressor)
    graphs = StructureGraphTransformer(k=6).transform(salts)
    pipeline = make_pipeline(StructureGraphTransformer(k=6), network)
    expected = probe(network, salts, values, cv=2).table
    pd.testing.assert_frame_equal(probe(network, graphs, values, cv=2).table, expected)
    pd.testing.assert_frame_equal(probe(pipeline, salts, values, cv=2).table, expected)
    assert set(expected["model"]) == {"CGCNNRegressor"}


def test_missing_values_are_left_out(salts, values):
    holes = values.copy()
    holes.loc[::3, "noise"] = np.nan
    for joint in [True, False]:
        result = probe(tiny(), salts, holes, cv=3, joint=joint)
        counts = result.predictions["descriptor"].value_counts()
        assert counts.to_dict() == {"mean number": 60, "noise": 40}
        assert np.isfinite(result.table["r2"]).all()
    alone = probe(DummyRegressor(), salts, holes[["noise"]], cv=3)
    assert len(alone.predictions) == 40


@pytest.mark.parametrize("joint", [True, False])
def test_a_descriptor_that_is_not_known_in_training_is_named(salts, values, joint):
    rare = pd.DataFrame({"rare": [1.0] + [np.nan] * 59, **values})
    for learner in (DummyRegressor(), tiny()):
        with pytest.raises(ValueError, match=r"'rare' is NaN for .* in fold \d"):
            probe(learner, salts, rare, cv=3, joint=joint)


def test_what_does_not_vary_has_no_score(salts):
    table = by_name(probe(DummyRegressor(), salts, {"a": np.full(len(salts), 0.1)}))
    assert table.loc["a", "mae"] == pytest.approx(0)
    assert table.loc["a", ["r2", "r2_std", "mae_mad"]].isna().all()


def test_presets_and_transformers_describe_the_structures(salts):
    some = salts[:6]
    result = probe(DummyRegressor(), some, cv=2)
    assert len(result.table) == 28
    assert result.table["descriptor"].iloc[-1] == "natoms"
    own = StructureDescriptors("composition")
    result = probe(DummyRegressor(), some, own, cv=2)
    assert set(result.table["kind"]) == {"composition"}


def test_a_descriptor_may_have_a_model_of_its_own(salts, values):
    forest = make_pipeline(
        StructureDescriptors("composition"), RandomForestRegressor(20, random_state=0)
    )
    table = by_name(probe({"forest": forest}, salts, values, joint=False))
    assert table.loc["mean number", "r2"] > 0.8
    assert table.loc["noise", "r2"] < 0.2


def test_a_model_that_cannot_learn_all_at_once_says_what_to_do(salts, values):
    boosting = make_pipeline(
        StructureDescriptors("composition"), HistGradientBoostingRegressor(max_iter=5)
    )
    models = {"mean": DummyRegressor(), "boosting": boosting}
    with pytest.raises(ValueError, match="1d array") as caught:
        probe(models, salts, values)
    notes = " ".join(caught.value.__notes__)
    assert "boosting, in fold 0" in notes
    assert "joint=False" in notes
    assert len(probe(models, salts, values, joint=False).table) == 4


@pytest.mark.parametrize("cv", [3, GroupKFold(3)])
def test_groups_stay_together(salts, values, cv):
    groups = np.arange(len(salts)) // 4
    result = probe(DummyRegressor(), salts, values, cv=cv, groups=groups)
    group = groups[result.predictions["structure"]]
    assert set(result.predictions.groupby(group)["fold"].nunique()) == {1}


def test_two_processes_find_what_one_finds(salts, values):
    expected = probe(tiny(), salts[:12], values[:12], cv=2).predictions
    found = probe(tiny(), salts[:12], values[:12], cv=2, n_jobs=2).predictions
    pd.testing.assert_frame_equal(found, expected)


def test_models_are_not_fitted_themselves(salts, values):
    model = tiny()
    probe(model, salts, values, cv=2)
    assert not hasattr(model, "net_")


def test_the_result_prints_a_row_for_each_descriptor(salts, values):
    models = {"b": DummyRegressor(), "a": DummyRegressor()}
    first, *rows = repr(
        probe(models, salts, values.rename(columns={"noise": "c"}))
    ).splitlines()
    assert first.split() == ["R2", "kind", "b", "a"]
    assert [row.split()[0] for row in rows] == ["mean", "c"]
    assert rows[1].split()[1] == "periodic"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model": {}}, ValueError, "no model"),
        ({"model": KNAGCNClassifier()}, TypeError, "KNAGCNClassifier is a classifier"),
        ({"descriptors": {"x": [1.0, 2.0]}}, ValueError, "60 structures.* 2 rows"),
        ({"descriptors": {"x": ["P1"] * 60}}, TypeError, "must be numbers"),
        ({"descriptors": {"x": [np.nan] * 60}}, ValueError, "'x' is NaN for every"),
        ({"descriptors": {"x": [0.0, np.inf] * 30}}, ValueError, "'x' of structure 1"),
        ({"descriptors": pd.DataFrame(index=range(60))}, ValueError, "no columns"),
        (
            {"descriptors": pd.DataFrame([[1.0, 2.0]] * 60, columns=["x", "x"])},
            ValueError,
            "two descriptors are called 'x'",
        ),
        ({"descriptors": "periodic"}, ValueError, "preset"),
        ({"structures": "NaCl.cif"}, TypeError, "Structure.from_file"),
    ],
)
def test_errors_say_what_is_wrong(salts, change, error, message):
    arguments = {"model": KNAGCNRegressor(), "structures": salts, **change}
    with pytest.raises(error, match=message):
        probe(**arguments)


class Silent(DummyRegressor):
    """Has no number for every other structure."""

    def predict(self, X):
        answer = super().predict(X)
        answer[::2] = np.nan
        return answer


def test_what_is_not_predicted_is_not_passed_over(salts, values):
    with pytest.raises(ValueError, match="20 predictions are NaN or infinite"):
        probe(Silent(), salts, values, cv=3)  # of 20 structures, two numbers each


def test_nothing_is_asked_that_was_learnt(salts, values):
    rows = np.arange(len(salts))
    with pytest.raises(ValueError, match="trains and tests on the same 60 structures"):
        probe(DummyRegressor(), salts, values, cv=[(rows, rows)])


def test_models_have_names(salts, values):
    with pytest.raises(TypeError, match="pass a dict"):
        probe([DummyRegressor()], salts, values)
