"""Results come one by one, in the order of the calls, from whoever does the work."""

import os
import threading

import joblib
import pytest
from joblib import delayed

from sk_knagcn.streaming import stream, stream_from_threads


def where(number):
    return number, os.getpid(), threading.get_ident()


@pytest.mark.parametrize("n_jobs", [1, 2, None])
@pytest.mark.parametrize("source", [stream, stream_from_threads])
def test_results_are_in_order(source, n_jobs):
    calls = (delayed(where)(number) for number in range(20))
    assert [number for number, *_ in source(calls, n_jobs)] == list(range(20))


def test_threads_of_this_process_do_the_work():
    calls = (delayed(where)(number) for number in range(20))
    _, processes, threads = zip(*stream_from_threads(calls, 2), strict=True)
    assert set(processes) == {os.getpid()}
    assert threading.get_ident() not in threads


def test_a_backend_that_was_chosen_is_used():
    calls = (delayed(where)(number) for number in range(4))
    with joblib.parallel_config("loky"):
        processes = {process for _, process, _ in stream_from_threads(calls, 2)}
    assert os.getpid() not in processes


def test_calls_are_read_as_workers_become_free():
    read = []

    def calls():
        for number in range(50):
            read.append(number)
            yield delayed(where)(number)

    results = stream_from_threads(calls(), 2, ahead=3)
    next(results)
    assert len(read) <= 7
    results.close()
    assert len(read) <= 7


def test_an_error_ends_it():
    done = []

    def work(number):
        if number == 3:
            raise ValueError("three")
        done.append(number)

    results = stream_from_threads((delayed(work)(n) for n in range(1_000)), 2)
    with pytest.raises(ValueError, match="three"):
        list(results)
    assert len(done) < 20
