"""Where to compute, and how exactly."""

from __future__ import annotations

import multiprocessing
import warnings

import torch

from sk_knagcn.training import Processes, launched_state

_LAUNCHED = "accelerate"  # the name of whatever device accelerate has for a process
_warned = False


def resolve_device(device: str) -> str:
    """The device to use; "auto" is CUDA where there is one.

    Parameters
    ----------
    device : str
        "auto", "accelerate", or anything that `torch.device` takes.

    Returns
    -------
    str
        A device that is there.
    """
    if device == _LAUNCHED:
        _check_accelerate()
        return str(launched_state().device)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(device).type
    except RuntimeError as error:
        raise ValueError(
            f"device={device!r} is none that torch knows. Pass 'auto', 'cpu', 'cuda' "
            "or 'cuda:1'."
        ) from error
    if kind == "cuda":
        if not torch.cuda.is_available():
            raise ValueError(
                f"device={device!r}, but torch finds no CUDA device. Install a torch "
                "with CUDA, or pass device='cpu' or 'auto'."
            )
        _warn_of_sharing()
    return device


def resolve_processes(device: str) -> Processes:
    """The processes that train together: one, unless accelerate has started more."""
    if device != _LAUNCHED:
        return Processes()
    _check_accelerate()
    return Processes.launched()


def _check_accelerate() -> None:
    try:
        import accelerate  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "device='accelerate' needs the package accelerate. Install it with "
            "pip install 'sk_knagcn[accelerate]'."
        ) from error


def resolve_precision(precision: str, device: str) -> str:
    """The precision to use; "auto" is TF32 on CUDA, else float32."""
    if precision == "auto":
        return "tf32" if torch.device(device).type == "cuda" else "float32"
    return precision


def _warn_of_sharing() -> None:
    """Say once in each worker process that several of them share one GPU."""
    global _warned
    if _warned or multiprocessing.parent_process() is None:
        return
    if torch.cuda.device_count() == 1:
        _warned = True
        warnings.warn(
            "several processes train on one GPU: they take its memory from each other "
            "and are not faster. Pass n_jobs=1, or device='cpu' to the estimator.",
            RuntimeWarning,
            stacklevel=2,
        )
