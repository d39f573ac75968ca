"""Folders that may be read but not written to."""

import shutil
import tempfile
import warnings
from pathlib import Path

import pytest

from sk_knagcn import CrystalGraphs, GraphCache, StructureGraphTransformer, save_model
from tests.estimators.tiny import tiny
from tests.faults.limits import as_owner


@pytest.fixture
def folder():
    """One that everybody can reach: pytest's own are private."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


def seal(folder):
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def transform(crystals, folder, k):
    cache = None if folder is None else GraphCache(path=folder)
    return StructureGraphTransformer(k=k, cache=cache).transform(crystals), cache


def test_a_cache_that_can_only_be_read_is_read(crystals, folder):
    expected = {k: transform(crystals, None, k)[0] for k in (6, 16)}
    transform(crystals, folder / "cache", 6)
    (folder / "empty").mkdir()
    seal(folder)

    def work():
        found, cache = transform(crystals, folder / "cache", 6)
        assert found == expected[6]
        assert cache.misses == 0
        # Nothing of this k is there, and none of it can be kept.
        for place in ("cache", "empty", "not there"):
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                assert transform(crystals, folder / place, 16)[0] == expected[16]
            assert [str(one.message) for one in said] == [str(said[0].message)]
            assert "going on without it" in str(said[0].message)

    as_owner(work)


def test_nothing_is_saved_where_nothing_may_be(graphs, y, folder):
    model = tiny().fit(graphs, y)
    graphs.save(folder / "graphs")
    seal(folder)

    def work():
        with pytest.raises(OSError, match="Permission"):
            save_model(model, folder / "model.safetensors")
        for name in ("graphs", "other"):
            with pytest.raises(OSError, match="Permission"):
                graphs.save(folder / name, overwrite=True)
        with pytest.raises(OSError, match="Permission"):
            tiny(checkpoint=folder / "checkpoints").fit(graphs, y)
        assert CrystalGraphs.open(folder / "graphs", mmap_mode="r") == graphs

    as_owner(work)
    assert [path.name for path in folder.iterdir()] == ["graphs"]
