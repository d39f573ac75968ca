"""Descriptions with a time limit, in a process that is killed when it overruns.

Signals would not do: they wait for compiled code to return, and are for main threads
only. A process of its own can always be ended, and if a structure crashes it or takes
all memory, that is one failure more and not the end of the work.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sk_knagcn.descriptors.describe import Outcome, Subject, describe
from sk_knagcn.descriptors.featurizers import Packed

_START = "import sys; sys.path[:] = {path!r}; from {module} import serve; serve()"


def serve() -> None:
    """Describe what comes in through stdin until it is closed; run by `TimedWorker`."""
    # Results leave through a copy: whatever else is written to stdout goes nowhere.
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)

    def send(what: object) -> None:
        pickle.dump(what, answers)
        answers.flush()

    requests = sys.stdin.buffer
    featurizers: Sequence[Packed] = pickle.load(requests)
    for featurizer in featurizers:
        featurizer.unpack()  # imports what it needs, which may take seconds
    send("ready")
    while True:
        try:
            subject, which = pickle.load(requests)
        except EOFError:
            return
        describe(subject, [featurizers[i] for i in which], send)


class TimedWorker:
    """One such process, started when it is needed and again when it was killed."""

    def __init__(self, featurizers: Sequence[Packed], limit: float) -> None:
        self.featurizers = featurizers
        self.limit = limit
        self._process: subprocess.Popen[bytes] | None = None

    def describe(self, subject: Subject, which: Sequence[int]) -> list[Outcome]:
        """Describe a structure; what there was no time for becomes a failure."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        overrun = threading.Event()

        def stop() -> None:
            overrun.set()
            process.kill()

        outcomes: list[Outcome] = []
        timer = threading.Timer(self.limit, stop)
        timer.start()
        try:
            pickle.dump((subject, which), process.stdin)
            process.stdin.flush()
            while len(outcomes) < len(which):
                outcomes.append(pickle.load(process.stdout))
        except (EOFError, OSError, pickle.UnpicklingError):
            code = process.wait()
            if overrun.is_set():
                reason = f"not finished within the time limit of {self.limit:g} s"
            else:
                reason = f"its process ended (exit code {code}): no memory, or a crash"
            outcomes += self._give_up(which[len(outcomes) :], reason)
        finally:
            timer.cancel()
            if overrun.is_set():
                self.close()
        return outcomes

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # could not be flushed, nobody is there to read it
                    pass

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        command = _START.format(path=sys.path, module=__name__)
        process = subprocess.Popen(
            [sys.executable, "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump(self.featurizers, process.stdin)
            process.stdin.flush()
            pickle.load(process.stdout)
        except (EOFError, OSError) as error:
            self.close()
            raise RuntimeError(
                "the process that computes descriptors under a time limit did not "
                "start. Pass time_limit=None to do without it."
            ) from error
        return process

    def _give_up(self, which: Sequence[int], reason: str) -> list[Outcome]:
        reasons = [reason, *["not begun: the one before " + reason] * (len(which) - 1)]
        return [
            Outcome(np.full(len(self.featurizers[i].labels), np.nan), why, self.limit)
            for i, why in zip(which, reasons, strict=True)
        ]
