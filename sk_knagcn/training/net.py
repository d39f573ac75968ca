"""The training loop: skorch's, taught about graphs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from typing import Any

import torch
from skorch import NeuralNet
from skorch.history import History
from torch import Tensor

from sk_knagcn.nn import Dropout, WeightedBatchNorm
from sk_knagcn.training.averaging import WeightAverage
from sk_knagcn.training.data import Batches, Rows
from sk_knagcn.training.interrupts import was_raised_by_callback
from sk_knagcn.training.precision import products
from sk_knagcn.training.processes import Processes
from sk_knagcn.training.schedule import learning_rate_factor
from sk_knagcn.training.statistics import settle_statistics

_PREDICTED_AT_ONCE = 256
_STRIDE = 10_007  # from the seeds of one epoch to those of the next
_TINY = torch.finfo(torch.float32).tiny


class TrainingStopped(Exception):
    """Raised by a callback to end training; what was learnt is kept."""


class GraphNet(NeuralNet):
    """A skorch net whose batches are `Rows` of a `GraphDataset`.

    Parameters
    ----------
    *args : object
        As for `skorch.NeuralNet`.
    max_atoms : int, default=20_000
        Stored atoms that go through the network at once. A larger batch is cut into
        pieces whose gradients add up: the result is the same, but for CGCNN, whose
        batch normalisation sees one piece at a time.
    schedule : str, default="constant"
        The course of the learning rate; see `learning_rate_factor`.
    averaging : float, default=0.0
        Decay of the moving average of the weights over the second half of training;
        0 for none.
    precision : {"float32", "tf32", "bfloat16"}, default="float32"
        Type of the products of matrices.
    keep_optimizer : bool, default=False
        Put the state of the optimiser into pickles, to go on training from there.
    seed : int, default=0
        Seed of the order of the batches and of dropout.
    processes : Processes, optional
        Those that train this network together; this one alone by default.
    **kwargs : object
        As for `skorch.NeuralNet`.
    """

    def __init__(
        self,
        *args: Any,
        max_atoms: int = 20_000,
        schedule: str = "constant",
        averaging: float = 0.0,
        precision: str = "float32",
        keep_optimizer: bool = False,
        seed: int = 0,
        processes: Processes | None = None,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.processes = processes or Processes()
        self.max_atoms = max_atoms
        self.schedule = schedule
        self.averaging = averaging
        self.precision = precision
        self.keep_optimizer = keep_optimizer
        self.seed = seed

    callbacks_: list[tuple[str, Any]]

    # -- set up ------------------------------------------------------------------------

    def initialize(self) -> GraphNet:
        """Make everything anew, the sources of randomness too."""
        super().initialize()
        self._initialize_own()
        return self

    def _initialize_own(self) -> None:
        self.average_ = WeightAverage(self.module_, self.averaging)
        self.draw_from_epoch(0)
        self.step_ = self.n_steps_ = self.resumed_epochs_ = self.earlier_epochs_ = 0
        self.is_stopped_ = False  # by a callback, before its time

    def draw_from_epoch(self, epoch: int) -> None:
        """Seed what decides the order of the batches, and dropout."""
        seed = self.seed + _STRIDE * epoch
        self.generator_ = torch.Generator().manual_seed(seed)
        for number, layer in enumerate(self.dropouts_):
            layer.generator = torch.Generator(self.device)
            layer.generator.manual_seed(self.processes.seed(seed + 1 + number))

    @property
    def dropouts_(self) -> list[Dropout]:
        """The layers that draw random numbers in training."""
        return [m for m in self.module_.modules() if isinstance(m, Dropout)]

    def continue_from(self, before: GraphNet) -> None:
        """Take over the optimiser's state and the records of an earlier training.

        The earlier net has the same module. What else was asked for then is forgotten:
        this net trains as it was itself told to. The state of another kind of optimiser
        is of no use.
        """
        if type(self.optimizer_) is type(before.optimizer_):
            state = deepcopy(before.optimizer_.state_dict())
            state["param_groups"] = self.optimizer_.state_dict()["param_groups"]
            self.optimizer_.load_state_dict(state)
        self.remember(before.records())
        self.earlier_epochs_ = len(self.history)
        # Not the same numbers once more, if it is the same seed.
        self.draw_from_epoch(self.earlier_epochs_)

    def train_on(self, train: Rows, valid: Rows | None) -> None:
        """Train, and leave the averaged weights in the module if there are any.

        Unlike skorch's `fit`, this lets a KeyboardInterrupt through: a model that was
        interrupted must not pass for a trained one.
        """
        self.train_split = None if valid is None else _Given(valid)
        self.notify("on_train_begin", X=train, y=None)
        try:
            self.fit_loop(train)
            self.finish(train)
        finally:  # where callbacks may put other weights in the place of the average
            self.notify("on_train_end", X=train, y=None)
            self.train_split = None  # it holds the data
        # A later training has a checkpoint of its own, or none.
        kept = [named for named in self.callbacks_ if named[0] != "checkpoint"]
        self.callbacks_ = kept

    def finish(self, train: Rows) -> None:
        """Leave the averaged weights, if there are any, in the module for good."""
        if self.average_.average is None:
            return
        self.average_.swap()
        self.average_.average = None
        pieces = (
            piece.graphs()
            for batch in Batches(train, self.batch_size)
            for piece in batch.pieces(self.max_atoms)
        )
        with self._products():
            settle_statistics(self.module_, self.infer, pieces)

    def notify(self, method_name: str, **kwargs: Any) -> None:
        """Tell the callbacks; skorch's own end a training by a KeyboardInterrupt."""
        try:
            super().notify(method_name, **kwargs)
        except KeyboardInterrupt as stop:
            if method_name != "on_epoch_end" or not was_raised_by_callback(stop):
                raise
            raise TrainingStopped from stop

    def records(self) -> list[dict[str, Any]]:
        """Plain numbers of all epochs; those of single batches are summed up there."""
        epochs = [{n: _plain(v) for n, v in epoch.items()} for epoch in self.history]
        # Callbacks may record anything.
        kept = bool, int, float, str
        return [{n: v for n, v in e.items() if isinstance(v, kept)} for e in epochs]

    def remember(self, history: list[dict[str, Any]]) -> None:
        """Take over the records of earlier epochs."""
        self.history_ = History({**epoch, "batches": []} for epoch in history)

    def get_iterator(self, dataset: Rows, training: bool = False) -> Batches:
        """Go through the rows: shuffled in training, in order otherwise."""
        generator = self.generator_ if training else None
        batches = Batches(dataset, self.batch_size, generator)
        if training and not self.n_steps_:
            self.n_steps_ = len(batches) * self.max_epochs
        return batches

    # -- a step ------------------------------------------------------------------------

    def infer(self, x: Any, **fit_params: Any) -> Tensor:
        """Outputs for the graphs of a batch."""
        with self._autocast():
            return self.module_(x)

    def train_step(self, batch: Rows, **fit_params: Any) -> Any:
        """Do a step at the learning rate of the moment."""
        epoch = len(self.history) - self.earlier_epochs_ - 1
        factor = learning_rate_factor(self.schedule, self.step_, self.n_steps_, epoch)
        for group in self.optimizer_.param_groups:
            group["lr"] = self.lr * factor
        step = super().train_step(batch, **fit_params)
        self.step_ += 1
        n_averaged = self.step_ - self.n_steps_ // 2
        if self.averaging and n_averaged > 0:
            self.average_.update(n_averaged)
        return step

    def train_step_single(self, batch: Rows, **fit_params: Any) -> dict[str, Any]:
        """Add up the gradients of a batch, in as many pieces as the memory asks for."""
        self._set_training(True)

        def step(piece: Rows, total: float) -> Tensor:
            loss = self._piece_loss(piece, total)
            loss.backward()
            return loss.detach()

        loss = self._loss(batch, step)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(
                f"the loss became {float(loss)} in epoch {len(self.history)}. The "
                f"learning rate is probably too high: try lr={self.lr / 10:.1g}. If "
                "precision is not 'float32', that may be another cause."
            )
        return {"loss": loss, "y_pred": None}

    def _set_training(self, training: bool = True) -> None:
        """Switch modes only if need be: going through all layers takes its time."""
        if self.module_.training != training:
            super()._set_training(training)

    def validation_step(self, batch: Rows, **fit_params: Any) -> dict[str, Any]:
        """Loss of a batch, nothing learnt."""
        self._set_training(False)

        with torch.no_grad():
            loss = self._loss(batch, self._piece_loss)
        return {"loss": loss, "y_pred": None}

    def _loss(self, batch: Rows, step: Callable[[Rows, float], Tensor]) -> Tensor:
        """Loss of a batch, cut into the shares of processes and these into pieces."""
        share, counts = self.processes.share(batch)
        # Not the weight of the batch: a structure counts the same in whichever it is.
        total = len(batch) * self.mean_weight_
        if not counts:
            total = math.inf
        parts = self._in_pieces(share, lambda piece: step(piece, total))
        loss = torch.stack(parts).sum()
        self._add_up(loss)
        return loss

    def _piece_loss(self, piece: Rows, total: float) -> Tensor:
        targets, weights = piece.targets()
        outputs = self.infer(piece.graphs())
        loss: Tensor = self.criterion_(outputs, targets, weights) / total
        return loss

    def _add_up(self, loss: Tensor) -> None:
        """Make the losses, and in training all that follows, those of all processes."""
        if self.processes.count == 1:
            return
        tensors = [loss]
        if self.module_.training:
            parameters = self.module_.parameters()
            tensors += [p.grad for p in parameters if p.grad is not None]
            for layer in self.module_.modules():
                if isinstance(layer, WeightedBatchNorm):  # the mean over the processes
                    for statistic in (layer.running_mean, layer.running_var):
                        tensors.append(statistic.div_(self.processes.count))
        self.processes.add_up(tensors)

    def _in_pieces(self, batch: Rows, step: Callable[[Rows], Tensor]) -> list[Tensor]:
        """Do a step for each piece; with smaller pieces if the memory is too small."""
        while True:
            try:
                return [step(piece) for piece in batch.pieces(self.max_atoms)]
            except torch.OutOfMemoryError:
                self.module_.zero_grad()  # gradients of the pieces that did fit
                self._allow_less(batch)

    def _allow_less(self, batch: Rows) -> None:
        """Halve the atoms that go through at once; give up at a single structure."""
        pieces = batch.pieces(self.max_atoms)
        largest = max(int(piece.sizes.sum()) for piece in pieces)
        if largest == int(batch.sizes.max()):
            raise torch.OutOfMemoryError(
                f"a structure of {largest} stored atoms alone does not fit into the "
                "memory of the device. Reduce width or n_layers, or use device='cpu'."
            )
        self.max_atoms = largest // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        warnings.warn(
            f"out of memory: going on with at most {self.max_atoms} stored atoms at "
            "once. Set max_atoms to be silent.",
            RuntimeWarning,
            stacklevel=2,
        )

    # -- epochs ------------------------------------------------------------------------

    def run_single_epoch(self, iterator: Any, training: bool, **kwargs: Any) -> None:
        """Go through all batches; validate with the averaged weights if there are."""
        if iterator is not None:
            self.mean_weight_ = max(_TINY, iterator.rows.mean_weight())
        averaged = nullcontext() if training else self.average_.applied()
        with averaged, self._products():
            super().run_single_epoch(iterator, training=training, **kwargs)
        if training:
            self.history.record("lr", self.optimizer_.param_groups[0]["lr"])

    def fit_loop(
        self, X: Any, y: Any = None, epochs: int | None = None, **kwargs: Any
    ) -> GraphNet:
        """Train for what is left of the epochs; a callback may end it sooner."""
        if epochs is None:
            epochs = self.max_epochs - self.resumed_epochs_
        try:
            super().fit_loop(X, y, epochs=epochs, **kwargs)
        except TrainingStopped:
            self.is_stopped_ = True
        return self

    # -- prediction --------------------------------------------------------------------

    def outputs(self, rows: Rows, method: str = "forward") -> list[Tensor]:
        """What a method of the module makes of the rows, batch by batch, in order."""
        self._set_training(False)
        function = getattr(self.module_, method)
        parts: list[Tensor] = []
        with torch.inference_mode(), self._products(), self._autocast():
            for batch in Batches(rows, max(_PREDICTED_AT_ONCE, self.batch_size)):
                parts += self._in_pieces(
                    batch, lambda piece: function(piece.graphs()).float().cpu()
                )
        return parts

    def _products(self) -> AbstractContextManager[None]:
        return products(self.precision, self.device)

    def _autocast(self) -> AbstractContextManager[Any]:
        """For a forward pass; gradients follow of themselves."""
        if self.precision != "bfloat16":
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, dtype=torch.bfloat16)

    # -- pickling ----------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again, or only serves to go on."""
        hidden = ["average_", "generator_", "module", "processes"]
        kept = dict(self.__dict__)
        if not self.keep_optimizer:
            hidden.append("optimizer_")
        for name in hidden:
            kept.pop(name, None)
        slim = object.__new__(type(self))
        slim.__dict__.update(kept)
        return super(GraphNet, slim).__getstate__()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make again what was left out."""
        super().__setstate__(state)
        self.module = self.module_
        self.processes = Processes()  # wherever it is now
        if not hasattr(self, "optimizer_"):
            self.initialize_optimizer()
        self._initialize_own()


def _plain(value: Any) -> Any:
    """A single number of numpy or torch as one of Python."""
    return value.item() if getattr(value, "ndim", None) == 0 else value


class _Given:
    """A split for skorch that was made already."""

    def __init__(self, valid: Rows):
        self.valid = valid

    def __call__(self, dataset: Rows, y: Any = None, **kwargs: Any) -> tuple[Any, Any]:
        return dataset, self.valid
