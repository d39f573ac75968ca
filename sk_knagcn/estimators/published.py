"""The settings with which networks were published."""

from __future__ import annotations

from typing import Any, ClassVar

from sk_knagcn.estimators.base import GraphEstimator
from sk_knagcn.estimators.classifier import GraphClassifier

# Zhang et al. 2021, section by section of their paper.
K_NAGCN: dict[str, Any] = {
    "convolution": "slots",
    "n_layers": 3,
    "width": 128,
    "n_radial": 32,
    "radial": "exponential",
    "embedding": "atom2vec",
    "readout": "mean",
    "head": (128,),
    "lr": 3e-4,
    "optimizer": "adamw",
    "schedule": "step",
    "batch_size": 32,
    "weight_decay": 0.0,
    "averaging": 0.0,
    "early_stopping": True,
    "loss": "mse",
    "max_epochs": 200,
}
# Xie and Grossman 2018: convolutions, loss, schedule and epochs as in their own code,
# the head as in all networks here. Of the optimisers it offers, Adam: plain gradient
# descent in batches of 256, its default, takes few steps in 30 epochs of some thousand
# crystals.
CGCNN: dict[str, Any] = {
    "n_layers": 3,
    "width": 64,
    "n_radial": 41,
    "radial": "gaussian",
    "embedding": "physical",
    "readout": "mean",
    "head": (128,),
    "lr": 1e-3,
    "optimizer": "adamw",
    "schedule": "constant",
    "batch_size": 64,
    "weight_decay": 0.0,
    "averaging": 0.0,
    "early_stopping": True,
    "loss": "mse",
    "max_epochs": 30,
}


class PublishedEstimator(GraphEstimator):
    """A network that has a paper, whose settings can be had."""

    _published: ClassVar[dict[str, Any]]

    @classmethod
    def as_published(cls, **parameters: Any) -> Any:
        """Make an estimator with the settings of the network's paper.

        Parameters
        ----------
        **parameters : object
            Any parameters that shall differ from the paper's.

        Returns
        -------
        estimator
            The network trained in the way of its authors, with a part of the structures
            kept aside for choosing the best epoch. For k-NAGCN that is slots,
            exponentials and atom2vec, and its frames are
            ``StructureGraphTransformer(frames="paper")``; for CGCNN 41 Gaussians,
            physical properties of the elements and Adam at a constant learning rate,
            in batches of 64.
        """
        published = dict(cls._published)
        if issubclass(cls, GraphClassifier):
            del published["loss"]
        return cls(**{**published, **parameters})
