"""What can compute columns: checked, named, and packed so that each use is a first one.

matminer's featurizers are not as free of state as they promise: pymatgen's VoronoiNN
widens its own cutoff at the first difficult structure and keeps it so for all that
follow. They are therefore pickled once, and unpacked anew for every structure.
"""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from inspect import signature
from typing import Any

import joblib

from sk_knagcn.descriptors.presets import PRESETS
from sk_knagcn.silence import silence
from sk_knagcn.storage import own_code

# Goes into all keys: a change of our own featurizers must not find the old values.
_VERSION = 2
# Their results may change with any of these.
_COMPUTED_BY = ("matminer", "pymatgen", "pymatgen-core", "spglib")
_MATMINER = "matminer.featurizers."
_NOT_OF_STRUCTURES = ("site", "bandstructure", "dos", "function", "conversions")


@dataclass(frozen=True, slots=True)
class Packed:
    """A featurizer as bytes, and what has to be known of it without unpacking."""

    name: str
    labels: tuple[str, ...]
    of_composition: bool
    content: bytes
    fingerprint: bytes | None  # None: not to be cached

    def unpack(self) -> Any:
        """Make the featurizer, as it was before any use."""
        return pickle.loads(self.content)


def list_featurizers(preset: str, featurizers: Any) -> list[Any]:
    """List the single featurizers that the parameters of the transformer name."""
    if featurizers is None:
        return _preset(preset)
    several = isinstance(featurizers, Sequence) and not isinstance(featurizers, str)
    listed = list(_single(featurizers if several else [featurizers]))
    if not listed:
        raise ValueError("featurizers is empty. Pass at least one, or None.")
    return listed


def pack_featurizers(preset: str, featurizers: list[Any]) -> list[Packed]:
    """Pack featurizers; those of a preset only once in a process."""
    if featurizers is _preset(preset):
        return _packed_preset(preset)
    return [_pack(featurizer) for featurizer in featurizers]


@cache
def _preset(name: str) -> list[Any]:
    with silence():  # matminer's modules warn when they are imported
        return PRESETS[name]()


@cache
def _packed_preset(name: str) -> list[Packed]:
    return [_pack(featurizer) for featurizer in _preset(name)]


def _single(featurizers: Sequence[Any]) -> Iterator[Any]:
    """Take apart matminer's MultipleFeaturizer, so that a failure names its part."""
    for featurizer in featurizers:
        if type(featurizer).__name__ == "MultipleFeaturizer":
            yield from _single(featurizer.featurizers)
            continue
        for method in ("featurize", "feature_labels"):
            if isinstance(featurizer, type) or not hasattr(featurizer, method):
                raise TypeError(
                    f"{featurizer!r} is no featurizer: pass objects of matminer, or "
                    "your own with the methods featurize and feature_labels."
                )
        yield featurizer


def _pack(featurizer: Any) -> Packed:
    of_composition = takes_composition(featurizer)
    featurizer = copy.deepcopy(featurizer)
    if hasattr(featurizer, "set_n_jobs"):
        featurizer.set_n_jobs(1)  # matminer's default is all cores, in every process
    with silence():
        labels = tuple(str(label) for label in featurizer.feature_labels())
    return Packed(
        name=_name(featurizer),
        labels=labels,
        of_composition=of_composition,
        # By value where it has to be: what is defined in a notebook is not in a module
        # that another process could import.
        content=pickle.dumps(
            joblib.wrap_non_picklable_objects(featurizer, keep_wrapper=False)
        ),
        fingerprint=_fingerprint(featurizer),
    )


def _name(featurizer: Any) -> str:
    inner = getattr(featurizer, "site_featurizer", None)
    of = "" if inner is None else f"({type(inner).__name__})"
    return type(featurizer).__name__ + of


def takes_composition(featurizer: Any) -> bool:
    """Whether a featurizer describes compositions; otherwise it takes structures."""
    for base in type(featurizer).__mro__:
        if not base.__module__.startswith(_MATMINER):
            continue
        kind = base.__module__.removeprefix(_MATMINER).split(".")[0]
        if kind in _NOT_OF_STRUCTURES:
            raise TypeError(
                f"{type(featurizer).__name__} is a featurizer of matminer's kind "
                f"{kind!r}, but structures and compositions are described here. For "
                "sites, wrap it: SiteStatsFingerprint(featurizer)."
            )
        if kind in ("composition", "structure"):
            return kind == "composition"
    # Somebody's own class: what it calls its argument says what it wants.
    first = next(iter(signature(featurizer.featurize).parameters), "")
    return first.startswith("comp")


def learns(featurizer: Any) -> bool:
    """Whether a featurizer has to see structures before it can describe any."""
    inner = getattr(featurizer, "site_featurizer", None)
    if inner is not None:  # its fit does no more than that of the inner one
        return learns(inner)
    fit = getattr(type(featurizer), "fit", None)
    return fit is not None and fit.__module__ != "matminer.featurizers.base"


def _fingerprint(featurizer: Any) -> bytes | None:
    """Digest class, settings and versions; None where that is not possible."""
    parts = (featurizer, *getattr(featurizer, "__dict__", {}).values())
    if any(type(part).__module__ == "__main__" for part in parts):
        return None  # may be defined anew with the same name in the same session
    try:
        content = joblib.hash(featurizer), own_code(featurizer)
    except Exception:  # holds something that cannot be pickled
        return None
    kind = type(featurizer).__module__, type(featurizer).__qualname__
    what = repr((_VERSION, kind, content, _versions()))
    return blake2b(what.encode(), digest_size=16).digest()


@cache
def _versions() -> tuple[str, ...]:
    def find(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "none"

    return tuple(map(find, _COMPUTED_BY))


def column_names(packed: Sequence[Packed]) -> list[str]:
    """Name all columns; where two would have one name, put the featurizer before it."""
    times = Counter(label for one in packed for label in one.labels)
    names = [
        label if times[label] == 1 else f"{one.name}: {label}"
        for one in packed
        for label in one.labels
    ]
    repeated = [name for name, n in Counter(names).items() if n > 1]
    if repeated:
        raise ValueError(
            f"two columns are called {repeated[0]!r}. Pass each featurizer once."
        )
    return names
