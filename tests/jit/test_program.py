"""A program by itself: called, printed, sent elsewhere, and run by many threads at once."""

import pickle
import threading
from random import Random

import numpy as np
import pytest

from autograd_nn import MLP, value_and_grad
from autograd_nn import functions as fn
from autograd_nn.jit import TraceError, jit, take
from autograd_nn.jit.backends.door import why_not
from autograd_nn.jit.frames import Compiled

rng = np.random.default_rng(0)
needs_native = pytest.mark.skipif(bool(why_not("native")), reason=why_not("native"))


def net(w, xs):
    """Matrix products, a ragged sum, a reduction and straight-line code in one program."""
    hidden = [[sum(a * b for a, b in zip(r, x, strict=True)).tanh() for r in w] for x in xs]
    ragged = [sum(h[: k + 2]) for k, h in enumerate(hidden)]
    return fn.logsumexp(ragged) * w[0][0] + 1 / w[1][1]


def looked_up(table, i):
    return (take(table, i) * 2).tolist()


def branch(x, y):
    return x * y if x > y else x + y


def steps(x):
    for _ in range(100):
        x = (x * 1.5 - 0.25).tanh()
    return x


ARGS = rng.normal(size=(30, 8)), rng.normal(size=(28, 8))


def test_it_can_be_pickled_and_called():
    program = pickle.loads(pickle.dumps(jit(net).program(*ARGS)))
    value, slopes = program.value_and_grad(*ARGS, argnums=(0, 1))
    expected = value_and_grad(net, (0, 1))(*ARGS)
    assert value == pytest.approx(expected[0], rel=1e-12)
    for found, slope in zip(slopes, expected[1], strict=True):
        np.testing.assert_allclose(found, slope, rtol=1e-11, atol=1e-14)
    assert program(*ARGS) == pytest.approx(value, rel=1e-14)


def test_with_rows_it_takes_any_number_of_them():
    program = jit(lambda w, x: (w * x).sum() ** 2, rows="x").program(ARGS[0][0], ARGS[1])
    copied = pickle.loads(pickle.dumps(program))
    for n in (1, 3, 700):
        X = rng.normal(size=(n, 8))
        assert copied(ARGS[0][0], X) == pytest.approx(np.mean((X @ ARGS[0][0]) ** 2), rel=1e-12)


def test_it_keeps_to_its_path_and_its_structure():
    program = jit(branch).program(3.0, 2.0)
    assert program(5.0, 4.0) == 20.0
    with pytest.raises(TraceError, match="comes out differently"):
        program(1.0, 2.0)
    with pytest.raises(TraceError, match="comes out differently"):
        program.value_and_grad(1.0, 2.0)
    with pytest.raises(TypeError, match="structure"):
        program(np.ones(3), 2.0)
    with pytest.raises(TypeError, match="structure"):
        program(1.0)


def test_a_model_that_is_passed_is_known_by_identity():
    """Another model in its place would be run with the first one's numbers."""

    def f(model, x):
        return model(list(x)) ** 2

    jitted, x = jit(f), np.ones(2)
    for seed in range(30):  # a freed model's address is soon used again
        model = MLP(2, [1], seed=seed)
        value, slopes = jitted.value_and_grad(model, x)
        assert value == pytest.approx(f(model, x).data, rel=1e-12)
        assert slopes.shape == (3,)
        del model
    with pytest.raises(TypeError, match="argument 0 is a model"):
        jitted.value_and_grad(MLP(2, [1], seed=0), x, argnums=(0, 1))


def test_threads_run_one_program_at_the_same_time():
    """Each thread has buffers of its own: results never mix, and none waits for another."""
    program = jit(net).program(*ARGS)
    points = [(ARGS[0] * k, ARGS[1] / k) for k in range(1, 13)]
    expected = [program.value_and_grad(*args) for args in points]
    wrong = []
    start = threading.Barrier(4)

    def work(offset):
        start.wait()
        for k in range(200):
            at = (offset + k) % len(points)
            value, slopes = program.value_and_grad(*points[at])
            if value != expected[at][0] or not np.array_equal(slopes, expected[at][1]):
                wrong.append(at)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_a_run_inside_of_a_run_has_buffers_of_its_own():
    """Buffers that are in use are not handed out again, and those that are not are used again."""
    compiled = Compiled(jit(net).program(*ARGS).plan, "numpy")
    first, second = compiled.borrow(), compiled.borrow()
    assert first is not second
    compiled.give_back(first)
    assert compiled.borrow() is first


@pytest.mark.parametrize(
    ("f", "args", "words"),
    [
        (net, ARGS, ["14830 operations in", "tanh 2[434] = tanh(sum 1[434])", "sum of 29"]),
        (net, ARGS, ["maximum of 28: sum 3[28]", "log 9 = log(sum 8)"]),
        (take, ([1.0, 2.0], 1), ["entries[a1]", "1 guards"]),
        (looked_up, (np.ones((90, 30)), 1), ["60 operations", "entries[a1]"]),
        (lambda x: x * 3 + 1, (2.0,), ["2 operations, run by", "v(0) = a0 * 3", "v(1) = v(0) + 1"]),
        (lambda w: [w * x for x in range(70)], (2.0,), ["sum 1[70] = a0 * constants[70]"]),
    ],
)
def test_it_prints_what_was_found(f, args, words):
    """People see whether a loop was found to be one."""
    text = str(jit(f).program(*args))
    assert all(word in text for word in words), text


@needs_native
def test_it_prints_steps_as_a_loop():
    """Machine code runs single operations that repeat in a loop; people see that it was found."""
    text = str(jit(steps, backend="native").program(0.5))
    assert all(word in text for word in ["repeat ", "tanh("]), text


@pytest.mark.parametrize("backend", ["numpy", "reference"])
def test_it_says_what_runs_it(backend):
    """A user who asks for a backend sees that it is used."""
    text = str(jit(net, backend=backend).program(*ARGS))
    assert text.splitlines()[0].endswith(f"run by {backend}")


def without_pattern(xs, lines=400):
    random, values = Random(0), list(xs)
    for _ in range(lines):
        a, b = random.choice(values[-20:]), random.choice(values)
        values.append([a + b, a * b * 0.5, (a - b).sin(), a.tanh()][random.randrange(4)])
    return sum(values)


@needs_native
def test_what_takes_long_to_compile_has_to_save_as_much_first():
    """Otherwise a function that is called a few times would be slower for being jitted."""
    short = jit(lambda x: x * x, backend="native").program(2.0)
    long = jit(without_pattern, backend="native", background=False).program([1.0, 2.0])
    assert short.pays(1)
    assert not long.pays(1)
    assert long.pays(10_000)
    long.cost = 1e9
    assert not long.pays(10_000)  # a replay is as fast


def gates(p, xs):
    """Fourteen states, elementwise."""
    h = [0.0] * 14
    for x in xs:
        h = [(p[k] * x + p[14 + k] * v).tanh() * p[28 + k] + v for k, v in enumerate(h)]
    return sum(h)


def test_steps_of_vectors_run_as_calls_of_numpy():
    """Run one by one, the operations of 100 steps over 14 numbers take eight times as long."""
    program = jit(gates, backend="numpy").program(rng.normal(size=42), rng.normal(size=100))
    assert program.packs > 100
    assert "repeat 9" in str(program)


@pytest.mark.parametrize(("backend", "calls"), [("numpy", 5), ("native", 60)])
def test_a_program_that_is_many_times_faster_pays_soon(backend, calls):
    """Else a loop that is called a hundred times would be replayed to the end."""
    if backend == "native":
        pytest.importorskip("llvmlite")
    program = jit(gates, backend=backend).program(rng.normal(size=42), rng.normal(size=300))
    assert program.pays(calls)


def test_a_program_that_does_not_pay_is_replayed_all_the_same():
    f = jit(without_pattern)
    expected = [value_and_grad(without_pattern)([x, 0.5]) for x in (1.0, 2.0, 3.0)]
    for _ in range(2):
        for x, (value, slopes) in zip((1.0, 2.0, 3.0), expected, strict=True):
            found = f.value_and_grad([x, 0.5])
            assert found[0] == pytest.approx(value, rel=1e-12)
            assert found[1] == pytest.approx(slopes, rel=1e-11)
