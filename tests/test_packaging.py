"""What is said about the package in more than one place is the same in all of them."""

import re
import tomllib
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import sk_knagcn

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_version_is_that_of_pyproject():
    assert sk_knagcn.__version__ == version("sk_knagcn") == PROJECT["version"]


def test_dependencies_have_a_lower_bound_and_no_other():
    extras = PROJECT["optional-dependencies"].values()
    for dependency in [*PROJECT["dependencies"], *(one for e in extras for one in e)]:
        assert re.fullmatch(r"[\w-]+(\[\w+\])?>=[\d.]+", dependency), dependency


def test_oldest_environment_installs_the_lower_bounds():
    lowest = dict(dependency.split(">=") for dependency in PROJECT["dependencies"])
    oldest = pins("constraints-oldest.txt")
    # torch is the one exception; the file says why.
    assert oldest.pop("torch") == pins("constraints.txt")["torch"]
    del lowest["torch"]
    assert oldest == lowest


def test_package_says_that_it_is_typed():
    assert files("sk_knagcn").joinpath("py.typed").is_file()
