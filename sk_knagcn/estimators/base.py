"""What all estimators do: read X, train a network on it, and ask the network."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
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
from sklearn.utils import check_random_state
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import check_is_fitted

from sk_knagcn.estimators.checkpoint_file import own_file
from sk_knagcn.estimators.classes import read_groups
from sk_knagcn.estimators.devices import (
    resolve_device,
    resolve_precision,
    resolve_processes,
)
from sk_knagcn.estimators.inputs import check_lengths, read_graphs, read_graphs_like
from sk_knagcn.estimators.networks import check_head, element_table, make_network
from sk_knagcn.estimators.parameters import CONSTRAINTS
from sk_knagcn.estimators.validation import keep_aside
from sk_knagcn.graphs import CrystalGraphs, GraphSettings, names_of
from sk_knagcn.nn import CrystalNetwork
from sk_knagcn.training import (
    Checkpoint,
    GraphDataset,
    GraphNet,
    GraphTensors,
    KeepBest,
    ProgressBar,
    WeightedLoss,
    check_callbacks,
    resolve_optimizer,
)

if TYPE_CHECKING:
    import pandas as pd


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
    descriptor_names_: tuple[str, ...]

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
        optimizer: str = "auto",
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
        self.optimizer = optimizer
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
        return int(self._architecture_["width"])

    @property
    def history_(self) -> pd.DataFrame:
        """One row per epoch: losses, learning rate, duration."""
        import pandas as pd

        check_is_fitted(self)
        table = pd.DataFrame(self.net_.records()).set_index("epoch")
        shown = ("train_loss", "valid_loss", "lr", "dur")
        return table[[name for name in shown if name in table]]

    def transform(self, X: Any) -> NDArray[np.float32] | pd.DataFrame:
        """Give what the network makes of each structure before the head.

        Parameters
        ----------
        X : structures or graphs
            As in `fit`.

        Returns
        -------
        ndarray or table of shape (n_structures, width)
            The pooled features, without descriptors: input for any other model.
        """
        rows, _ = self._rows(X)
        pooled = np.asarray(torch.cat(self.net_.outputs(rows, "pool")))
        index = X.index if isinstance(X, CrystalGraphs) else None
        if index is None or _get_output_config("transform", self)["dense"] != "pandas":
            return pooled
        import pandas as pd

        # scikit-learn takes the index of a table that comes in, not that of graphs.
        return pd.DataFrame(pooled, index=index)

    # -- training ----------------------------------------------------------------------

    @torch.inference_mode(False)
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
        if groups is not None:
            groups = read_groups(groups)
            check_lengths(graphs, groups, "groups")
        device = resolve_device(self.device)
        warm = self._is_warm(epochs)
        architecture = self._architecture(n_outputs, graphs)
        if warm:
            self._check_unchanged(architecture, graphs)
        seed, path = self._draw_seed(), None
        # A step of a longer training has no checkpoint of its own.
        if self.checkpoint is not None and not warm and epochs is None:
            seed, path = own_file(self, seed, graphs, (targets, weights), groups)
        data = _dataset(graphs, device, targets, weights)
        # A single epoch cannot end early.
        stops_early = self.early_stopping and epochs is None
        fraction = float(self.validation_fraction) if stops_early else 0.0
        # What was learnt from before tells nothing: the same is kept aside again.
        split_seed = getattr(self, "_split_seed", seed) if warm else seed
        train, valid = keep_aside(data, fraction, stratify, groups, split_seed)
        before = self.net_ if warm else None
        if before is None:
            table = element_table(self.embedding, graphs, train.index)
            network = make_network(architecture, table, seed)
            described = train.descriptors()
            if network.descriptors is not None and described is not None:
                network.descriptors.fit(described, train.row_weights())
        else:
            # A copy: if this training fails, the model is still what it was.
            network = deepcopy(before.module_)
        net = self._make_net(
            network, loss, device, len(train), seed, path, stops_early=stops_early
        )
        if before is not None:
            net.continue_from(before)
        if epochs is not None:
            net.max_epochs, net.schedule, net.averaging = epochs, "constant", 0.0
        if self.compile:
            net.module_.compile(dynamic=True)
        net.train_on(train, valid)
        self.net_ = net
        self._split_seed = split_seed
        self._architecture_ = architecture
        self.graph_settings_ = graphs.settings
        self.descriptor_names_ = names_of(graphs.columns)

    def _is_warm(self, epochs: int | None) -> bool:
        """Whether this fit goes on where the last one ended."""
        return hasattr(self, "net_") and (self.warm_start or epochs is not None)

    def _check_unchanged(
        self, architecture: dict[str, Any], graphs: CrystalGraphs
    ) -> None:
        """Raise an error if training cannot go on with what is asked for now."""
        before = {
            **self._architecture_,
            "graphs": self.graph_settings_,
            "descriptors": self.descriptor_names_,
        }
        now = {
            **architecture,
            "graphs": graphs.settings,
            "descriptors": names_of(graphs.columns),
        }
        changed = {n: (before[n], now[n]) for n in before if before[n] != now[n]}
        if changed:
            raise ValueError(
                f"the network cannot change while training goes on: {changed} (before, "
                "now). Set them back, or fit with warm_start=False."
            )

    def _architecture(self, n_outputs: int, graphs: CrystalGraphs) -> dict[str, Any]:
        """What decides the shape of the network, and so cannot change while warm."""
        return {
            "convolution": self._convolution(),
            "n_layers": int(self.n_layers),
            "width": int(self.width),
            "k": graphs.k,
            "n_radial": int(self.n_radial),
            "radial": self.radial,
            "embedding": self.embedding,
            "readout": self.readout or self._readout,
            "head": check_head(self.head),
            "n_outputs": int(n_outputs),
            "dropout": float(self.dropout),
            "n_descriptors": len(names_of(graphs.columns)),
        }

    def _convolution(self) -> str:
        return self._network

    def _make_net(
        self,
        network: CrystalNetwork,
        loss: str,
        device: str,
        n_structures: int = 0,
        seed: int = 0,
        checkpoint: Path | None = None,
        *,
        stops_early: bool = False,
    ) -> GraphNet:
        """A network with all that trains it on so many structures."""
        processes = resolve_processes(self.device)
        callbacks: list[Any] = []
        if stops_early:
            callbacks.append(("keep_best", KeepBest(self.patience)))
        if checkpoint is not None:
            callbacks.append(("checkpoint", Checkpoint(checkpoint)))
        if self.verbose == 1 and processes.is_first:
            callbacks.append(("progress_bar", ProgressBar()))
        net = GraphNet(
            network,
            criterion=WeightedLoss(loss),
            optimizer=resolve_optimizer(self.optimizer, n_structures),
            optimizer__weight_decay=float(self.weight_decay),
            optimizer__fused=True,
            lr=float(self.lr),
            max_epochs=int(self.max_epochs),
            batch_size=int(self.batch_size),
            max_atoms=int(self.max_atoms),
            schedule=self.schedule,
            averaging=float(self.averaging),
            precision=resolve_precision(self.precision, device),
            keep_optimizer=self.warm_start,
            seed=seed,
            processes=processes,
            train_split=None,
            callbacks=[*callbacks, *(self.callbacks or [])],
            device=device,
            verbose=max(0, int(self.verbose) - 1) if processes.is_first else 0,
        )
        net.initialize()
        return net

    def _adopt(self, network: CrystalNetwork, history: list[dict[str, Any]]) -> None:
        """Take a trained network for its own."""
        loss = "log_loss" if is_classifier(self) else self.loss or "mae"
        self.net_ = self._make_net(network, loss, resolve_device(self.device))
        self.net_.remember(history)

    def _draw_seed(self) -> int:
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        return resolve_processes(self.device).agree(seed)

    # -- asking ------------------------------------------------------------------------

    def _rows(self, X: Any) -> tuple[Any, CrystalGraphs]:
        """The rows of a fitted estimator's dataset, and their graphs."""
        check_is_fitted(self)
        graphs = read_graphs_like(
            X, self.graph_settings_, self.descriptor_names_, self.verbose
        )
        device = str(next(self.net_.module_.parameters()).device)
        return _dataset(graphs, device).rows(), graphs

    def _read(self, X: Any) -> CrystalGraphs:
        """X for a fit."""
        self._validate_params()
        check_callbacks(self.callbacks)
        return read_graphs(X, self.k, self.verbose)


def _dataset(
    graphs: CrystalGraphs,
    device: str,
    targets: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> GraphDataset:
    def tensor(array: NDArray[np.float64] | None) -> torch.Tensor | None:
        if array is None:
            return None
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))

    columns = None if graphs.columns is None else graphs.columns.values
    tensors = GraphTensors(graphs, device)
    return GraphDataset(tensors, tensor(targets), tensor(weights), tensor(columns))
