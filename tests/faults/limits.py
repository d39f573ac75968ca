"""A disk that is full, a folder that can only be read, a process that is killed."""

import ctypes
import os
import signal
import sys
import time
import traceback
import warnings
from contextlib import contextmanager

import pytest

resource = pytest.importorskip("resource", reason="needs the limits of POSIX")


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


def as_owner(function, *args):
    """Run without the right of root to pass by what the bits of files say."""

    def run():
        if os.getuid() == 0:
            heed_the_bits()
        function(*args)

    if os.getuid() == 0 and sys.platform != "linux":
        pytest.skip("root may write everywhere, and only Linux can take that away")
    assert os.waitpid(start(run), 0)[1] == 0


def heed_the_bits():
    """Give up two capabilities of root, for the rest of this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # third version, this process
    rights = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice
    if libc.capget(header, rights) == 0:
        rights[0] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
        if libc.capset(header, rights) == 0:
            return
    raise OSError(ctypes.get_errno(), "cannot give up rights")


def kill_after(seconds, function, *args):
    """Kill the child while it works."""
    child = start(function, *args)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGKILL, "it was over before it was killed"
