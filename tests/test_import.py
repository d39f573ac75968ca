"""Importing the package is quiet, leaves nothing behind, and is quick."""

import os
import subprocess
import sys

import pytest

import sk_knagcn

EVERY_NAME = "import sk_knagcn; [getattr(sk_knagcn, n) for n in dir(sk_knagcn)]"
# Processor time, not the clock on the wall: other tests run at the same time.
TIMED = (
    "import time as t; start = t.process_time(); {}; print(t.process_time() - start)"
)


@pytest.fixture
def run(tmp_path):
    """Run a line of Python in an empty folder that is also the home, and return stdout.

    The folder must be empty afterwards, and nothing may reach stderr.
    """
    places = ("HOME", "USERPROFILE", "TMPDIR")
    environment = {**os.environ, **dict.fromkeys(places, str(tmp_path))}

    def run(line: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", line],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert list(tmp_path.iterdir()) == []
        return done.stdout

    return run


def test_import_is_quiet_and_leaves_the_heavy_packages_alone(run):
    heavy = {"torch", "pymatgen", "numba", "sklearn", "matminer", "matplotlib"}
    loaded = run("import sk_knagcn, sys; print(*sys.modules)").split()
    assert "sk_knagcn" in loaded
    assert heavy.isdisjoint(loaded)


def test_using_every_name_is_quiet_and_leaves_nothing_behind(run):
    assert run(EVERY_NAME) == ""


@pytest.mark.slow
def test_import_costs_little_more_than_what_it_stands_on(run):
    def seconds(line):
        return min(float(run(TIMED.format(line))) for _ in range(3))

    assert seconds("import sk_knagcn") <= 1.2 * seconds("import torch, sklearn")
    # About 1.1 on a machine of its own; beside other tests the two vary a good deal.
    needed = "import torch, sklearn, skorch, numba, safetensors"
    assert seconds(EVERY_NAME) <= 1.5 * seconds(needed)


def test_names_are_listed_before_they_are_loaded():
    assert set(sk_knagcn.__all__) == set(sk_knagcn._MODULES)
    assert {*sk_knagcn.__all__, "__version__"} <= set(dir(sk_knagcn))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = sk_knagcn.Nonsense
