"""The terminal shows nothing of what featurizers say."""

import subprocess
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


SCRIPT = """
import os, sys
from threading import Barrier, Thread
from pymatgen.core import Lattice, Structure
from sk_knagcn import StructureDescriptors, structure_groups

stdout, file = sys.stdout, os.fstat(1)
crystals = [Structure(Lattice.cubic(a), ["Cs", "Cl"], [[0] * 3, [0.5] * 3])
            for a in (4.0, 4.1, 4.2)]
together = Barrier(4)

def first_use(number):
    together.wait()
    if number % 2:
        StructureDescriptors("composition").fit_transform(crystals)
    for _ in range(20):
        structure_groups(crystals, by="prototype")

threads = [Thread(target=first_use, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert sys.stdout is stdout and not stdout.closed
assert os.path.samestat(os.fstat(1), file)
print("still here")
"""


def test_threads_leave_the_terminal_as_it_was():
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "still here\n"), run.stderr
