"""What holds for every test."""

from pathlib import Path

import pytest
from hypothesis import settings

# numba compiles a kernel anew when its own file changes, but not when a file changes
# whose functions it calls: whoever edits kernels would run a mixture of old and new.
_GEOMETRY = Path(__file__).parents[1] / "sk_knagcn" / "geometry"
_LAST_CHANGE = max(path.stat().st_mtime for path in _GEOMETRY.glob("*.py"))
for _compiled in _GEOMETRY.glob("__pycache__/*.nb[ci]"):
    if _compiled.exists() and _compiled.stat().st_mtime < _LAST_CHANGE:
        _compiled.unlink(missing_ok=True)

# The first example that meets a numba kernel pays for its compilation, so a time limit
# for one example would fail on the machine and not on the code; the same examples
# every time keep a red run red.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked gpu where there is no device for them."""
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if not on_gpu:
        return
    import torch  # takes seconds, and only these tests need the answer

    if not torch.cuda.is_available():
        skip = pytest.mark.skip(reason="needs a CUDA device, and there is none here")
        for item in on_gpu:
            item.add_marker(skip)
