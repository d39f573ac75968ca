"""The certificate itself, and a quick version of what the benchmark prints."""

import numba
import numpy as np
import pytest
from pymatgen.core import Structure
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sk_knagcn import (
    PerAtomRegressor,
    StructureDescriptors,
    StructureGraphTransformer,
    check_invariance,
    check_structures,
)
from sk_knagcn.datasets import make_prototype_crystals
from sk_knagcn.invariance.copies import OPERATIONS, equivalent_copies, jittered
from sk_knagcn.invariance.fingerprint import RandomSlotsNetwork
from tests.estimators.tiny import tiny
from tests.geometry import crystals as library

pytestmark = pytest.mark.skipif(
    numba.config.DISABLE_JIT,
    reason="supercells of hundreds of atoms take minutes without numba's compiler",
)
CRYSTALS = [make() for make in library.CRYSTALS.values()]
NETWORK = RandomSlotsNetwork(12)


def graphs_of(structures, **settings):
    transformer = StructureGraphTransformer(dtype="float64", cache=None, **settings)
    return list(transformer.transform(structures))


def test_nothing_moves_with_canonical_frames():
    report = check_invariance(StructureGraphTransformer(), CRYSTALS)
    assert report.passed, str(report)
    assert set(report.table["operation"]) == set(OPERATIONS)
    assert len(report.table) == len(CRYSTALS) * (len(OPERATIONS) + 2)  # 3 rotations
    assert report.table["output"].max() < 1e-9


def test_almost_everything_moves_with_the_published_frames():
    report = check_invariance(StructureGraphTransformer(frames="paper"), CRYSTALS)
    assert not report.passed
    assert report.moved["index"].nunique() > len(CRYSTALS) // 2
    assert "moved: structures" in str(report)


def test_the_hand_of_a_crystal_shows_if_asked_for():
    assert check_invariance(StructureGraphTransformer(), [library.quartz()]).passed
    (crystal,) = check_structures([library.quartz()])
    mirrored = next(
        copy.crystal
        for copy in equivalent_copies(crystal, np.random.default_rng(0), 0, mirror=True)
        if copy.operation == "mirror"
    )
    moves = {}
    for reflect in (True, False):
        one, other = graphs_of([crystal, mirrored], reflect=reflect)
        moves[reflect] = abs(NETWORK(one) - NETWORK(other))
    assert moves[True] < 1e-12
    assert moves[False] > 1e-3


def test_the_last_digit_of_a_file_is_not_felt():
    crystals = check_structures(CRYSTALS)
    rng = np.random.default_rng(0)
    before = np.array([NETWORK(graph) for graph in graphs_of(crystals)])
    noisy = [jittered(crystal, rng, 1e-5) for crystal in crystals]
    after = np.array([NETWORK(graph) for graph in graphs_of(noisy)])
    assert np.abs(after - before).max() < 1e-2 * before.std()


def test_reduced_and_full_graphs_give_the_same_to_every_atom():
    reduced, full = graphs_of(CRYSTALS), graphs_of(CRYSTALS, reduce=False)
    for one, other in zip(reduced, full, strict=True):
        assert NETWORK(one) == pytest.approx(NETWORK(other), abs=1e-9)
        np.testing.assert_allclose(
            NETWORK.atom_outputs(one), NETWORK.atom_outputs(other), atol=1e-9
        )


def nearly_mirrored(seed):
    """Atoms on a plane, pairs to both sides of it, and one atom without a partner."""
    rng = np.random.default_rng(seed)
    while True:
        x, y = rng.uniform(0, 7, size=(2, 7))
        z = [0, 0, 0, *rng.uniform(0.7, 3, size=3), rng.uniform(0.7, 3)]
        points = np.stack([x, y, z], axis=1)
        points = np.concatenate([points, points[3:6] * [1, 1, -1]])
        species = ["Si", "O", "O", "N", "C", "F", "P", "N", "C", "F"]
        structure = Structure(
            np.diag([7, 7, 9]), species, points, coords_are_cartesian=True
        )
        if structure.is_valid(1.0):
            return structure


def test_a_late_choice_of_side_takes_its_earlier_slots_along():
    """Shells of two tie on both sides; a farther atom tells left from right."""
    structures = [nearly_mirrored(seed) for seed in range(20)]
    report = check_invariance(StructureGraphTransformer(), structures, n_rotations=1)
    assert report.passed, str(report)


class MeanDistance(TransformerMixin, BaseEstimator):
    """A table of one column from graphs."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.array([[graph.distances.mean()] for graph in X])


class FirstColumn(RegressorMixin, BaseEstimator):
    """Predicts the first column."""

    def fit(self, X, y):
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return X[:, 0]


class FirstCoordinate(MeanDistance):
    """Looks at one slot, which the published frames fill as it comes."""

    def transform(self, X):
        return np.array([[graph.coordinates[0, 3, 2]] for graph in X])


@pytest.mark.parametrize(
    ("table", "frames", "passes"),
    [
        (MeanDistance(), "canonical", True),
        (FirstCoordinate(), "canonical", True),
        (FirstCoordinate(), "paper", False),
    ],
)
def test_an_estimator_is_judged_by_its_predictions(table, frames, passes):
    graphs = StructureGraphTransformer(frames=frames)
    model = make_pipeline(graphs, table, FirstColumn()).fit(CRYSTALS, np.zeros(15))
    report = check_invariance(model, CRYSTALS)
    assert list(report.table.columns) == ["index", "formula", "operation", "output"]
    assert report.passed is passes


class Two(FirstColumn):
    """Predicts something that stays and something that moves, in unlike units."""

    def __init__(self, scale):
        self.scale = scale

    def predict(self, X):
        return np.column_stack([self.scale * X[:, 0], X[:, 1]])


class BothColumns(MeanDistance):
    """A column that stays and one that does not."""

    def transform(self, X):
        return np.array([[g.distances.mean(), g.coordinates[0, 3, 2]] for g in X])


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_a_large_output_does_not_hide_that_another_moves(scale):
    graphs = StructureGraphTransformer(frames="paper")
    model = make_pipeline(graphs, BothColumns(), Two(scale)).fit(CRYSTALS, np.zeros(15))
    assert not check_invariance(model, CRYSTALS).passed


class Certain(ClassifierMixin, FirstColumn):
    """Is certain, but for the last digit."""

    def fit(self, X, y):
        self.classes_ = np.arange(2)
        return super().fit(X, y)

    def predict_proba(self, X):
        last = np.float32(1e-7) * np.random.default_rng().integers(0, 3, len(X))
        return np.column_stack([1 - last, last])


def test_a_last_digit_of_certainty_does_not_move():
    model = make_pipeline(StructureGraphTransformer(), MeanDistance(), Certain())
    assert check_invariance(model.fit(CRYSTALS, np.arange(15) % 2), CRYSTALS).passed


class OnceOnly(FirstColumn):
    """Predicts numbers when it is first asked, and none afterwards."""

    def predict(self, X):
        self.asked = getattr(self, "asked", 0) + 1
        return X[:, 0] if self.asked == 1 else np.full(len(X), np.nan)


def test_what_is_no_number_has_moved():
    model = make_pipeline(StructureGraphTransformer(), MeanDistance(), OnceOnly())
    report = check_invariance(model.fit(CRYSTALS, np.zeros(15)), CRYSTALS)
    assert len(report.moved) == len(report.table)
    assert np.isinf(report.table["output"]).all()


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(TypeError, match="StandIn can neither make graphs"):
        check_invariance(type("StandIn", (), {})(), CRYSTALS)


def test_a_cell_that_leans_far_over_is_taken_as_it_is():
    lattice = [[3, 0, 0], [30, 3, 0], [60, -90, 3.0]]
    leaning = Structure(lattice, ["Cu", "O"], [[0, 0, 0], [0.5, 0.5, 0.3]])
    assert check_invariance(StructureGraphTransformer(), [leaning], n_rotations=1)


def test_it_takes_what_the_transformer_takes():
    shared = Structure(
        np.eye(3) * 4, [{"Na": 0.7, "K": 0.3}, "Cl"], [[0, 0, 0], [0.5] * 3]
    )
    transformer = StructureGraphTransformer(on_disorder="majority")
    assert check_invariance(transformer, [shared], n_rotations=1).passed
    rows = FunctionTransformer(lambda X: np.array([[len(x)] for x in X]))
    described = StructureGraphTransformer(descriptors=rows).fit([library.quartz()])
    assert check_invariance(described, [library.quartz()], n_rotations=1).passed


@pytest.mark.parametrize(
    "wrap",
    [lambda net: net, lambda net: make_pipeline(StructureGraphTransformer(k=6), net)],
    ids=["alone", "pipeline"],
)
def test_what_grows_with_the_cell_is_compared_per_atom(wrap):
    salts = make_prototype_crystals(6, random_state=0).structures
    y = [len(salt) for salt in salts]
    network = wrap(tiny(readout="sum")).fit(salts, y)
    assert check_invariance(network, salts).passed
    trees = PerAtomRegressor(
        make_pipeline(StructureDescriptors("composition"), Ridge())
    )
    assert check_invariance(trees.fit(salts, y), salts).passed
