"""Batch normalisation after the weights were averaged."""

import torch

from sk_knagcn import CGCNNRegressor
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
