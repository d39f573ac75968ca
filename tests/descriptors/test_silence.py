"""The terminal shows nothing of what featurizers say."""

import sys

import pytest
from pymatgen.core import Lattice, Structure

from sk_knagcn import StructureDescriptors
from tests.descriptors.featurizers import Counting, Loud


@pytest.mark.parametrize("options", [{}, {"n_jobs": 2}, {"time_limit": 60}])
def test_nothing_reaches_the_terminal(structures, capfd, options):
    print("before")
    StructureDescriptors(featurizers=Loud(), **options).transform(structures)
    print("after")
    assert capfd.readouterr() == ("before\nafter\n", "")


def test_spglib_is_quiet_where_it_fails(capfd):
    twice = Structure(Lattice.cubic(3), ["Fe", "Fe"], [[0, 0, 0], [0, 0, 1e-7]])
    transformer = StructureDescriptors(on_error="nan")
    transformer.transform([twice])
    assert transformer.failures_
    assert capfd.readouterr() == ("", "")


def test_progress_is_shown_when_asked_for(structures, capfd):
    StructureDescriptors(featurizers=Counting(), verbose=1).transform(structures)
    out, err = capfd.readouterr()
    assert out == ""
    assert "10/10" in err


def test_a_closed_stdout_is_no_obstacle(structures, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    StructureDescriptors(featurizers=Loud()).transform(structures[:1])
