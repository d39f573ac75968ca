"""The report of what training parts know of test parts."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import KFold, LeaveOneGroupOut, StratifiedKFold

from sk_knagcn import (
    StructureGraphTransformer,
    StructureGroupKFold,
    compare,
    leakage_report,
    paper_splits,
    structure_groups,
)
from tests.splits.crystals import rock_salt, strained

SHARES = ["formula", "chemical_system", "prototype", "duplicates"]


@pytest.mark.parametrize("by", ["formula", "chemical_system", "duplicates"])
def test_folds_by_groups_leak_nothing_of_their_kind(salts, by):
    torn = leakage_report(salts, KFold(2))  # the copies are the second half
    assert torn.folds[SHARES].to_numpy().min() == 1
    report = leakage_report(salts, StructureGroupKFold(by, n_splits=3))
    assert report.folds[by].tolist() == [0, 0, 0]
    assert report.pairs.empty


def test_shares_are_those_of_the_definition(salts):
    structures = [*salts, *(strained(salt, 0.015) for salt in salts[:4])]
    structures += [strained(salt, 0.08) for salt in salts[2:]]
    cv = KFold(4, shuffle=True, random_state=1)
    report = leakage_report(structures, cv)
    for by in ("formula", "chemical_system", "prototype"):
        labels = structure_groups(structures, by)
        expected = [
            sum(labels[i] in labels[train] for i in test) / len(test)
            for train, test in cv.split(structures)
        ]
        assert report.folds[by].tolist() == pytest.approx(expected)
    for row, (train, test) in zip(
        report.folds.itertuples(), cv.split(structures), strict=True
    ):
        pairs = [
            structure_groups([structures[i], structures[j]], "duplicates").tolist()
            for i in test
            for j in train
        ]
        same = np.reshape([a == b for a, b in pairs], (len(test), len(train)))
        assert row.duplicates == pytest.approx(same.any(axis=1).mean())
        assert (row.n_train, row.n_test) == (len(train), len(test))
    summary = report.summary
    assert summary["mean"].tolist() == pytest.approx(report.folds[SHARES].mean())
    assert (summary["min"] <= summary["mean"]).all()


def test_pairs_are_the_nearest_and_come_in_order():
    a = 5.64
    structures = [rock_salt("Na", "Cl", a * s) for s in (1, 1.01, 1.004, 1.2)]
    report = leakage_report(structures, [([1, 2, 3], [0])])
    (pair,) = report.pairs.to_dict("records")
    assert (pair["test"], pair["train"], pair["formula"]) == (0, 2, "NaCl")
    assert pair["distance"] == pytest.approx(0.004, abs=1e-5)
    both = leakage_report(structures, [([2, 3], [0, 1])])
    assert both.pairs["test"].tolist() == [0, 1]
    assert both.pairs["distance"].is_monotonic_increasing


def test_with_y_it_tells_how_far_targets_differ(salts):
    y = np.arange(12.0)
    y[6:] -= 6 - 0.25  # the copies differ by 0.25 from their originals
    report = leakage_report(salts, KFold(2), y)
    assert report.pairs["difference"].tolist() == pytest.approx([0.25] * 12)
    assert report.deviation == pytest.approx(np.abs(y - y.mean()).mean())
    assert "differ by 0.25 on average" in repr(report)
    classes = leakage_report(salts, StratifiedKFold(2), ["low", "high"] * 6)
    assert set(classes.pairs["difference"]) <= {0.0, 1.0}
    assert classes.deviation is None
    numbers = leakage_report(salts, StratifiedKFold(2), [0, 7] * 6, classifier=True)
    assert set(numbers.pairs["difference"]) <= {0.0, 1.0}
    assert numbers.deviation is None


def test_missing_targets_are_no_targets(salts):
    y = np.arange(12.0)
    y[3] = np.nan
    report = leakage_report(salts, KFold(2), y)
    assert report.deviation == pytest.approx(np.nanmean(np.abs(y - np.nanmean(y))))
    assert report.pairs["difference"].isna().sum() == 2
    assert "nan " not in repr(report).splitlines()[-2]
    nothing = leakage_report(salts, KFold(2), np.full(12, np.nan))
    assert nothing.deviation is None


def test_the_verdict_names_the_remedy_that_helps_most(salts):
    def verdict(by):
        cv = KFold(2) if by is None else StructureGroupKFold(by, n_splits=3)
        return leakage_report(salts, cv).verdict

    assert verdict(None) == (
        "100 % of test structures have a near duplicate in training: use "
        "StructureGroupKFold(by='duplicates')."
    )
    assert verdict("formula").startswith("No test structure has a near duplicate")
    apart = [*salts, *(strained(salt, 0.1) for salt in salts)]
    report = leakage_report(apart, StructureGroupKFold("duplicates", n_splits=3))
    assert "have their formula in training" in report.verdict
    assert "by='formula'" in report.verdict


def test_a_rare_duplicate_does_not_hide_what_is_frequent():
    structures = [rock_salt("Na", "Cl", a) for a in np.geomspace(4, 40, 105)]
    rows = np.arange(105)
    report = leakage_report([*structures, structures[0]], [([105], rows)])
    assert report.folds["duplicates"].item() == pytest.approx(1 / 105)
    assert report.verdict.startswith("100 % of test structures have their formula")
    assert " 1.0 %" in repr(report)


def test_printed_it_shows_each_pair_once(salts):
    text = repr(leakage_report(salts, KFold(2)))
    lines = text.splitlines()
    assert lines[0] == "2 folds. Test structures that have in training"
    assert lines[2].split() == "a near duplicate 100 % 100 % 100 %".split()
    start = lines.index("Most alike:") + 2
    shown = [tuple(sorted(line.split()[1:3])) for line in lines[start : start + 5]]
    assert len(set(shown)) == 5
    assert max(map(len, lines)) <= 88


def test_cv_is_whatever_scikit_learn_takes(salts):
    groups = structure_groups(salts, "formula")
    report = leakage_report(salts, LeaveOneGroupOut(), groups=groups)
    assert report.folds["formula"].tolist() == [0] * 6
    assert len(leakage_report(salts, 4).folds) == 4
    assert len(leakage_report(salts, paper_splits(12)).folds) == 10
    with pytest.raises(ValueError, match="'cv' parameter of leakage_report"):
        leakage_report(salts, "ten")


@pytest.mark.parametrize("with_groups", [False, True])
@pytest.mark.parametrize("classifier", [False, True])
def test_a_number_stands_for_the_folds_of_a_comparison(salts, classifier, with_groups):
    y = np.repeat(["common", "rare"], [8, 4]) if classifier else np.arange(12.0)
    groups = structure_groups(salts, "formula") if with_groups else None
    estimator = DummyClassifier() if classifier else DummyRegressor()
    compared = compare({"dummy": estimator}, salts, y, cv=3, groups=groups)
    reported = leakage_report(salts, 3, y, groups, classifier=classifier)
    folds = list(compared.splitter.split(salts, y, groups))
    expected = leakage_report(salts, folds, y)
    assert reported.folds.equals(expected.folds)
    assert reported.pairs.equals(expected.pairs)
    assert with_groups == (reported.folds["formula"].max() == 0)


def test_only_what_was_asked_for_is_looked_for(salts):
    report = leakage_report(salts, 3, by=["chemical_system"])
    assert list(report.summary.index) == ["chemical_system"]
    assert report.pairs.empty
    assert "their chemical system in training" in report.verdict
    none = leakage_report(salts, StructureGroupKFold("formula"), by=["formula"])
    assert none.verdict == "No test structure has its formula in training."
    with pytest.raises(ValueError, match="by must name some of"):
        leakage_report(salts, 3, by=["spacegroup"])


def test_graphs_do_as_well_but_for_prototypes(salts):
    graphs = StructureGraphTransformer().transform(salts)
    of_graphs = leakage_report(graphs, KFold(3))
    expected = leakage_report(salts, KFold(3)).folds.drop(columns="prototype")
    assert of_graphs.folds.equals(expected)
    assert "prototype" not in repr(of_graphs)


def test_y_of_another_length_is_an_error(salts):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        leakage_report(salts, 3, y=[1, 2, 3])


def test_masks_are_parts_too():
    salts = [rock_salt("Na", "Cl", 5.64), rock_salt("K", "Br", 6.6)] * 2
    first = np.array([True, True, False, False])
    masks = leakage_report(salts, [(first, ~first)]).folds
    places = leakage_report(salts, [([0, 1], [2, 3])]).folds
    assert masks.equals(places)
    assert places["n_test"].tolist() == [2]
    assert places["duplicates"].tolist() == [1.0]


def test_a_structure_in_both_parts_is_the_worst_leak(salts):
    rows = np.arange(len(salts))
    report = leakage_report(salts, [(rows, rows[:2])], y=rows)
    assert report.folds["duplicates"].tolist() == [1]
    assert report.pairs[["test", "train"]].to_numpy().tolist() == [[0, 0], [1, 1]]
    assert report.pairs[["distance", "difference"]].to_numpy().max() == 0
    assert "100 % of test structures have a near duplicate" in report.verdict


def test_small_integers_do_not_overflow(salts):
    y = np.arange(len(salts), dtype=np.uint8)
    report = leakage_report(salts, KFold(2), y)  # copies are the second half
    assert set(report.pairs["difference"]) == {len(salts) / 2}


def test_prototypes_alone_have_a_verdict(salts):
    report = leakage_report(salts, KFold(2), by=["prototype"])
    assert "have their prototype in training" in report.verdict
    graphs = StructureGraphTransformer().transform(salts)
    with pytest.raises(ValueError, match="X holds graphs"):
        leakage_report(graphs, KFold(2), by=["prototype"])
    with pytest.raises(ValueError, match="by must name some of"):
        leakage_report(salts, KFold(2), by=[])


def test_kinds_may_come_in_an_array(salts):
    found = leakage_report(salts, 2, by=np.array(["formula"]))
    assert (
        found.folds["formula"].tolist()
        == leakage_report(salts, 2, by=["formula"]).folds["formula"].tolist()
    )
