"""Which collections are taken as rows: a wrong cut is an error that says what to call.

If these break, rows are read into memory, or come out under the wrong targets.
"""

import dask.array as da
import numpy as np
import pytest

from autograd_nn import BadArgumentError, WrongTypeError, jit
from autograd_nn.jit.blocks import Blocks, Cluster

pytestmark = pytest.mark.usefixtures("here")
X = np.arange(60.0).reshape(20, 3)
CUT = da.from_array(X, chunks=(6, 3))


def blocks(**given):
    return Blocks(given, Cluster())


def test_others_are_cut_as_the_first_is():
    found = blocks(x=CUT, t=da.from_array(X[:, 0], chunks=7), w=X[:, 1])
    assert found.sizes == (6, 6, 6, 2)
    assert [x.chunks[0] for x in found.arrays] == [(6, 6, 6, 2)] * 3
    assert np.array_equal(found.arrays[1].compute(), X[:, 0])
    assert np.array_equal(found.arrays[2].compute(), X[:, 1])


def test_empty_blocks_are_left_out():
    gap = da.concatenate([CUT[:6], CUT[:0], CUT[6:]])
    found = blocks(x=gap)
    assert (found.rows, len(found.tasks), found.full) == (20, 4, [6, 6, 6, 2])
    f = jit(lambda x: x[0] * x[1], rows="x", reduce="sum")
    assert f(gap) == f(X)
    each = jit(lambda x: x[0] * x[1], rows="x", reduce=None)
    assert np.array_equal(each(gap).compute(), each(X))


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        (lambda: CUT.rechunk((6, 2)), BadArgumentError, r"x\.rechunk\(\{1: -1\}\)"),
        (lambda: CUT.rechunk((20, 1)), BadArgumentError, "its axis 1 of 3"),
        (lambda: CUT[CUT[:, 0] > 5.0], BadArgumentError, r"x\.compute_chunk_sizes\(\)"),
        (lambda: CUT[:0], BadArgumentError, "x has no rows"),
        (lambda: CUT.astype(complex), WrongTypeError, "complex128"),
        (lambda: CUT.astype(str), WrongTypeError, "array of numbers"),
        (CUT.sum, BadArgumentError, "one number"),
        (lambda: CUT.map_blocks(np.ma.masked_less, 5.0), WrongTypeError, "MaskedArray"),
        (lambda: pytest.importorskip("dask").delayed(X), WrongTypeError, "Delayed"),
    ],
)
def test_rows_that_do_not_lie_whole_in_blocks_of_known_size_are_refused(given, kind, words):
    with pytest.raises(kind, match=words):
        jit(lambda x: x[0], rows="x")(given())


def test_tables_of_other_lengths_are_refused():
    with pytest.raises(BadArgumentError, match="x has 20 rows, but t has 19 rows"):
        blocks(x=CUT, t=CUT[:19, 0])
    with pytest.raises(BadArgumentError, match="but t has none"):
        blocks(x=CUT, t=5.0)


def test_dataframes_have_their_rows_counted():
    dd, pd = pytest.importorskip("dask.dataframe"), pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1].astype(int), "t": list("xy") * 10})
    cut = dd.from_pandas(frame, npartitions=3)
    found = blocks(x=cut[["a", "b"]], t=CUT[:, 2])
    assert found.sizes == (7, 7, 6)
    assert np.array_equal(found.arrays[0].compute(), X[:, :2])
    f = jit(lambda x: x[0] * x[1], rows="x")
    assert f(cut[["a", "b"]]) == pytest.approx(f(X[:, :2]))
    few = cut[cut["a"] > 27.0]  # of which some partitions are empty
    assert f(few[["a", "b"]]) == pytest.approx(f(X[10:, :2]))
    with pytest.raises(WrongTypeError, match="x is an array of numbers"):
        f(cut[["a", "t"]])


def test_a_nullable_column_is_a_number():
    dd, pd = pytest.importorskip("dask.dataframe"), pytest.importorskip("pandas")
    column = pd.Series([1, 2, None], dtype="Int64").to_frame("a")
    found = jit(lambda x: x[0] * 2, rows="x", reduce=None)(dd.from_pandas(column, npartitions=1))
    assert np.array_equal(found.compute(), [2.0, 4.0, np.nan], equal_nan=True)
