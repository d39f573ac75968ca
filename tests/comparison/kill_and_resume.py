"""Compares in child processes and kills them half-way; run by test_journal.py.

The child is forked from this process, which has imported everything and computed
nothing, so that a new start costs no time.
"""

import os
import signal
import sys
import time
import traceback
from pathlib import Path

import numpy as np

from sk_knagcn import compare
from tests.comparison.models import Recording
from tests.contract.conftest import cubic_crystals


def work(fits, journal, result):
    fits.mkdir(exist_ok=True)
    models = {
        str(answer): Recording(str(fits), answer=answer, pause=0.05)
        for answer in (0, 1)
    }
    structures, y = list(cubic_crystals(24)), np.arange(24.0)
    found = compare(models, structures, y, cv=6, path=journal)
    found.predictions.to_csv(result)


def start(*args):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work(*args)
            code = 0
        except Exception:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return child


def main(folder):
    alone = folder / "other fits", None, folder / "undisturbed.csv"
    assert os.waitpid(start(*alone), 0)[1] == 0
    journal, result = folder / "journal", folder / "disturbed.csv"
    for finished in (2, 5):
        child = start(folder / "fits", journal, result)
        while len(list(journal.glob("*.npz"))) < finished:
            time.sleep(0.001)
            assert os.waitpid(child, os.WNOHANG) == (0, 0)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL, "it was over before it was killed"
    assert not result.exists()
    assert os.waitpid(start(folder / "fits", journal, result), 0)[1] == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
