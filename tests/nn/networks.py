"""Small networks of every kind, and the batches that they take."""

import torch

from sk_knagcn import StructureGraphTransformer
from sk_knagcn.nn import CrystalNetwork, element_properties
from sk_knagcn.training import GraphTensors

CONVOLUTIONS = ["slots", "moments", "cgcnn", "3dgcn"]
READOUTS = ["mean", "sum", "max", "attention"]


def network(convolution, *, seed=0, **changes):
    """A network in evaluation, with weights that are nowhere zero by design."""
    parameters = {
        "n_layers": 2,
        "width": 8,
        "k": 6,
        "n_radial": 5,
        "radial": "gaussian",
        "readout": "mean",
        "head": (8,),
        "n_outputs": 2,
        "table": torch.from_numpy(element_properties()),
        **changes,
    }
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = CrystalNetwork(convolution=convolution, **parameters)
        if module.embedding.own is not None:
            torch.nn.init.normal_(module.embedding.own.weight)
    return module.eval()


def batch_of(graphs):
    """All of the graphs in one batch."""
    return GraphTensors(graphs, "cpu").batch(torch.arange(len(graphs)))


def batch_from(structures, **parameters):
    """The batch of structures, with graphs of six neighbours."""
    transformer = StructureGraphTransformer(**{"k": 6, **parameters})
    return batch_of(transformer.transform(structures))
