"""Every public name is documented, completely, in numpydoc's form."""

import inspect
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from numpydoc.validate import ERROR_MSGS, validate

import sk_knagcn
import sk_knagcn.datasets
import sk_knagcn.labels

PARTS = (sk_knagcn, sk_knagcn.datasets, sk_knagcn.labels)
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def checked_codes() -> set[str]:
    """The codes that pyproject.toml asks for: all, less those it names."""
    tools = tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]
    every, *excluded = tools["numpydoc_validation"]["checks"]
    assert every == "all"
    assert set(excluded) <= set(ERROR_MSGS)
    return set(ERROR_MSGS) - set(excluded)


def documented_names() -> Iterator[str]:
    """Import paths of the public functions and classes and of their own public methods.

    What a class inherits from another package is that package's to document.
    """
    for public in (getattr(part, name) for part in PARTS for name in part.__all__):
        path = f"{public.__module__}.{public.__qualname__}"
        yield path
        if not inspect.isclass(public):
            continue
        for owner in public.__mro__:
            if not owner.__module__.startswith("sk_knagcn"):
                continue
            for attribute, value in vars(owner).items():
                documented = inspect.isroutine(value) or isinstance(value, property)
                # scikit-learn writes these into every class that takes weights.
                documented &= not attribute.endswith("_request")
                if documented and not attribute.startswith("_"):
                    yield f"{path}.{attribute}"


@pytest.mark.parametrize("name", sorted(set(documented_names())))
def test_docstring_is_complete(name):
    codes = checked_codes()
    problems = [
        f"{code}: {text}" for code, text in validate(name)["errors"] if code in codes
    ]
    assert problems == []
