"""A fitted model, and the file it was saved to."""

import pytest

from sk_knagcn import save_model
from tests.estimators.tiny import tiny


@pytest.fixture(scope="module")
def model(graphs, y):
    return tiny(averaging=0.9).fit(graphs, y)


@pytest.fixture
def file(model, tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(model, path)
    return path
