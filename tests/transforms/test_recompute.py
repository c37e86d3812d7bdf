"""checkpoint: the same slopes in less memory, with everything that a function may do inside."""

import tracemalloc
from functools import partial

import numpy as np
import pytest

from autograd_nn import MLP, Value, checkpoint, grad, hessian, jit, jvp, no_grad


def steps(x, v, count, w):
    for _ in range(count):
        x, v = x + 0.01 * v, v - 0.01 * (x * w).sin()
    return x, v


def walk(x, w, part, n=400, count=20):
    v = 0.0 * x
    for _ in range(n // count):
        x, v = part(x, v, count, w)
    return x * v


def test_the_slopes_are_the_same_to_the_last_bits():
    expected = grad(walk, argnums=(0, 1))(1.0, 0.3, steps)
    assert grad(walk, argnums=(0, 1))(1.0, 0.3, checkpoint(steps)) == pytest.approx(
        expected, rel=1e-13
    )


def test_captured_values_receive_their_slopes():
    x, w = Value(1.0), Value(0.3)
    inner = w * 2.0  # computed outside, used inside
    part = checkpoint(lambda x, v, count: steps(x, v, count, inner * 0.5))
    y = walk(x, None, lambda x, v, count, _: part(x, v, count))
    y.backward()
    expected = grad(walk, argnums=(0, 1))(1.0, 0.3, steps)
    assert (x.grad, w.grad) == pytest.approx(expected, rel=1e-13)


def test_backward_twice_doubles_and_a_part_of_the_results_is_enough():
    x = Value(2.0)
    a, b = checkpoint(lambda x: (x * x, x.sin()))(x)
    a.backward()
    a.backward()
    assert x.grad == 8.0
    x.grad = 0.0
    (a * 3.0 + b).backward()
    assert x.grad == pytest.approx(12.0 + np.cos(2.0))


def test_models_and_structures():
    model = MLP(2, [3, 1], seed=0)
    run = checkpoint(lambda rows, names: {"out": [model(row) for row in rows], "names": names})
    rows = [[Value(1.0), Value(2.0)], [Value(0.5), 3.0]]
    found = run(rows, names=("a", None))
    assert found["names"] == ("a", None)
    sum(found["out"]).backward()
    slopes = [p.grad for p in model.parameters()], rows[0][1].grad
    for p in model.parameters():
        p.grad = 0.0
    rows[0][1].grad = 0.0
    sum(model(row) for row in rows).backward()
    assert [p.grad for p in model.parameters()] == pytest.approx(slopes[0])
    assert rows[0][1].grad == pytest.approx(slopes[1])


def test_results_that_are_arguments_or_numbers_pass_through():
    x, w = Value(2.0), Value(3.0)
    found = checkpoint(lambda x: [x, w, 5.0, x * w])(x)
    assert found[0] is x
    assert found[1] is w
    assert found[2] == 5.0
    found[3].backward()
    assert (x.grad, w.grad) == (3.0, 2.0)


def test_the_slopes_belong_to_the_moment_of_the_call():
    x, w = Value(2.0), Value(3.0)
    y = checkpoint(lambda x: x * x * w)(x)
    x.data, w.data = 100.0, 100.0
    y.backward()
    assert (x.grad, w.grad) == (12.0, 4.0)


def test_one_in_another():
    inner = checkpoint(lambda x: x.sin() * x)
    outer = checkpoint(lambda x: inner(x) + inner(x * x))
    assert grad(outer)(0.7) == pytest.approx(
        grad(lambda x: x.sin() * x + (x * x).sin() * x * x)(0.7)
    )


def test_higher_derivatives_and_recordings_run_it_as_it_is():
    part = checkpoint(steps)
    plain, kept = partial(walk, part=steps), partial(walk, part=part)
    assert hessian(kept)(1.0, 0.3) == hessian(plain)(1.0, 0.3)
    assert jvp(kept, (1.0, 0.3), (1.0, 0.0)) == jvp(plain, (1.0, 0.3), (1.0, 0.0))
    assert jit(grad(lambda x: walk(x, 0.3, part)))(1.0) == pytest.approx(grad(plain)(1.0, 0.3))
    with no_grad():
        assert part(Value(1.0), 0.0, 2, 0.3)[0].kind == "constant"


def peak(part, n):
    tracemalloc.start()
    try:
        grad(lambda x: walk(x, 0.3, part, n, round(n**0.5)))(1.0)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_memory_grows_as_the_root():
    """16 times the steps: 16 times the memory without, and about 4 times with it."""
    part = checkpoint(steps)
    peak(part, 100)
    assert peak(steps, 6400) > 12 * peak(steps, 400)
    assert peak(part, 6400) < 6 * peak(part, 400)


def test_another_function_the_second_time_is_an_error():
    calls = []

    def f(x):
        calls.append(1)
        return [x * x] * 1 if len(calls) == 1 else [x * x, x + x]

    y = checkpoint(f)(Value(2.0))[0]
    with pytest.raises(RuntimeError, match="must give the same each time"):
        y.backward()


def test_only_functions():
    with pytest.raises(TypeError, match="checkpoint takes a function"):
        checkpoint(3)
