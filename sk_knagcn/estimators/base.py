"""What all estimators do: read X, train a network on it, and ask the network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    is_classifier,
)
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sk_knagcn.atom2vec import Atom2Vec
from sk_knagcn.estimators.devices import resolve_device, resolve_precision
from sk_knagcn.estimators.fingerprint import fingerprint
from sk_knagcn.estimators.inputs import compositions, read_graphs, read_graphs_like
from sk_knagcn.estimators.networks import check_head, make_network
from sk_knagcn.estimators.parameters import CONSTRAINTS
from sk_knagcn.graphs import CrystalGraphs, GraphSettings
from sk_knagcn.nn import CrystalNetwork, element_properties
from sk_knagcn.training import (
    Checkpoint,
    GraphDataset,
    GraphNet,
    GraphTensors,
    KeepBest,
    ProgressBar,
    WeightedLoss,
)

if TYPE_CHECKING:
    import pandas as pd

# Parameters that change nothing in what is learnt.
_INDIFFERENT = ("checkpoint", "device", "verbose", "callbacks", "compile", "max_atoms")


class GraphEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """A network over crystal graphs behind scikit-learn's interface.

    It has a skorch net and is none: parameters, `clone` and `repr` are those of any
    scikit-learn estimator.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS
    _network: ClassVar[str]  # the convolution, where it is no parameter
    _readout: ClassVar[str] = "mean"
    _architecture_: dict[str, Any]
    net_: GraphNet
    graph_settings_: GraphSettings

    def __init__(
        self,
        *,
        n_layers: int = 3,
        width: int = 64,
        k: int | None = None,
        n_radial: int = 16,
        radial: str = "gaussian",
        embedding: str = "mixed",
        readout: str | None = None,
        head: Sequence[int] = (128,),
        dropout: float = 0.0,
        loss: str | None = None,
        max_epochs: int = 100,
        batch_size: int = 32,
        max_atoms: int = 20_000,
        lr: float = 2e-3,
        schedule: str = "onecycle",
        weight_decay: float = 0.01,
        averaging: float = 0.99,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 50,
        warm_start: bool = False,
        device: str = "auto",
        precision: str = "auto",
        compile: bool = False,
        checkpoint: str | Path | None = None,
        random_state: Any = None,
        callbacks: list[Any] | None = None,
        verbose: int = 0,
    ):
        self.n_layers = n_layers
        self.width = width
        self.k = k
        self.n_radial = n_radial
        self.radial = radial
        self.embedding = embedding
        self.readout = readout
        self.head = head
        self.dropout = dropout
        self.loss = loss
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.max_atoms = max_atoms
        self.lr = lr
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.averaging = averaging
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.device = device
        self.precision = precision
        self.compile = compile
        self.checkpoint = checkpoint
        self.random_state = random_state
        self.callbacks = callbacks
        self.verbose = verbose

    # -- what scikit-learn asks --------------------------------------------------------

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that X is not a table of numbers."""
        tags = super().__sklearn_tags__()
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        tags.non_deterministic = self.random_state is None
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is a trained net."""
        return hasattr(self, "net_")

    @property
    def _n_features_out(self) -> int:
        return int(self.width)

    @property
    def history_(self) -> pd.DataFrame:
        """One row per epoch: losses, learning rate, duration."""
        import pandas as pd

        check_is_fitted(self)
        table = pd.DataFrame(self.net_.records()).set_index("epoch")
        shown = ("train_loss", "valid_loss", "lr", "dur")
        return table[[name for name in shown if name in table]]

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Give what the network makes of each structure before the head.

        Parameters
        ----------
        X : structures or graphs
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_structures, width)
            The pooled features: input for any other model.
        """
        rows, _ = self._rows(X)
        return np.asarray(torch.cat(self.net_.outputs(rows, "pool")))

    # -- training ----------------------------------------------------------------------

    def _train(
        self,
        graphs: CrystalGraphs,
        targets: NDArray[np.float64],
        weights: NDArray[np.float64],
        *,
        n_outputs: int,
        loss: str,
        stratify: NDArray[Any] | None = None,
        groups: Any = None,
        epochs: int | None = None,
    ) -> None:
        """Fit the net to targets in its own units; go on with it if it is there."""
        device = resolve_device(self.device)
        warm = self._is_warm(epochs)
        architecture = self._architecture(n_outputs, graphs.k)
        if warm:
            self._check_unchanged(architecture, graphs)
        seed, path = self._seed_and_checkpoint(graphs, targets, weights)
        data = GraphDataset(
            GraphTensors(graphs, device),
            torch.as_tensor(targets, dtype=torch.float32),
            torch.as_tensor(weights, dtype=torch.float32),
        )
        train, valid = self._split(data, stratify, groups, seed)
        before = self.net_ if warm else None
        if before is None:
            table = self._element_table(graphs)
            network = make_network(architecture, table, seed)
        else:
            network, path = before.module_, None
        net = self._make_net(network, loss, device, seed, path)
        if before is not None:
            net.continue_from(before)
        if epochs is not None:
            net.max_epochs, net.schedule, net.averaging = epochs, "constant", 0.0
        if self.compile:
            net.module_.compile(dynamic=True)
        net.train_on(train, valid)
        self.net_ = net
        self._architecture_ = architecture
        self.graph_settings_ = graphs.settings

    def _is_warm(self, epochs: int | None) -> bool:
        """Whether this fit goes on where the last one ended."""
        return hasattr(self, "net_") and (self.warm_start or epochs is not None)

    def _check_unchanged(
        self, architecture: dict[str, Any], graphs: CrystalGraphs
    ) -> None:
        """Raise an error if training cannot go on with what is asked for now."""
        before = {**self._architecture_, "graphs": self.graph_settings_}
        now = {**architecture, "graphs": graphs.settings}
        changed = {n: (before[n], now[n]) for n in before if before[n] != now[n]}
        if changed:
            raise ValueError(
                f"the network cannot change while training goes on: {changed} (before, "
                "now). Set them back, or fit with warm_start=False."
            )

    def _architecture(self, n_outputs: int, k: int) -> dict[str, Any]:
        """What decides the shape of the network, and so cannot change while warm."""
        return {
            "convolution": self._convolution(),
            "n_layers": int(self.n_layers),
            "width": int(self.width),
            "k": int(k),
            "n_radial": int(self.n_radial),
            "radial": self.radial,
            "embedding": self.embedding,
            "readout": self.readout or self._readout,
            "head": check_head(self.head),
            "n_outputs": int(n_outputs),
            "dropout": float(self.dropout),
        }

    def _convolution(self) -> str:
        return self._network

    def _make_net(
        self,
        network: CrystalNetwork,
        loss: str,
        device: str,
        seed: int = 0,
        checkpoint: Path | None = None,
    ) -> GraphNet:
        """A network with all that trains it."""
        callbacks: list[Any] = []
        if self.early_stopping:
            callbacks.append(("keep_best", KeepBest(self.patience)))
        if checkpoint is not None:
            callbacks.append(("checkpoint", Checkpoint(checkpoint)))
        if self.verbose == 1:
            callbacks.append(("progress_bar", ProgressBar()))
        net = GraphNet(
            network,
            criterion=WeightedLoss(loss),
            optimizer=torch.optim.AdamW,
            optimizer__weight_decay=self.weight_decay,
            optimizer__fused=True,
            lr=self.lr,
            max_epochs=int(self.max_epochs),
            batch_size=int(self.batch_size),
            max_atoms=int(self.max_atoms),
            schedule=self.schedule,
            averaging=self.averaging,
            precision=resolve_precision(self.precision, device),
            keep_optimizer=self.warm_start,
            seed=seed,
            train_split=None,
            callbacks=[*callbacks, *(self.callbacks or [])],
            device=device,
            verbose=max(0, int(self.verbose) - 1),
        )
        net.initialize()
        return net

    def _adopt(self, network: CrystalNetwork, history: list[dict[str, Any]]) -> None:
        """Take a trained network for its own."""
        loss = "log_loss" if is_classifier(self) else self.loss or "mae"
        self.net_ = self._make_net(network, loss, resolve_device(self.device))
        self.net_.remember(history)

    def _element_table(self, graphs: CrystalGraphs) -> torch.Tensor | None:
        if self.embedding == "learned":
            return None
        if self.embedding == "atom2vec":
            vectors = Atom2Vec().fit(compositions(graphs)).element_matrix_
            return torch.as_tensor(vectors, dtype=torch.float32)
        return torch.as_tensor(element_properties())

    def _split(
        self,
        data: GraphDataset,
        stratify: NDArray[Any] | None,
        groups: Any,
        seed: int,
    ) -> tuple[Any, Any]:
        """Rows to train on, and to validate on if training stops early."""
        if not self.early_stopping:
            return data.rows(), None
        n = len(data.tensors)
        if n < 2:
            raise ValueError(
                "early_stopping=True keeps structures aside and needs at least 2, got "
                f"{n}. Pass more, or early_stopping=False."
            )
        kept = {"test_size": self.validation_fraction, "random_state": seed}
        rows = np.arange(n)
        if groups is None:
            train, valid = train_test_split(rows, stratify=stratify, **kept)
        else:
            split = GroupShuffleSplit(n_splits=1, **kept)
            train, valid = next(split.split(rows, groups=groups))
        return data.rows(torch.as_tensor(train)), data.rows(torch.as_tensor(valid))

    def _seed_and_checkpoint(
        self, graphs: CrystalGraphs, *arrays: NDArray[np.float64]
    ) -> tuple[int, Path | None]:
        """The seed of this training, and the file of its checkpoint if there is one.

        Every training has a file of its own, so that parallel ones don't meet. With
        `random_state=None` the seed follows from the data: a training that is started
        again must draw the same numbers.
        """
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        if self.checkpoint is None:
            return seed, None
        values = self.get_params(deep=False)
        values = {name: v for name, v in values.items() if name not in _INDIFFERENT}
        values["settings"] = graphs.settings
        values["random_state"] = None if self.random_state is None else seed
        name = fingerprint(values, [*graphs.flat().arrays().values(), *arrays])
        if self.random_state is None:
            seed = int(name[:7], 16)
        file = f"{type(self).__name__}-{name}.checkpoint"
        return seed, Path(self.checkpoint) / file

    # -- asking ------------------------------------------------------------------------

    def _rows(self, X: Any) -> tuple[Any, CrystalGraphs]:
        """The rows of a fitted estimator's dataset, and their graphs."""
        check_is_fitted(self)
        graphs = read_graphs_like(X, self.graph_settings_, self.verbose)
        device = str(next(self.net_.module_.parameters()).device)
        return GraphDataset(GraphTensors(graphs, device)).rows(), graphs

    def _read(self, X: Any) -> CrystalGraphs:
        """X for a fit."""
        self._validate_params()
        return read_graphs(X, self.k, self.verbose)
