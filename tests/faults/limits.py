"""A disk that is full, a folder that can only be read, a process that is killed."""

import os
import signal
import sys
import time
import traceback
import warnings
from contextlib import contextmanager

import pytest

resource = pytest.importorskip("resource", reason="needs the limits of POSIX")
NOBODY = 65534


@contextmanager
def room_for(n_bytes):
    """No file can grow beyond so many bytes: to a program, the disk is full there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def start(function, *args):
    """Run in a child process; it ends with 0 unless there was an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of forks beside threads
        child = os.fork()
    if child == 0:
        code = 1
        try:
            function(*args)
            code = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            sys.__stderr__.flush()
            os._exit(code)
    return child


def as_nobody(function, *args):
    """Run without the rights of root, to whom all folders are open."""

    def run():
        if os.getuid() == 0:
            os.setuid(NOBODY)
        function(*args)

    assert os.waitpid(start(run), 0)[1] == 0


def kill_after(seconds, function, *args):
    """Kill the child while it works."""
    child = start(function, *args)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGKILL, "it was over before it was killed"
