"""Batch normalisation after the weights were averaged."""

import numpy as np
import pytest
import torch
from pymatgen.core import Molecule

from sk_knagcn import CGCNNRegressor, StructureGraphTransformer
from sk_knagcn.nn import WeightedBatchNorm
from sk_knagcn.training.data import GraphDataset, GraphTensors
from sk_knagcn.training.statistics import settle_statistics


def statistics(module):
    layers = [m for m in module.modules() if isinstance(m, WeightedBatchNorm)]
    return [layer.running_mean.clone() for layer in layers]


def test_an_averaged_network_has_the_statistics_of_its_own_weights(graphs, y):
    model = CGCNNRegressor(
        width=8, max_epochs=4, averaging=0.9, batch_size=4, lr=0.05, random_state=0
    )
    module = model.fit(graphs, y).net_.module_
    found = statistics(module)
    rows = GraphDataset(GraphTensors(graphs, "cpu")).rows()
    parts = [rows[part].graphs() for part in torch.arange(10).tensor_split(3)]
    settle_statistics(module, module, parts)
    for before, after in zip(found, statistics(module), strict=True):
        torch.testing.assert_close(before, after, rtol=1e-4, atol=1e-5)


def test_large_pieces_count_more_than_small_ones(graphs, y):
    model = CGCNNRegressor(width=8, max_epochs=1, random_state=0).fit(graphs, y)
    module = model.net_.module_
    rows = GraphDataset(GraphTensors(graphs, "cpu")).rows()
    # In the first layer the mean over pieces does not depend on how they are cut.
    found = []
    for cuts in ([10], [9, 1], [2, 8]):
        pieces = torch.arange(10).split(cuts)
        settle_statistics(module, module, [rows[piece].graphs() for piece in pieces])
        found.append(statistics(module)[0])
    torch.testing.assert_close(found[0], found[1])
    torch.testing.assert_close(found[0], found[2])


def test_nothing_but_the_statistics_changes(graphs, y):
    model = CGCNNRegressor(width=8, max_epochs=1, averaging=0.0, random_state=0)
    module = model.fit(graphs, y).net_.module_
    weights = [p.clone() for p in module.parameters()]
    momenta = [m.momentum for m in module.modules() if isinstance(m, WeightedBatchNorm)]
    before = statistics(module)
    batch = GraphDataset(GraphTensors(graphs, "cpu")).rows().graphs()
    settle_statistics(module, module, [batch])
    assert any(
        not torch.equal(a, b) for a, b in zip(before, statistics(module), strict=True)
    )
    assert all(map(torch.equal, weights, module.parameters()))
    assert momenta == [
        m.momentum for m in module.modules() if isinstance(m, WeightedBatchNorm)
    ]
    assert not module.training


@pytest.mark.parametrize("first", [True, False])
def test_isolated_atoms_have_no_bonds_to_measure(crystals, y, first):
    # A batch of nothing else, as references of elements listed one after the other are.
    atoms = [Molecule([element], [[0, 0, 0]]) for element in ["H", "He", "Li", "Be"]]
    X = [*atoms, *crystals] if first else [*crystals, *atoms]
    z = np.append(np.zeros(4), y) if first else np.append(y, np.zeros(4))
    model = CGCNNRegressor(width=8, max_epochs=3, batch_size=2, random_state=0)
    assert np.isfinite(model.fit(X, z).predict(X)).all()
    alone = model.fit(atoms, range(4)).predict(atoms)
    assert np.isfinite(alone).all()


def test_batches_without_bonds_do_not_dilute_the_others(crystals, y):
    atoms = [Molecule(["He"], [[0, 0, 0]])] * 3
    graphs = StructureGraphTransformer(k=6).transform([*atoms, *crystals])
    model = CGCNNRegressor(width=8, max_epochs=1, random_state=0).fit(graphs[3:], y)
    module = model.net_.module_
    rows = GraphDataset(GraphTensors(graphs, "cpu")).rows()
    isolated, bonded = (
        rows[torch.arange(3)].graphs(),
        rows[torch.arange(3, 13)].graphs(),
    )
    settle_statistics(module, module, [bonded])
    expected = statistics(module)
    settle_statistics(module, module, [isolated, bonded, isolated])
    assert all(map(torch.equal, statistics(module), expected))
