"""Element vectors: what they are made of, what they mean, what must not move them."""

import math
import pickle
from itertools import product

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pymatgen.core import Composition, Element, Lattice, Structure
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.pipeline import make_pipeline

from sk_knagcn.atom2vec import Atom2Vec, atom_environment_matrix

CHARGES = {
    **dict.fromkeys(["Li", "Na", "K", "Rb", "Cs"], 1),
    **dict.fromkeys(["Be", "Mg", "Ca", "Sr", "Ba"], 2),
    **dict.fromkeys(["Al", "Sc", "Ga", "Y", "In"], 3),
    **dict.fromkeys(["F", "Cl", "Br", "I"], -1),
    **dict.fromkeys(["O", "S", "Se", "Te"], -2),
    **dict.fromkeys(["N", "P", "As", "Sb"], -3),
}


def all_salts() -> list[str]:
    """Every neutral pair of the ions above: NaCl, K2O, CaF2, Al2O3 ..."""
    formulas = []
    for (cation, plus), (anion, minus) in product(CHARGES.items(), repeat=2):
        if plus > 0 > minus:
            charge = math.lcm(plus, -minus)
            formulas.append(f"{cation}{charge // plus}{anion}{charge // -minus}")
    return formulas


def some_salts(seed: int = 0, share: float = 0.6) -> list[str]:
    """A part of the salts, so that no two elements have quite the same partners."""
    rng = np.random.default_rng(seed)
    return [salt for salt in all_salts() if rng.random() < share]


def counts_of(formulas: list[str]) -> list[dict[int, float]]:
    compositions = map(Composition, formulas)
    return [{e.Z: n for e, n in composition.items()} for composition in compositions]


def rows_of(atom2vec: Atom2Vec, *symbols: str) -> np.ndarray:
    return atom2vec.element_matrix_[[Element(symbol).Z for symbol in symbols]]


def rock_salt(cation: str, anion: str) -> Structure:
    face_centred = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2
    spots = [*face_centred, *(face_centred + 0.5)]
    return Structure(Lattice.cubic(5.6), [cation] * 4 + [anion] * 4, spots)


# --- the matrix -------------------------------------------------------------------


def test_bismuth_selenide_gives_the_environments_of_the_paper():
    matrix, elements, environments = atom_environment_matrix([{83: 2, 34: 3}])
    assert_array_equal(elements, [34, 83])
    assert environments == [(2, ((34, 3),)), (3, ((83, 2),))]
    assert_array_equal(matrix.toarray(), [[0, 1], [1, 0]])


def test_the_matrix_counts_compounds_and_reduces_their_formulas():
    lime, magnesia = {20: 1, 8: 1}, {12: 1, 8: 1}
    matrix, elements, environments = atom_environment_matrix(
        [lime, {20: 4, 8: 4}, magnesia]
    )
    beside_oxygen = environments.index((1, ((8, 1),)))
    counts = matrix[:, [beside_oxygen]].toarray().ravel()
    assert dict(zip(elements.tolist(), counts, strict=True)) == {8: 0, 12: 1, 20: 2}


@pytest.mark.parametrize(
    ("amounts", "reduced"),
    [
        ({3: 0.5, 8: 1}, {3: 1, 8: 2}),
        ({57: 0.3333, 8: 1}, {57: 1, 8: 3}),
        ({19: 0.3, 11: 0.7, 17: 1}, {19: 3, 11: 7, 17: 10}),
        ({19: 1e-4, 11: 0.9999}, {19: 1, 11: 9999}),
        ({19: np.int64(512), 11: np.float64(768)}, {19: 2, 11: 3}),
    ],
)
def test_amounts_need_not_be_whole(amounts, reduced):
    left, right = (atom_environment_matrix([c])[2] for c in (amounts, reduced))
    assert left == right


def test_pure_elements_count_only_where_there_is_nothing_else():
    _, elements, environments = atom_environment_matrix(
        [{26: 2}, {26: 1}, {29: 1}, {29: 1, 8: 1}]
    )
    assert_array_equal(elements, [8, 26, 29])
    assert (1, ((26, 1),)) in environments
    assert len(environments) == 3


# --- the vectors ------------------------------------------------------------------


def test_components_are_orthogonal_and_as_long_as_the_singular_values():
    atom2vec = Atom2Vec(n_components=7).fit(some_salts())
    vectors, values = atom2vec.vectors_, atom2vec.singular_values_
    assert_allclose(vectors.T @ vectors, np.diag(values**2), atol=1e-12)
    assert np.all(np.diff(values) <= 0)


def test_all_components_give_back_the_similarities_of_the_rows():
    salts = some_salts()
    atom2vec = Atom2Vec().fit(salts)
    matrix, elements, _ = atom_environment_matrix(counts_of(salts))
    assert_array_equal(atom2vec.elements_, elements)
    expected = cosine_similarity(matrix.toarray())
    assert_allclose(atom2vec.vectors_ @ atom2vec.vectors_.T, expected, atol=1e-12)
    assert np.sum(atom2vec.singular_values_**2) == pytest.approx(len(elements))


def test_the_vectors_are_those_of_a_plain_svd():
    salts = some_salts()
    atom2vec = Atom2Vec(n_components=5).fit(salts)
    dense = atom_environment_matrix(counts_of(salts))[0].toarray()
    dense /= np.linalg.norm(dense, axis=1, keepdims=True)
    left, values, _ = np.linalg.svd(dense, full_matrices=False)
    assert_allclose(atom2vec.singular_values_, values[:5], atol=1e-12)
    assert_allclose(abs(atom2vec.vectors_), abs(left * values)[:, :5], atol=1e-10)


def test_fewer_components_are_the_first_of_more():
    salts = some_salts()
    few, many = (Atom2Vec(n_components=n).fit(salts) for n in (3, 9))
    assert_array_equal(few.vectors_, many.vectors_[:, :3])
    assert_allclose(few.element_matrix_, many.element_matrix_[:, :3], atol=1e-14)


def test_the_leading_components_are_the_chemical_families():
    atom2vec = Atom2Vec(n_components=6).fit(some_salts())
    same_charge = np.equal.outer(*[list(CHARGES.values())] * 2)
    likeness = cosine_similarity(rows_of(atom2vec, *CHARGES))
    assert_allclose(likeness, same_charge, atol=1e-10)


def test_all_components_still_put_halogens_nearer_each_other_than_alkalis():
    atom2vec = Atom2Vec().fit(some_salts())
    halogens = rows_of(atom2vec, "F", "Cl", "Br", "I")
    alkalis = rows_of(atom2vec, "Li", "Na", "K", "Rb", "Cs")
    among = cosine_similarity(halogens)[np.triu_indices(len(halogens), 1)]
    assert among.min() > 0.2 > 0.01 > abs(cosine_similarity(halogens, alkalis)).max()


def test_elements_with_the_same_partners_have_the_same_vector():
    atom2vec = Atom2Vec().fit(all_salts())
    for vectors in (rows_of(atom2vec, "F", "I"), rows_of(atom2vec, "Na", "Cs")):
        assert_allclose(vectors[0], vectors[1], atol=1e-12)


def test_more_components_than_rank_are_zero():
    families = len(set(CHARGES.values()))  # all members of one have the same partners
    atom2vec = Atom2Vec(n_components=130).fit(all_salts())
    assert atom2vec.vectors_.shape == (len(CHARGES), 130)
    assert np.count_nonzero(atom2vec.singular_values_) == families
    assert not atom2vec.element_matrix_[:, families:].any()
    assert np.isfinite(atom2vec.element_matrix_).all()


def test_the_largest_entry_of_each_component_is_positive():
    vectors = Atom2Vec(n_components=10).fit(some_salts()).vectors_
    assert (vectors.max(axis=0) >= -vectors.min(axis=0) - 1e-8).all()


def test_of_equally_large_entries_the_first_is_positive():
    vectors = Atom2Vec().fit(["NaCl", "KCl", "NaBr", "KI"]).vectors_
    for component in vectors.T[abs(vectors).max(axis=0) > 1e-6]:
        assert component[np.isclose(abs(component), abs(component).max())][0] > 0


# --- what must not move them ------------------------------------------------------


def test_the_order_of_the_compounds_changes_no_digit():
    salts = some_salts()
    expected = Atom2Vec().fit(salts).element_matrix_
    for seed in range(3):
        shuffled = np.random.default_rng(seed).permutation(np.array(salts, object))
        assert_array_equal(Atom2Vec().fit(shuffled).element_matrix_, expected)


def test_repeating_the_whole_set_changes_nothing_but_repeating_a_part_does():
    salts = some_salts()
    once, twice, part = (
        cosine_similarity(Atom2Vec().fit(x).vectors_)
        for x in (salts, salts * 3, salts + salts[:10] * 5)
    )
    assert_allclose(twice, once, atol=1e-12)
    assert abs(part - once).max() > 1e-3


def test_the_choice_of_cell_changes_nothing():
    cells = [rock_salt(*pair) for pair in product(["Na", "K"], ["F", "Cl"])]
    shrunk = Structure.from_sites([cells[1][0], cells[1][4]])
    others = [cells[0] * (2, 1, 1), shrunk, cells[2] * (2, 2, 2), cells[3]]
    atom2vec, same = Atom2Vec().fit(cells), Atom2Vec().fit(others)
    assert_array_equal(same.element_matrix_, atom2vec.element_matrix_)
    assert_allclose(atom2vec.transform(others), atom2vec.transform(cells), atol=1e-14)


@pytest.mark.parametrize(
    "wrap",
    [
        list,
        tuple,
        lambda x: np.array(x, dtype=object),
        lambda x: np.array(x, dtype=object)[:, None],
        pd.Series,
        lambda x: pd.DataFrame({"formula": x}),
        lambda x: [Composition(formula) for formula in x],
        lambda x: [Composition(formula).as_dict() for formula in x],
        lambda x: [Composition(f).add_charges_from_oxi_state_guesses() for f in x],
        counts_of,
        lambda x: [rock_salt(*map(str, Composition(f))) for f in x],
    ],
)
def test_formulas_compositions_counts_and_structures_say_the_same(wrap):
    salts = ["NaCl", "NaBr", "KCl", "MgO", "CaO", "CaS"]
    expected = Atom2Vec().fit(salts)
    atom2vec = Atom2Vec().fit(wrap(salts))
    assert_array_equal(atom2vec.element_matrix_, expected.element_matrix_)
    assert_allclose(atom2vec.transform(wrap(salts)), expected.transform(salts))


# --- elements not seen ------------------------------------------------------------


def test_an_unseen_element_is_the_weighted_mean_of_its_group():
    salts = [s for s in some_salts() if Element("K") not in Composition(s)]
    atom2vec = Atom2Vec().fit(salts)
    lithium, sodium, rubidium, caesium = rows_of(atom2vec, "Li", "Na", "Rb", "Cs")
    expected = (lithium / 4 + sodium / 2 + rubidium / 2 + caesium / 4) / 1.5
    assert_allclose(rows_of(atom2vec, "K")[0], expected, atol=1e-14)


def test_the_f_block_belongs_to_group_three():
    atom2vec = Atom2Vec().fit([*some_salts(), "La2O3", "LaF3", "NdF3", "Nd2S3"])
    lanthanum, neodymium, yttrium = rows_of(atom2vec, "La", "Nd", "Y")
    scandium = rows_of(atom2vec, "Sc")[0]
    near, far = lanthanum + neodymium, yttrium / 2 + scandium / 4
    assert_allclose(rows_of(atom2vec, "Gd")[0], (near + far) / 2.75, atol=1e-14)


def test_without_kin_an_unseen_element_is_the_mean_of_all():
    atom2vec = Atom2Vec().fit(some_salts())
    mean = atom2vec.vectors_.mean(axis=0)
    for symbol in ("H", "He", "Xe", "Fe", "C", "Og"):
        assert_allclose(rows_of(atom2vec, symbol)[0], mean, atol=1e-14)


def test_helium_is_a_noble_gas_and_hydrogen_no_alkali_metal():
    atom2vec = Atom2Vec().fit(["XeF2", "HF", "H2O", "CO2"])
    helium, xenon, hydrogen, sodium = rows_of(atom2vec, "He", "Xe", "H", "Na")
    assert_allclose(helium, xenon, atol=1e-14)
    assert not np.allclose(sodium, hydrogen)
    assert_allclose(sodium, atom2vec.vectors_.mean(axis=0), atol=1e-14)


@pytest.mark.parametrize("number", range(2, 119))
def test_groups_are_those_of_pymatgen(number):
    element = Element.from_Z(number)
    kin = [e for e in Element if e.Z > 1 and e.group == element.group and e != element]
    atom2vec = Atom2Vec().fit([{kin[0].Z: 1}, {(1 if number > 2 else 3): 1}])
    assert_array_equal(
        atom2vec.element_matrix_[number], atom2vec.element_matrix_[kin[0].Z]
    )


def test_pure_elements_stay_apart():
    atom2vec = Atom2Vec().fit(["Fe", "Fe2", "Co", "C", "NaCl"])
    assert_array_equal(atom2vec.elements_, [6, 11, 17, 26, 27])
    assert_allclose(atom2vec.vectors_ @ atom2vec.vectors_.T, np.eye(5), atol=1e-14)


def test_one_element_is_enough():
    atom2vec = Atom2Vec(n_components=3).fit(["C", "C60"])
    assert_array_equal(atom2vec.vectors_, [[1, 0, 0]])
    assert_array_equal(atom2vec.element_matrix_[1:], np.tile([1, 0, 0], (118, 1)))


def test_padding_has_no_vector():
    assert not Atom2Vec().fit(some_salts()).element_matrix_[0].any()


# --- a citizen of scikit-learn ----------------------------------------------------


def test_transform_averages_over_atoms():
    atom2vec = Atom2Vec(n_components=6).fit(some_salts())
    sodium, chlorine, calcium = rows_of(atom2vec, "Na", "Cl", "Ca")
    means = atom2vec.transform(["NaCl", "Ca2Cl4", "Na0.5Ca0.5Cl1.5"])
    assert_allclose(means[0], (sodium + chlorine) / 2)
    assert_allclose(means[1], (calcium + 2 * chlorine) / 3)
    assert_allclose(means[2], (sodium + calcium + 3 * chlorine) / 5)


def test_output_can_be_a_frame():
    salts = pd.Series(some_salts()).sample(frac=1, random_state=0)
    frame = Atom2Vec(n_components=3).set_output(transform="pandas").fit_transform(salts)
    assert list(frame.columns) == ["atom2vec0", "atom2vec1", "atom2vec2"]
    assert_array_equal(frame.index, salts.index)


def test_it_serves_as_a_step_of_a_pipeline():
    salts = some_salts()
    radii = [
        np.mean([e.atomic_radius for e in Composition(salt).elements]) for salt in salts
    ]
    model = make_pipeline(Atom2Vec(), Ridge(1e-3)).fit(salts, radii)
    assert model.score(salts, radii) > 0.8


def test_clone_parameters_repr_and_pickle():
    atom2vec = Atom2Vec(n_components=4).fit(some_salts())
    assert repr(atom2vec) == "Atom2Vec(n_components=4)"
    assert clone(atom2vec).get_params() == {"n_components": 4}
    assert not hasattr(clone(atom2vec), "vectors_")
    back = pickle.loads(pickle.dumps(atom2vec))
    assert_array_equal(back.element_matrix_, atom2vec.element_matrix_)
    assert "Atom2Vec" in atom2vec._repr_html_()


@pytest.mark.parametrize("method", ["transform", "get_feature_names_out"])
def test_before_fit_there_is_nothing_to_give(method):
    arguments = [["NaCl"]] if method == "transform" else []
    with pytest.raises(NotFittedError):
        getattr(Atom2Vec(), method)(*arguments)


@pytest.mark.parametrize("n_components", [0, -1, 2.5, "all"])
def test_wrong_numbers_of_components_are_refused(n_components):
    with pytest.raises(ValueError, match="'n_components' parameter"):
        Atom2Vec(n_components=n_components).fit(["NaCl"])


@pytest.mark.parametrize(
    "wrong",
    [
        *["", "Foo", "NaCl)", "X2O", {}, {0: 1}, {119: 1}, {11: -1}, {11: math.inf}],
        *[{11: math.nan, 17: 1}, {11: "one"}],
    ],
)
def test_what_is_no_composition_is_named(wrong):
    with pytest.raises(ValueError, match=r"item 1 of X, .* is no composition"):
        Atom2Vec().fit(["NaCl", wrong])


@pytest.mark.parametrize("stray", [rock_salt("Na", "Cl"), None, 11])
def test_compositions_and_others_do_not_mix(stray):
    with pytest.raises(ValueError, match=r"(?s)item 1 of X.*but not both"):
        Atom2Vec().fit(["NaCl", stray])


def test_empty_input_is_refused():
    with pytest.raises(ValueError, match="X is empty"):
        Atom2Vec().fit([])
