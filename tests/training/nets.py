"""Nets in training without an estimator around them."""

import torch

from sk_knagcn.training import GraphDataset, GraphNet, GraphTensors, WeightedLoss
from tests.nn.networks import network


def dataset(graphs, targets, weights=None):
    """Graphs with one column of targets."""
    column = torch.as_tensor(targets, dtype=torch.float32).view(len(graphs), -1)
    column = (column - column.nanmean()) / 5
    return GraphDataset(GraphTensors(graphs, "cpu"), column, weights)


def net(convolution="moments", *, valid=None, **changes):
    """A small net, set up; `valid` are the rows to validate on."""
    parameters = {
        "criterion": WeightedLoss("mae"),
        "optimizer": torch.optim.SGD,
        "lr": 0.05,
        "max_epochs": 3,
        "batch_size": 4,
        "device": "cpu",
        "verbose": 0,
        "train_split": None if valid is None else Split(valid),
        **changes,
    }
    module = network(convolution, n_layers=1, n_outputs=1)
    return GraphNet(module, **parameters).initialize()


def weights(net):
    """Copies of all numbers in the module."""
    return {k: v.clone() for k, v in net.module_.state_dict().items()}


def loss_of(net, rows):
    """The loss on rows, with the weights of the moment."""
    net.mean_weight_ = rows.mean_weight()
    return float(net.validation_step(rows)["loss"])


class Split:
    """A split that was made already."""

    def __init__(self, valid):
        self.valid = valid

    def __call__(self, data, y=None, **kwargs):
        return data, self.valid
