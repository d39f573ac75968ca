"""The parameters that all estimators share: what they may be, and what they mean."""

from __future__ import annotations

from inspect import cleandoc
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypeVar

from sklearn.utils._param_validation import Interval, StrOptions

_PARAMETERS = """\
n_layers : int, default=3
    Convolutions, one after the other: how many steps an atom sees.
width : int, default=64
    Length of the feature vectors.
k : int, default=None
    Neighbours per atom. None takes what the graphs hold; from structures, graphs
    with 12 are built.
n_radial : int, default=16
    Length of the radial basis.
radial : {"gaussian", "exponential"}, default="gaussian"
    The radial basis: Gaussians up to 8 Angstrom, or the exponentials of the
    k-NAGCN paper.
embedding : {"mixed", "physical", "learned", "atom2vec"}, default="mixed"
    What is known of an element at the start: its physical properties, a vector
    learned from scratch, both added up, or the vectors of `Atom2Vec`, fitted on the
    compositions of the training structures.
readout : {"mean", "sum", "max", "attention"}, default=None
    How atoms make a structure. "sum" adds up a number for each atom: for
    properties that double with the cell. None stands for what the network was
    published with, which is "mean", and "max" for 3DGCN.
head : sequence of int, default=(128,)
    Widths of the hidden layers between the pooled features and the output.
dropout : float, default=0.0
    Share of the head's hidden units that is dropped in training.
loss : {"mae", "mse", "huber"}, default=None
    What a regressor makes small, in units of scaled targets. None stands for
    "mae", and for the cross-entropy in a classifier.
max_epochs : int, default=100
    Passes through the training structures.
batch_size : int, default=32
    Structures per step. The last batch is never a small one.
max_atoms : int, default=20_000
    Atoms (one for each orbit) that go through the network at once. A larger batch
    is cut into pieces whose gradients add up. Lower it when memory is short.
lr : float, default=2e-3
    The largest learning rate.
optimizer : {"auto", "adamw", "muon"}, default="auto"
    What makes steps of gradients. "muon" gives the steps of all matrices of weights
    the same length in every direction, and leaves other weights to "adamw". "auto"
    takes "muon" from 2,000 training structures on, with fewer "adamw".
schedule : {"onecycle", "linear", "step", "constant"}, default="onecycle"
    The course of the learning rate: up and down once; down to zero in a straight
    line; a tenth after every 50 epochs; always the same.
weight_decay : float, default=0.01
    Decoupled weight decay.
averaging : float, default=0.99
    Decay of the moving average of the weights over the last steps of training,
    with which predictions are made. 0 for no average.
early_stopping : bool, default=False
    Keep a part of the training structures aside, stop when the loss on it improves
    no more, and go back to the best weights. Otherwise all structures are learnt
    from, for all epochs.
validation_fraction : float, default=0.1
    The part kept aside.
patience : int, default=50
    Epochs without improvement after which training stops.
warm_start : bool, default=False
    Go on from the last `fit` instead of starting anew.
device : str, default="auto"
    "auto" takes a CUDA device if there is one, else the CPU. "accelerate" takes
    the one that accelerate has for this process, and trains together with all
    other processes that it has started.
precision : {"auto", "float32", "tf32", "bfloat16"}, default="auto"
    Type of the products of matrices. "auto" is "tf32" on a GPU, else "float32".
compile : bool, default=False
    Compile the network with `torch.compile`: pays for long trainings on a GPU.
checkpoint : str or Path, default=None
    A folder in which the state of training is kept after each epoch. A training
    that was killed goes on from there when the same estimator is fitted to the
    same data again. None writes nothing.
random_state : int, RandomState instance or None, default=None
    Seed of weights, order of batches, dropout and the part kept aside.
callbacks : list of skorch callbacks, default=None
    Called in the course of training, beside the package's own.
verbose : int, default=0
    1 shows a progress bar, 2 skorch's table of epochs."""

CONSTRAINTS: dict[str, list[Any]] = {
    "n_layers": [Interval(Integral, 0, None, closed="left")],
    "width": [Interval(Integral, 1, None, closed="left")],
    "k": [Interval(Integral, 1, None, closed="left"), None],
    "n_radial": [Interval(Integral, 1, None, closed="left")],
    "radial": [StrOptions({"gaussian", "exponential"})],
    "embedding": [StrOptions({"mixed", "physical", "learned", "atom2vec"})],
    "readout": [StrOptions({"mean", "sum", "max", "attention"}), None],
    "head": ["array-like"],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "loss": [StrOptions({"mae", "mse", "huber"}), None],
    "max_epochs": [Interval(Integral, 1, None, closed="left")],
    "batch_size": [Interval(Integral, 1, None, closed="left")],
    "max_atoms": [Interval(Integral, 1, None, closed="left")],
    "lr": [Interval(Real, 0, None, closed="neither")],
    "optimizer": [StrOptions({"auto", "adamw", "muon"})],
    "schedule": [StrOptions({"onecycle", "linear", "step", "constant"})],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "averaging": [Interval(Real, 0, 1, closed="left")],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "patience": [Interval(Integral, 1, None, closed="left")],
    "warm_start": ["boolean"],
    "device": [str],
    "precision": [StrOptions({"auto", "float32", "tf32", "bfloat16"})],
    "compile": ["boolean"],
    "checkpoint": [str, Path, None],
    "random_state": ["random_state"],
    "callbacks": [list, None],
    "verbose": ["verbose"],
}

_ATTRIBUTES = """\
net_ : skorch.NeuralNet
    The trained net; `net_.module_` is the plain torch module.
history_ : pandas.DataFrame
    One row per epoch: losses, learning rate, duration.
graph_settings_ : GraphSettings
    What the graphs of the training were made with; others are refused later.
descriptor_names_ : tuple of str
    The descriptors that they carried; others are refused, too."""

Class = TypeVar("Class", bound=type)


def document(cls: Class) -> Class:
    """Write out the shared parameters and attributes in the docstring of a class."""
    text = cleandoc(cls.__doc__ or "")  # from Python 3.13 on, it comes without indent
    wider = _PARAMETERS
    for name, usual, other in (("n_layers", 3, 2), ("width", 64, 96)):
        start = f"{name} : int, default="
        wider = wider.replace(f"{start}{usual}", f"{start}{other}")
    for name, lines in (
        ("parameters", _PARAMETERS),
        ("parameters, but 2 layers of width 96", wider),
        ("attributes", _ATTRIBUTES),
    ):
        text = text.replace(f"<the shared {name}>", lines)
    cls.__doc__ = text + "\n"
    return cls
