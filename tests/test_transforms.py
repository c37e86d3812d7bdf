"""``grad`` and ``value_and_grad`` in the corners: structures, contexts, refusals."""

import math
import threading
from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_nn import Value, functions, grad, no_grad, parameter, value_and_grad
from autograd_nn.state import this_thread
from autograd_nn.transforms import flatten

Line = namedtuple("Line", "slope offset")

NUMBERS = st.floats(-1e6, 1e6)
STRUCTURES = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.builds(Line, inner, inner),
    ),
    max_leaves=12,
)


def total_of_squares(nested):
    return sum(x * x for x in flatten(nested)[0])


@given(STRUCTURES)
def test_any_structure_comes_back_as_it_went_in(nested):
    leaves, structure = flatten(nested)
    assert structure.size == len(leaves)
    assert structure.rebuild(leaves) == nested
    doubled = structure.rebuild([2 * x for x in leaves])
    assert grad(lambda s: total_of_squares(s) + 0.0)(nested) == doubled


def test_a_dict_keeps_its_kind_and_order():
    ordered = OrderedDict(b=2.0, a=3.0)
    found = grad(lambda d: d["a"] * d["b"])(ordered)
    assert type(found) is OrderedDict
    assert list(found.items()) == [("b", 3.0), ("a", 2.0)]
    assert ordered == OrderedDict(b=2.0, a=3.0)
    counted = defaultdict(float, x=2.0)
    assert type(grad(lambda d: d["x"] * 3)(counted)) is defaultdict


def test_arrays_keep_their_shape():
    for shape in [(), (3,), (2, 3), (0,), (2, 0, 3)]:
        at = np.arange(float(np.prod(shape))).reshape(shape)
        found = grad(lambda x: np.sum(x**2) + 0.0)(at)
        np.testing.assert_array_equal(found, 2 * at)
        assert np.shape(found) == shape


def test_numbers_of_every_make_are_arguments():
    for x in (3, True, np.float32(3), np.int64(3), np.array(3)):
        found = grad(lambda v: v * v)(x)
        assert type(found) is float
        assert found == 2.0 * float(x)


def test_arguments_that_are_not_differentiated_pass_through_untouched():
    seen = []
    config = {"name": "run", "callback": print}
    grad(lambda x, c, *, rate: seen.append((c, rate)) or x * 2)(1.0, config, rate=None)
    assert seen == [(config, None)]
    assert seen[0][0] is config


def test_grad_works_inside_no_grad():
    """A step under ``no_grad`` that asks for a slope must not silently get 0."""
    with no_grad():
        assert value_and_grad(lambda x: x * x)(3.0) == (9.0, 6.0)
        assert grad(grad(lambda x: x**3))(2.0) == 12.0
        assert (Value(1.0) + 1).kind == "constant"
    assert grad(lambda x: x * x)(3.0) == 6.0


def test_no_grad_inside_the_function_still_hides_what_it_holds():
    def f(x):
        with no_grad():
            scale = x * 10
        return x * scale

    assert grad(f)(2.0) == 20.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: grad(3), "a gradient is of a function, got int 3"),
        (lambda: grad(lambda x: x, 1.0), "argnums is an int or a tuple of ints, got float 1.0"),
        (lambda: grad(lambda x: x, True), "got bool True"),
        (lambda: grad(lambda x: x, [0]), r"got list \[0\]"),
    ],
)
def test_a_wrong_use_is_refused_when_the_gradient_is_made(make, message):
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: grad(lambda x, y: x * y, (0, 0))(1.0, 2.0), ValueError, "argument 0 twice"),
        (lambda: grad(lambda x, y: x * y, (1, -1))(1.0, 2.0), ValueError, "argument 1 twice"),
        (lambda: grad(lambda x: x)(x=1.0), ValueError, "0 were given by position"),
        (lambda: grad(lambda x: x)({"a": [1.0, None]}), TypeError, r"0\['a'\]\[1\] is NoneType"),
        (lambda: grad(lambda x: x)(np.array(["a"])), TypeError, "an array that holds"),
        (lambda: grad(lambda x: x)(10**400), OverflowError, "an int of 1329 bits"),
        (lambda: grad(lambda x: (x, x))(1.0), TypeError, "returned tuple"),
        (lambda: grad(lambda x: "a")(1.0), TypeError, "returned str 'a'"),
    ],
)
def test_a_wrong_call_is_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_an_error_in_the_function_leaves_the_thread_as_it_was():
    context = this_thread()

    def fails(x):
        raise KeyError("data")

    with pytest.raises(KeyError), no_grad():
        grad(fails)(1.0)
    assert (context.differentiating, context.recording) == (0, True)
    assert type(grad(lambda x: x * x)(2.0)) is float


def test_numbers_come_back_as_floats_and_values_as_values():
    value, slope = value_and_grad(lambda x: x**2)(3.0)
    assert (type(value), type(slope)) == (float, float)
    x = Value(3.0)
    value, slope = value_and_grad(lambda v: v**2)(x)
    assert (value.data, slope.data) == (9.0, 6.0)
    slope.backward()
    assert x.grad == 2.0


def test_closed_over_parameters_keep_their_slopes():
    w = parameter(2.0)
    w.grad = 5.0
    assert grad(lambda x: w * x * x)(3.0) == 12.0
    assert w.grad == 5.0


@pytest.mark.parametrize(
    ("f", "at", "third"),
    [
        (lambda x: x**5, 2.0, 240.0),
        (lambda x: 1 / x, 2.0, -6.0 / 16),
        (functions.exp, 0.5, math.exp(0.5)),
        (functions.log, 2.0, 0.25),
        (functions.sin, 0.3, -math.cos(0.3)),
        (lambda x: functions.sqrt(x * x), 1.5, 0.0),
        (lambda x: functions.relu(x) ** 3, 2.0, 6.0),
        (lambda x: functions.maximum(x, 0.0) ** 3, -2.0, 0.0),
        (lambda x: functions.logsumexp([x, 0.0]), 0.0, 0.0),
    ],
)
def test_third_derivatives(f, at, third):
    assert grad(grad(grad(f)))(at) == pytest.approx(third, rel=1e-12, abs=1e-12)


def test_a_hessian_is_symmetric_and_exact():
    def f(p):
        x, y, z = p
        return x * x * y + functions.sin(y * z) + functions.exp(x) * z

    at = [0.3, 0.7, -0.4]
    rows = [grad(lambda p, i=i: grad(f)(p)[i])(at) for i in range(3)]
    x, y, z = at
    s, c = math.sin(y * z), math.cos(y * z)
    expected = [
        [2 * y + math.exp(x) * z, 2 * x, math.exp(x)],
        [2 * x, -z * z * s, c - y * z * s],
        [math.exp(x), c - y * z * s, -y * y * s],
    ]
    np.testing.assert_allclose(rows, expected, rtol=1e-14, atol=1e-15)


def test_threads_differentiate_independently():
    found = {}

    def work(k):
        for _ in range(20):
            found[k] = grad(grad(lambda x: x**3))(float(k))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {k: 6.0 * k for k in range(6)}


def test_the_gradient_carries_the_functions_name():
    def energy(x):
        """Half the square."""
        return x * x / 2

    assert grad(energy).__name__ == "energy"
    assert grad(energy).__doc__ == "Half the square."
