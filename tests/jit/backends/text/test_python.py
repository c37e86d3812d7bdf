"""What the generated NumPy looks like, takes, returns and refuses.

``REFRESH_GOLDEN=1 pytest tests/jit/backends/text`` writes the golden texts anew; they are read
before they are kept.
"""

import math
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from exported import as_arguments, assert_text_means, flat, functions_of
from exported_networks import NETWORKS, model

from autograd_nn import MLP, custom_op, parameter
from autograd_nn import functions as fn
from autograd_nn.errors import BadArgumentError, TraceError, WrongTypeError
from autograd_nn.jit import jit, take

GOLDEN = Path(__file__).parent / "golden"
ALONG = {"two_layers": (0, 1, 2, 3), "recurrent": (0, 1)}


def network(name):
    f, args, rows = NETWORKS[name]
    program = jit(f, rows=rows).program(*args)
    return program, args, None if program.captured else ALONG.get(name, 0)


@pytest.mark.parametrize("name", NETWORKS)
def test_golden_texts(name):
    """The text is read: a change of how it reads is seen, and looked at."""
    program, args, argnums = network(name)
    text = program.to_python(argnums=argnums)
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("REFRESH_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
    assert_text_means(program, args, argnums)


def test_a_network_reads_as_an_expert_would_write_it():
    """The promise of the text: products of matrices, names of the user, and the chain rule."""
    text = network("two_layers")[0].to_python(argnums=(0, 1))
    for line in (
        "    sum_hidden = x @ W1.T + b1",
        "    hidden = np.maximum(sum_hidden, 0)",
        "    d_W1 = d_sum_hidden.T @ x",
        "    d_b1 = d_sum_hidden.sum(axis=0)",
    ):
        assert line in text.splitlines()


def test_the_text_runs_where_this_package_is_not(tmp_path):
    """It is copied to other machines: where this package is missing, it gives the same."""
    program, args, _ = network("softmax")
    text = program.to_python(name="loss")
    lines = [f"np.array({np.asarray(x).tolist()})" for x in args]
    code = f"{text}\nprint(loss_value_and_grad({', '.join(lines)})[0])\n"
    file = tmp_path / "loss.py"
    file.write_text(code, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", f"import sys, runpy\nsys.modules['autograd_nn'] = None\n"
         f"runpy.run_path({str(file)!r})"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    np.testing.assert_allclose(float(run.stdout), program(*args), rtol=1e-12)


def test_other_numbers_and_other_numbers_of_rows():
    """The shapes of the arguments are those of the recording, but for the number of rows."""
    program, (weights, _, _), _ = network("tutorial")
    names = functions_of(program.to_python())
    rng = np.random.default_rng(5)
    for rows in (1, 3, 11):
        X, y = rng.normal(size=(rows, 2)), rng.normal(size=rows)
        value, gradient = names["tutorial_value_and_grad"](weights, X, y)
        expected = program.value_and_grad(weights, X, y)
        np.testing.assert_allclose(value, expected[0], rtol=1e-12)
        np.testing.assert_allclose(flat(gradient), flat(expected[1]), rtol=1e-12)


def test_the_arguments_are_not_changed():
    """A caller's arrays are theirs: neither they nor their slopes are the same memory."""
    f = jit(lambda w, x: (w * x).sum())
    w, x = np.arange(3.0), np.arange(3.0) + 1
    names = functions_of(f.program(w, x).to_python("f"))
    _, gradient = names["f_value_and_grad"](w, x)
    gradient += 100.0
    np.testing.assert_array_equal(x, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(w, [0.0, 1.0, 2.0])


def test_arrays_of_another_shape_are_refused():
    """NumPy would broadcast, or cut, and give numbers that mean nothing."""
    program, (W1, b1, W2, b2, X, y), _ = network("two_layers")
    f = functions_of(program.to_python("f"))["f"]
    assert np.isfinite(f(W1, b1, W2, b2, X, y))
    for args, what in (
        ((W1.T, b1, W2, b2, X, y), r"W1 has the shape \(2, 3\), and should have \(3, 2\)"),
        ((W1, b1[:1], W2, b2, X, y), "b1 has the shape"),
        ((W1, b1, W2, [b2], X, y), "b2 has the shape"),
        ((W1, b1, W2, b2, X[:, :1], y), "x has the shape"),
        ((W1, b1, W2, b2, X, y[:2]), r"y has the shape \(2,\), and should have \(4,\)"),
        ((W1, b1, W2, b2, X[:0], y[:0]), "at least one row"),
    ):
        with pytest.raises(ValueError, match=what):
            f(*args)
    single = f(W1.astype(np.float32), b1, W2, b2, X.astype(np.float32), y.tolist())
    np.testing.assert_allclose(single, f(W1, b1, W2, b2, X, y), rtol=1e-5)


def test_a_part_of_an_argument_that_is_read_twice_has_a_name():
    """One vector holds all weights: its matrices are taken out once, as one does by hand."""

    def f(theta, x):
        rows = [theta[3 * k : 3 * k + 3] for k in range(4)]
        hidden = [fn.tanh(w[0] * x[0] + w[1] * x[1] + w[2]) for w in rows]
        return sum(h * w[1] + h * w[0] for h, w in zip(hidden, rows, strict=True))

    args = np.linspace(-1, 1, 12), np.array([0.5, 2.0])
    text = assert_text_means(jit(f).program(*args), args, (0, 1))
    assert "    theta_1 = theta.reshape(4, 3)\n" in text
    assert "d_sum_hidden @ theta_1[:, :2]" in text


def test_a_slope_of_one_is_no_integer():
    """An array filled with a 1 would be of integers, and cut off what is added to one of them."""

    def f(x):
        total = sum(x)
        scale = x[0] * x[1]
        return 2 * total - total + max(scale, scale) * x[0]

    x = np.array([0.5, 0.25, 3.0, 1.5])
    assert_text_means(jit(f).program(x), (x,))
    rows = np.array([[0.5, 0.25, 3.0], [1.5, 1.0, 2.0]])
    of_rows = jit(lambda w, x: sum(w) + w[0] * w[1] * x[0], rows="x", reduce="sum")
    assert_text_means(of_rows.program(x, rows), (x, rows))


# -- paths --------------------------------------------------------------------------------------


def test_another_path_is_refused_with_the_line():
    """The text holds for one path: on another it raises, and says where the paths part."""

    def clipped(x):
        if x > 2:
            return x * 3
        return x * x

    names = functions_of(jit(clipped).program(1.0).to_python())
    assert names["clipped_value_and_grad"](1.5) == (2.25, 3.0)
    with pytest.raises(ValueError, match=r"another path .* test_python.py:\d+"):
        names["clipped"](2.5)
    with pytest.raises(ValueError, match="another path"):
        names["clipped_value_and_grad"](2.5)


def test_a_comparison_of_a_sum_rounds_as_the_function_does():
    """0.1 + 0.2 is not 0.3: a text that sums in another order would take another path."""

    def f(x):
        total = 0.0
        for v in x:
            total = total + v * 3
        return total if total == 5.699999999999999 else -total

    x = [0.1, 0.2, 0.3, 0.4, 0.5, 0.4]
    assert_text_means(jit(f).program(x), (x,))
    x = np.random.default_rng(0).normal(size=9).tolist()
    total = 0.0
    for v in x:
        total += math.exp(v) * v

    def g(x):
        found = 0.0
        for v in x:
            found = found + fn.exp(v) * v
        return found * 2 if found == total else found

    text = assert_text_means(jit(g).program(x), (x,))
    assert "(total" in text or "np.cumsum" in text


def test_rows_must_all_take_the_path():
    """One row on another path is enough: its number would be wrong."""

    def f(x):
        return x * 2 if x > 0 else -x

    names = functions_of(jit(f, rows="x").program([1.0, 2.0]).to_python())
    assert names["f"]([1.0, 3.0]) == 4.0
    with pytest.raises(ValueError, match="another path"):
        names["f"]([1.0, -3.0])


# -- arguments and results ------------------------------------------------------------------------


@dataclass
class Point:
    x: float
    y: list


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (lambda a: {"sum": a[0] + a[1], "both": [a[0] * 2, (a[1],)]}, ([1.0, 2.0],)),
        (lambda a: np.array([[a[0], a[1] * 2], [a[1], a[0]]]), (np.array([1.0, 2.0]),)),
        (lambda a: (a * 2, 3, None, "text", True, np.arange(3)), (np.array([1.0, 2.0]),)),
        (lambda a: np.array([a[0], 1.0, a[1]]), ([1.0, 2.0],)),
        (lambda p: p.x * p.y[1], (Point(2.0, [1.0, 3.0]),)),
        (lambda a: a["w"][1] + a["v"][0][1], ({"w": [1.0, 2.0], "v": [[1.0, 2.0], [3.0]]},)),
        (lambda *xs: xs[0] * xs[1] ** xs[2], (2.0, 3.0, 2.0)),
        (lambda a: [], (1.0,)),
        (lambda a: a.sum() * 0 + 7, (np.ones((2, 2)),)),
        (lambda a: 5.0, (1.0,)),
        (lambda a: a, (1.0,)),
        (lambda a: a[1], (np.array([1.0, 2.0]),)),
        (lambda a: np.array(a).T, ([[1.0, 2.0], [3.0, 4.0]],)),
    ],
)  # fmt: skip
def test_arguments_and_results_of_every_kind(f, args):
    """Dicts, nested lists of one shape or several, dataclasses, constants."""
    program = jit(f).program(*args)
    assert_text_means(program, args, tuple(range(len(args))))


@pytest.mark.parametrize("reduce", ["mean", "sum", None])
def test_rows_are_reduced_as_the_program_reduces_them(reduce):
    """Mean, sum or a result for each row; a result may be several numbers, or a constant."""
    x, y = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.0]]), np.array([1.0, 2.0, 3.0])
    for f in (
        lambda w, x, y: (w * x).sum() * y,
        lambda w, x, y: (x[0] * y, [w[1], 3.0], np.array([x[0], y])),
        lambda w, x, y: w[0] * 2,
        lambda w, x, y: np.array([w[0], y * 2]),
    ):
        program = jit(f, rows=("x", "y"), reduce=reduce).program([2.0, 3.0], x, y)
        text = assert_text_means(program, ([2.0, 3.0], x, y), (0, 1, 2))
        assert "for " not in text.split('"""')[2]


def test_a_model_is_taken_as_arrays_with_its_dotted_names():
    """The parameters are arguments: the text has to be used with trained weights, too."""
    program, args, _ = network("labelled")
    names = functions_of(program.to_python())
    given = as_arguments(program, args)
    value, slopes = names["labelled_value_and_grad"](*given)
    assert list(slopes)[:2] == ["layers.0.neurons.w", "layers.0.neurons.b"]
    expected = program.value_and_grad(*args, argnums=model)
    np.testing.assert_allclose(value, expected[0], rtol=1e-12)
    w = np.array([[p.data for p in neuron.w] for neuron in model.layers[0].neurons])
    np.testing.assert_array_equal(given[2], w)
    by_layer = flat([slopes["layers.0.neurons.w"][0], slopes["layers.0.neurons.b"][0]])
    np.testing.assert_allclose(by_layer, expected[1][:3], rtol=1e-12)


def test_a_closed_over_value_is_an_argument_of_its_name():
    w = parameter(3.0)
    text = jit(lambda x: w * x).program(2.0).to_python("f")
    names = functions_of(text)
    assert "def f(x, w):" in text
    assert names["f_value_and_grad"](2.0, 5.0) == (10.0, {"w": 2.0})


def test_slopes_along_what_the_result_does_not_depend_on_are_zeros():
    program = jit(lambda x, y: y * 2.0).program(np.ones((2, 3)), 1.0)
    value, (dx, dy) = functions_of(program.to_python("f", (0, 1)))["f_value_and_grad"](
        np.ones((2, 3)), 4.0
    )
    assert (value, dy) == (8.0, 2.0)
    np.testing.assert_array_equal(dx, np.zeros((2, 3)))


def test_tables_and_ties():
    """A look-up hands its slope to the entry; of equal ones in a maximum each has its share."""

    def embed(table, index):
        row = take(table, index)
        return sum(v * v for v in row)

    table = np.arange(8.0).reshape(4, 2)
    program = jit(embed, rows="index").program(table, [1, 3, 3])
    assert_text_means(program, (table, np.array([2.0, 0.0, 2.0])))
    only = lambda v, index: take([v * v], index) * v + take([v * v], index)
    assert_text_means(jit(only).program(3.0, 0.0), (3.0, 0.0))
    assert_text_means(jit(only, rows="v").program([3.0, 2.0], 0.0), ([3.0, 2.0], 0.0))
    chosen = lambda x: take([1.0, 4.0, 9.0], x) * x
    assert_text_means(jit(chosen).program(2.0), (1.0,))
    largest = lambda x: fn.maximum(fn.maximum(x[0], x[1]), fn.maximum(x[2], x[3]))
    for x in ([1.0, 1.0, 0.0, 1.0], [2.0, 1.0, 2.0, 2.0], [np.nan, 1.0, 2.0, 3.0]):
        assert_text_means(jit(largest).program(x), (x,))


def test_an_operation_of_ones_own_is_written_with_what_it_computes():
    cube = custom_op(lambda x: x * x * x, lambda x, y: 3.0 * x * x, name="cube")
    program = jit(lambda x: cube(x) * 2).program(2.0)
    names = functions_of(program.to_python("f"))
    assert names["f_value_and_grad"](3.0) == (54.0, 54.0)


# -- names and lines ------------------------------------------------------------------------------


def test_names_that_python_or_numpy_have_are_left_to_them():
    """A variable named ``sum`` or ``np`` in the text would hide what the text itself calls."""

    def f(sum, np, lambda_):
        abs = sum * np
        rows = abs + lambda_
        return rows * rows

    text = assert_text_means(jit(f).program(1.0, 2.0, 3.0), (1.0, 2.0, 3.0), (0, 1, 2))
    assert "import numpy as np" in text


def test_a_program_from_a_pickle_still_has_the_names_of_its_arguments():
    program, args, _ = network("two_layers")
    copy = pickle.loads(pickle.dumps(program))
    text = assert_text_means(copy, args, (0, 1, 2, 3))
    assert "def f(W1, b1, W2, b2, x, y):" in text
    assert "could not be run once more" in text


def test_a_function_whose_surroundings_changed_is_written_as_it_was_recorded():
    """The numbers are the program's; another function's names would be beside the point."""
    box = {"scale": 2.0}

    def f(x):
        return x * box["scale"] if box["scale"] < 5 else x + 1 + x * x

    program = jit(f).program(3.0)
    box["scale"] = 7.0
    text = program.to_python()
    assert functions_of(text)["f"](3.0) == 6.0
    assert "could not be run once more" in text


def test_the_comments_name_the_lines():
    def f(x):
        area = x * x
        return fn.sin(area)

    text = jit(f).program(2.0).to_python()
    assert "test_python.py" in text
    assert "area = x * x" in text
    assert "# back through test_python.py" in text


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["2x", "a b", "", "class", "f-g", "a.b"])
def test_a_name_that_python_has_no_use_for(name):
    program = jit(lambda x: x * 2).program(1.0)
    with pytest.raises(BadArgumentError, match="cannot be the name of a Python function"):
        program.to_python(name)


def test_other_bad_input():
    program = jit(lambda x, mode: x * 2).program(1.0, "one")
    with pytest.raises(WrongTypeError, match="name is a str"):
        program.to_python(3)
    with pytest.raises(BadArgumentError, match="argument 1 holds no numbers"):
        program.to_python(argnums=1)
    with pytest.raises(BadArgumentError, match="argument 2"):
        program.to_python(argnums=2)
    with pytest.raises(WrongTypeError, match="argnums"):
        program.to_python(argnums="x")
    with pytest.raises(BadArgumentError, match="uses no parameter of this model"):
        program.to_python(argnums=MLP(1, [1]))
    when = jit(lambda x: (x, np.datetime64("2020-01-01"))).program(1.0)
    with pytest.raises(TraceError, match="text cannot make again"):
        when.to_python("f")


def test_a_result_of_several_numbers_has_no_slopes():
    text = jit(lambda x: [x, x * 2]).program(1.0).to_python("f")
    assert "value_and_grad" not in text


def test_a_maximum_with_itself_hands_on_all_shares():
    """Each point of an axis that the operand lacks has a share in the same number."""

    def f(x):
        return sum(fn.maximum(v, fn.maximum(v, v)) for v in x) * x[0]

    x = np.array([1.0, -2.0, 3.0])
    assert_text_means(jit(f).program(x), (x,))


def test_zeros_of_both_signs_are_two_numbers():
    """Behind the negative axis the angle jumps from pi to -pi between them."""

    def f(x):
        return sum(fn.atan2(v * s, -1.0) for v, s in zip(x, [0.0, -0.0, 0.0, 0.0], strict=True))

    x = np.array([1.0, 2.0, 3.0, 4.0])
    program = jit(f).program(x)
    assert_text_means(program, (x,))
    assert functions_of(program.to_python())["f"](x) == pytest.approx(2 * math.pi)


def test_slopes_of_overlapping_windows_are_all_added():
    """A number is in several windows; NumPy 2.4 loses terms where ``np.add.at`` broadcasts."""

    def f(x, w):
        once = [x[0] * w[0] + x[1] * w[1] + 1, x[1] * w[0] + x[0] * w[1] + 1]
        return once[0] * w[0] + once[1] * w[1] + once[1] * w[0] + once[0] * w[1] + once[0] * 0.5

    x, w = np.array([0.3, 0.8]), np.array([0.3, -1.3])
    assert_text_means(jit(f).program(x, w), (x, w), (0, 1))
