"""What is said while kernels are compiled."""

import os
import subprocess
import sys

CODE = """
import numpy as np
from sk_knagcn.geometry.vectors import dot
for dtype in ("float64", "float32"):
    assert dot(np.eye(2, dtype=dtype), 0, np.eye(2, dtype=dtype), 0) == 1
"""


def test_compiling_is_told_once(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    environment.pop("NUMBA_DISABLE_JIT", None)
    command = [sys.executable, "-c", CODE]
    said = [
        subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stderr
        for _ in range(2)
    ]
    assert said[0].count("numba compiles the kernels of sk_knagcn") == 1
    assert said[1] == ""
