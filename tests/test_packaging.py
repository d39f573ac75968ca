"""What is said about the package in more than one place is the same in all of them."""

import re
import shutil
import tarfile
import tomllib
import zipfile
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pytest

import sk_knagcn
from sk_knagcn.cli import main

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
    # torch is the one exception; the file says why. Of what dependencies bring, it may
    # hold more.
    assert oldest["torch"] == pins("constraints.txt")["torch"]
    del lowest["torch"]
    assert lowest.items() <= oldest.items()


def test_package_says_that_it_is_typed():
    assert files("sk_knagcn").joinpath("py.typed").is_file()


def test_the_command_is_the_program_of_the_module():
    module, _, function = PROJECT["scripts"]["sk-knagcn"].partition(":")
    assert getattr(import_module(module), function) is main


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of what is under version control, near enough."""
    folder = tmp_path_factory.mktemp("source") / "sk_knagcn"
    hidden = shutil.ignore_patterns(".*", "__pycache__", "_build", "dist")
    shutil.copytree(ROOT, folder, ignore=hidden)
    return folder


def test_the_wheel_holds_the_package_and_nothing_else(source, tmp_path):
    wheel = pytest.importorskip(
        "hatchling.builders.wheel", reason="needs hatchling to build"
    )
    (built,) = wheel.WheelBuilder(str(source)).build(directory=str(tmp_path))
    with zipfile.ZipFile(built) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith("/METADATA"))
        said = archive.read(metadata).decode()
    info = metadata.removesuffix("METADATA")
    package = {name for name in names if not name.startswith(info)}
    here = source / "sk_knagcn"
    assert package == {
        path.relative_to(source).as_posix()
        for path in here.rglob("*")
        if path.is_file()
    }
    assert {"sk_knagcn/py.typed", "sk_knagcn/labels/uff.csv"} <= package
    assert {f"{info}licenses/LICENSE", f"{info}entry_points.txt"} <= names
    assert f"\nVersion: {PROJECT['version']}\n" in said
    assert all(f"\nRequires-Dist: {one}\n" in said for one in PROJECT["dependencies"])


def test_the_sdist_holds_what_is_needed_to_test_and_to_build_it(source, tmp_path):
    sdist = pytest.importorskip(
        "hatchling.builders.sdist", reason="needs hatchling to build"
    )
    (built,) = sdist.SdistBuilder(str(source)).build(directory=str(tmp_path))
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    parts = {name.split("/")[0] for name in names}
    assert {"sk_knagcn", "tests", "docs", "examples", "benchmarks"} <= parts
    single = ["README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "tox.ini"]
    assert {*single, "pyproject.toml", "constraints.txt", "PKG-INFO"} <= names
    assert "sk_knagcn/labels/uff.csv" in names
