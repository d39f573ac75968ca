"""Who computes products of matrices, and how exactly."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter
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


NEWER = hasattr(torch.backends.cuda.matmul, "fp32_precision")
SHOWN = """
def shown():
    names = "fp32_precision", "cudnn.fp32_precision", "cuda.matmul.fp32_precision"
    return [attrgetter(n)(torch.backends) for n in (*names, "mkldnn.fp32_precision",
        "mkldnn.matmul.fp32_precision")] + [torch.get_float32_matmul_precision()]
"""


@pytest.mark.skipif(not NEWER, reason="torch before 2.9 has no such setting")
@pytest.mark.parametrize(
    "by_the_user",
    [
        "",
        "torch.backends.cuda.matmul.allow_tf32 = True",
        "torch.set_float32_matmul_precision('medium')",
    ],
)
def test_settings_that_the_user_made_are_left_as_they_were(by_the_user):
    # In a process of its own: torch cannot take back which of its two ways was used.
    check = f"""
from operator import attrgetter
import torch
from sk_knagcn.training.precision import products
{SHOWN}
{by_the_user}
before = shown()
for precision in ("tf32", "float32"):
    for device in ("cuda", "cpu"):
        with products(precision, device):
            pass
assert shown() == before, (shown(), before)
"""
    subprocess.run([sys.executable, "-c", check], check=True)


@pytest.mark.skipif(not NEWER, reason="torch before 2.9 has no such setting")
@pytest.mark.parametrize("owner", ["cuda.matmul", "cudnn"])
def test_the_newer_setting_of_tf32_is_no_hindrance(owner):
    settings = attrgetter(owner)(torch.backends)
    settings.fp32_precision = "tf32"
    try:
        with products("float32", "cuda"):
            assert torch.backends.cuda.matmul.fp32_precision == "ieee"
        assert torch.backends.cuda.matmul.fp32_precision == "tf32"
    finally:
        settings.fp32_precision = "none"
    assert torch.backends.cuda.matmul.fp32_precision == "none"  # follows once more


def test_the_setting_for_gpus_is_put_back():
    settings = torch.backends.cuda.matmul
    name = "fp32_precision" if NEWER else "allow_tf32"
    before = getattr(settings, name)
    with products("tf32", "cuda"):
        assert getattr(settings, name) in ("tf32", True)
        with products("float32", "cuda"):
            assert getattr(settings, name) in ("ieee", False)
        with products("float32", "cpu"):
            assert getattr(settings, name) in ("tf32", True)
    assert getattr(settings, name) == before
