"""Labels in blocks: all of them are found, and each has its number.

If these break, a class that occurs in the last block alone is trained as another.
"""

import numpy as np
import pytest

from autograd_nn import BadArgumentError
from autograd_nn.training.block_labels import Labelled, chosen

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")


@pytest.fixture(autouse=True)
def _here():
    with dask.config.set(scheduler="synchronous"):
        yield


def test_labels_of_all_blocks_are_found_and_numbered():
    y = np.array(["b"] * 5 + ["c"] * 5 + ["a"])
    rows = Labelled(da.zeros((11, 2), chunks=(4, 2)), da.from_array(y, chunks=5), None)
    classes = rows.labels()
    assert classes.tolist() == ["a", "b", "c"]
    numbers = rows.numbered(classes)
    assert numbers.chunks == ((4, 4, 3),)
    assert numbers.compute().tolist() == [1.0] * 5 + [2.0] * 5 + [0.0]
    assert chosen(numbers.astype(int), classes).compute().tolist() == y.tolist()


def test_weights_have_a_mean_of_one():
    rows = Labelled(da.zeros((4, 2), chunks=(2, 2)), np.zeros(4), np.array([1.0, 2.0, 3.0, 2.0]))
    assert rows.weights.compute().tolist() == [0.5, 1.0, 1.5, 1.0]
    assert rows.names is None


def test_numbers_that_are_no_labels_are_not_gathered():
    y = da.arange(10_001.0, chunks=20_000)
    with pytest.raises(BadArgumentError, match="MLPRegressor"):
        Labelled(da.zeros((10_001, 1), chunks=20_000), y, None).labels()
