"""Who computes products of matrices, and how exactly."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch

from sk_knagcn.training.precision import products

SETTINGS = getattr(torch.backends.mkldnn, "matmul", None)


@pytest.mark.parametrize("shape", [(7, 5, 3), (64, 64, 64), (500, 300, 200)])
@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
def test_products_on_a_cpu_are_exact_to_float32(shape, precision):
    n, inner, m = shape
    left, right = torch.randn(n, inner), torch.randn(inner, m)
    exact = left.double() @ right.double()
    with products(precision, "cpu"):
        found = [left @ right, torch.bmm(left[None], right[None])[0]]
        found.append(torch.nn.functional.linear(left, right.mT))
        found.append((right.mT @ left.mT).mT)
    for one in found:
        assert (one - exact).abs().max() < 1e-5 * exact.abs().max()


@pytest.mark.skipif(SETTINGS is None, reason="torch before 2.9 has no such setting")
@pytest.mark.parametrize("before", ["none", "ieee", "bf16"])
def test_the_setting_is_put_back_after_the_last_of_several_threads(before):
    at_once, usual = Barrier(4), SETTINGS.fp32_precision

    def work(_):
        for _ in range(200):
            at_once.wait()
            with products("float32", "cpu"):
                pass

    try:
        SETTINGS.fp32_precision = before
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(work, range(4)))
        assert SETTINGS.fp32_precision == before
        with pytest.raises(KeyError), products("float32", "cpu"):
            raise KeyError
        assert SETTINGS.fp32_precision == before
    finally:
        SETTINGS.fp32_precision = usual


def test_the_setting_for_gpus_is_put_back():
    settings = torch.backends.cuda.matmul
    before = settings.allow_tf32
    with products("tf32", "cuda"):
        assert settings.allow_tf32
        with products("float32", "cuda"):
            assert not settings.allow_tf32
        with products("float32", "cpu"):
            assert settings.allow_tf32
    assert settings.allow_tf32 == before
