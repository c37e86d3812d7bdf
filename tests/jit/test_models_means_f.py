"""Models in a jitted function: the live model at each call, and nothing of it moved."""

import copy
import math
import pickle
import threading
import warnings
from functools import partial

import numpy as np
import pytest
from engine_oracle import Outcome, difference, model_slopes_by_engine

from autograd_nn import MLP, Layer, Module, Neuron, Value, parameter
from autograd_nn import functions as fn
from autograd_nn.jit import JitWarning, jit

rng = np.random.default_rng(5)
POINTS = [np.array([0.5, -1.0]), np.array([-0.25, 2.0]), np.array([1.5, 1.5])]


def one(out):
    return out if isinstance(out, Value) else out[0]


def same(jitted, f, args, model):
    """The value and gradient along the model are those of the engine, twice."""
    expected = model_slopes_by_engine(f, args, model)
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", JitWarning)
            found = Outcome(lambda: jitted.value_and_grad(*args, argnums=model))
            value = Outcome(lambda: jitted(*args))
        assert not found.differs_from(expected), (args, found, expected)
        if expected.error is None:
            assert not difference(value.result, expected.result[0])
            assert isinstance(found.result[1], np.ndarray)


def test_a_vector_is_recorded_at_its_own_numbers():
    """The branch of the vector's numbers was that of the model's."""
    n = Neuron(1, nonlin=False, seed=0)
    n.w[0].data, n.b.data = 1.0, 0.0

    def f(x):
        e = n([x])
        return abs(e) if e > 0 else e * e

    for first in (True, False):
        jitted = jit(f)
        if first:
            assert jitted(2.0) == 2.0
        value, slopes = jitted.value_and_grad(2.0, argnums=n, vector=np.array([-1.0, 0.0]))
        assert value == 4.0
        np.testing.assert_array_equal(slopes, [-8.0, -4.0])
        value, slopes = jitted.value_and_grad(2.0, argnums=n, vector=np.array([3.0, 0.5]))
        assert value == 6.5
        np.testing.assert_array_equal(slopes, [2.0, 1.0])
        assert [p.data for p in n.parameters()] == [1.0, 0.0]
        assert jitted(2.0) == 2.0


DECISIONS = {
    "if": lambda e: abs(e) if e > 0 else e * e,
    "if on .data": lambda e: e * 3 if e.data > 0 else e * e,
    "float": lambda e: e * float(e),
    "int": lambda e: e * int(e * 3),
    "floor": lambda e: e - math.floor(e),
    "max": lambda e: max(e, 0.1) * e,
    "text": lambda e: e * len(f"{float(e):.0f}"),
    "huber": lambda e: e * e if abs(e) < 0.5 else abs(e) - 0.25,
    "log": lambda e: (e + 0.1).log() * e,
    "nothing": lambda e: e * e,
}


@pytest.mark.parametrize("name", DECISIONS)
def test_decisions_on_a_models_output(name):
    """They follow the model's numbers at each call, whether set, trained or given as a vector."""
    decide = DECISIONS[name]
    model = MLP(2, [3, 1], activation="tanh", seed=3)
    jitted = jit(f := lambda x: decide(one(model(list(x)))))
    passed = jit(g := lambda m, x: decide(one(m(list(x)))))
    for step in range(4):
        for x in POINTS:
            same(jitted, f, (x,), model)
            same(passed, g, (model, x), model)
        theta = rng.normal(size=len(model.parameters()))
        live = [p.data for p in model.parameters()]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", JitWarning)
            with_vector = Outcome(
                lambda t=theta: jitted.value_and_grad(POINTS[0], argnums=model, vector=t)
            )
        assert [p.data for p in model.parameters()] == live
        for p, x in zip(model.parameters(), theta, strict=True):
            p.data = x
        expected = model_slopes_by_engine(f, (POINTS[0],), model)
        assert not with_vector.differs_from(expected), (with_vector, expected)
        for p, x in zip(model.parameters(), live, strict=True):
            p.data = x * (-1.0) ** step + 0.125


def test_slopes_are_not_left_in_the_model():
    model = MLP(2, [2, 1], seed=1)
    for k, p in enumerate(model.parameters()):
        p.grad = float(k)
    jitted = jit(lambda x: one(model(list(x))) ** 2)
    for _ in range(3):
        jitted.value_and_grad(POINTS[0], argnums=model)
        jitted.value_and_grad(POINTS[0], argnums=model, vector=np.zeros(9))
        jitted.value_and_grad(np.array([math.inf, 1.0]), argnums=model)
    assert [p.grad for p in model.parameters()] == list(map(float, range(9)))


def test_the_fallback_uses_the_models_and_the_vectors_numbers():
    """1e308 + 1e308 - 1e308: the engine's order of additions says what is infinite."""
    a, b, c = (parameter(x, name) for name, x in (("a", 1e308), ("b", 1e308), ("c", 1e308)))

    class Three(Module):
        def __init__(self):
            self.held = [a, b, c]

    model = Three()
    jitted = jit(f := lambda x: a + (b - c) * x)
    same(jitted, f, (1.0,), model)
    assert jitted(1.0) == 1e308
    assert jitted.value_and_grad(1.0, argnums=model)[0] == 1e308
    value, slopes = jitted.value_and_grad(
        1.0, argnums=model, vector=np.array([1e308, -1e308, 1e308])
    )
    assert value == -math.inf
    assert slopes.tolist() == [1.0, 1.0, -1.0]
    assert [a.data, b.data, c.data] == [1e308] * 3
    g = jit(lambda x: a + b - c * x)
    assert g(1.0) == math.inf
    assert g.value_and_grad(1.0, argnums=model)[0] == math.inf
    value, slopes = jit(lambda x, n: a / x[n]).value_and_grad([1.0, 0.0], 1, argnums=model)
    assert (value, slopes[0]) == (math.inf, math.inf)


def test_plain_arguments_of_the_fallback_with_a_model():
    model = Neuron(1, nonlin=False, seed=0)
    f = lambda x, y: model([x / y]) * 1.0
    same(jit(f), f, (1.0, 0.0), model)
    same(jit(f), f, (np.float32(1.0), 0.0), model)


def test_a_model_that_is_replaced():
    """A name of the closure that stands for another model now."""
    model = MLP(2, [2, 1], seed=1)
    jitted = jit(f := lambda x: one(model(list(x))) ** 2)
    same(jitted, f, (POINTS[0],), model)
    model = MLP(2, [2, 1], seed=2)
    same(jitted, f, (POINTS[0],), model)
    model = MLP(2, [4, 1], seed=3)
    same(jitted, f, (POINTS[0],), model)
    model = MLP(2, [1], activation="tanh", seed=3)
    same(jitted, f, (POINTS[0],), model)


class Dropped(Module):
    """With a flag that is read at each call, as dropout layers have."""

    def __init__(self, inner, keep=0.5):
        self.inner, self.keep, self.training = inner, keep, True
        self.scale = 2.0

    def __call__(self, x):
        out = one(self.inner(x)) * self.scale
        return out * self.keep if self.training else out


def _set(**changes):
    def change(model):
        for name, new in changes.items():
            setattr(model, name, new)

    return change


def _replace_parameter(model):
    model.inner.layers[0].neurons[0].w[1] = parameter(0.75)


def _replace_bias(model):
    model.inner.layers[-1].neurons[0].b = parameter(-0.25)


def _replace_inner(model):
    model.inner = MLP(2, [2, 1], seed=12)


def _replace_layer(model):
    model.inner.layers[0] = Layer(2, 3, activation="sigmoid", seed=9)


def _replace_neuron(model):
    model.inner.layers[0].neurons[1] = Neuron(2, activation="tanh", seed=8)


def _replace_activation(model):
    for neuron in model.inner.layers[0].neurons:
        neuron._act = fn.sin


def _add_neuron(model):
    model.inner.layers[0].neurons.append(Neuron(2, activation="tanh", seed=4))
    model.inner.layers[1].neurons[0].w.append(parameter(0.3))


def _remove_layer(model):
    model.inner.layers[:] = [Layer(2, 1, activation="tanh", seed=7)]


CHANGES = {
    "training": _set(training=False),
    "keep": _set(keep=0.25),
    "scale": _set(scale=-3.0),
    "scale by a whole number": _set(scale=2),
    "inner": _replace_inner,
    "a parameter": _replace_parameter,
    "a bias": _replace_bias,
    "a layer": _replace_layer,
    "a neuron": _replace_neuron,
    "an activation": _replace_activation,
    "one more neuron": _add_neuron,
    "one layer less": _remove_layer,
    "a parameter's number": lambda model: setattr(model.parameters()[0], "data", 3.0),
    "all numbers": lambda model: [setattr(p, "data", p.data * -2) for p in model.parameters()],
}


@pytest.mark.parametrize("how", ["closed over", "passed", "method", "in a list"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_model_that_is_changed(name, how):
    """A flag, an activation, a layer or a parameter object that is another one now."""
    model = Dropped(MLP(2, [3, 1], activation="relu", seed=6))
    f, args = {
        "closed over": (lambda x: model(list(x)) ** 2, lambda x: (x,)),
        "passed": (lambda m, x: m(list(x)) ** 2, lambda x: (model, x)),
        "method": (model.__call__, lambda x: (list(x),)),
        "in a list": (lambda ms, x: ms[0](list(x)) ** 2, lambda x: ([model], x)),
    }[how]
    jitted = jit(f)
    for x in POINTS[:2]:
        same(jitted, f, args(x), model)
    CHANGES[name](model)
    for x in POINTS:
        same(jitted, f, args(x), model)
    model.training = not model.training
    for x in POINTS:
        same(jitted, f, args(x), model)


def loss_with_an_exit(model, k, x):
    return one(model(list(x))) ** 2 + float(x[0]) * k


def test_eight_threads_that_record_one_model_leave_it_as_it_was():
    """A recording moved the live parameters, and two at once put back each other's."""
    for round_ in range(5):
        model = MLP(2, [4, 1], seed=round_)
        before = [p.data for p in model.parameters()]
        slopes = [p.grad for p in model.parameters()]
        jitted = [jit(partial(loss_with_an_exit, model, k)) for k in range(8)]
        started, wrong = threading.Barrier(8), []

        def work(k, model=model, jitted=jitted, started=started, wrong=wrong):
            started.wait()
            try:
                for x in POINTS:
                    expected = one(model(list(x))).data ** 2 + float(x[0]) * k
                    found = jitted[k](x)
                    value, _ = jitted[k].value_and_grad(x, argnums=model)
                    if not (math.isclose(found, expected) and math.isclose(value, expected)):
                        wrong.append((found, value, expected))
                    theta = np.full(len(model.parameters()), 0.25)
                    jitted[k].value_and_grad(x, argnums=model, vector=theta)
            except Exception as error:
                wrong.append(error)

        threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not wrong
        assert [p.data for p in model.parameters()] == before
        assert [p.grad for p in model.parameters()] == slopes


def test_a_thread_that_reads_a_model_while_another_records_it():
    """The reader sees the model's own numbers at every moment."""
    model = Neuron(1, nonlin=False, seed=0)
    numbers = [p.data for p in model.parameters()]
    done, wrong = threading.Event(), []

    def read():
        while not done.is_set():
            seen = [p.data for p in model.parameters()]
            if seen != numbers:
                wrong.append(seen)
                return

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for k in range(30):
            jitted = jit(lambda x, k=k: model([x]) * k + float(model([x])))
            jitted.value_and_grad(0.5, argnums=model)
            jitted.value_and_grad(0.5, argnums=model, vector=np.array([9.0, 9.0]))
    finally:
        done.set()
        reader.join()
    assert not wrong


def test_threads_that_call_one_jitted_function():
    model = MLP(2, [3, 1], activation="tanh", seed=2)
    f = lambda x: one(model(list(x))) * int(x[0] * 4) if x[1] > 0 else one(model(list(x)))
    jitted, wrong = jit(f), []

    def work(seed):
        random = np.random.default_rng(seed)
        for _ in range(25):
            x = random.uniform(-1, 1, 2)
            expected = f([Value(v) for v in x])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", JitWarning)
                found = jitted(x)
            if not math.isclose(found, expected.data, rel_tol=1e-9, abs_tol=1e-12):
                wrong.append((x, found, expected.data))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)
        threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert not wrong


def test_max_of_other_threads_while_one_records():
    """What a recording does to ``max`` and ``min`` it does in its own thread only."""
    started, release, seen = threading.Event(), threading.Event(), []

    def f(xs):
        started.set()
        release.wait(10)
        return max(xs) * min(xs)

    def other():
        started.wait(10)
        values = [Value(1.0), Value(3.0)]
        seen.extend([max(values) is values[1], min(values) is values[0], max(3, 1), min([2.5])])
        release.set()

    thread = threading.Thread(target=other)
    thread.start()
    jitted = jit(f)
    assert jitted([2.0, 5.0]) == 10.0
    thread.join()
    assert seen == [True, True, 3, 2.5]
    import builtins

    assert builtins.max is max
    assert max.__name__ == "max"
    values = [Value(1.0), Value(3.0)]
    assert max(values) is values[1]


# -- copies ---------------------------------------------------------------------------------


def copies(jitted):
    """The copies that can be made; a refusal must say why."""
    made = []
    for how in (copy.deepcopy, lambda j: pickle.loads(pickle.dumps(j))):
        outcome = Outcome(lambda how=how: how(jitted))
        if outcome.error is None:
            made.append(outcome.result)
        else:
            assert isinstance(outcome.error, (TypeError, pickle.PicklingError, AttributeError))
            assert len(str(outcome.error)) > 20
    return made


GLOBAL_MODEL = MLP(2, [2, 1], activation="tanh", seed=4)


def loss_of_the_global_model(x):
    return one(GLOBAL_MODEL(list(x))) ** 2


def test_copies_of_a_jitted_function_of_a_global_model():
    """The model that a copy finds again is the live one."""
    jitted = jit(loss_of_the_global_model)
    jitted(POINTS[0])
    jitted(POINTS[0])
    held = [p.data for p in GLOBAL_MODEL.parameters()]
    made = [*copies(jitted), copy.copy(jitted)]
    assert len(made) == 3
    try:
        for p in GLOBAL_MODEL.parameters():
            p.data = p.data + 1.0
        for copied in (*made, jitted):
            same(copied, loss_of_the_global_model, (POINTS[0],), GLOBAL_MODEL)
    finally:
        for p, x in zip(GLOBAL_MODEL.parameters(), held, strict=True):
            p.data = x


def test_copies_of_a_jitted_closure_over_a_model():
    """They follow the live model, or they are refused: never a model of yesterday."""
    model = MLP(2, [2, 1], activation="tanh", seed=4)
    jitted = jit(f := lambda x: one(model(list(x))) ** 2)
    jitted(POINTS[0])
    jitted(POINTS[0])
    made = [*copies(jitted), copy.copy(jitted)]
    for p in model.parameters():
        p.data = p.data + 1.0
    for copied in made:
        assert copied(POINTS[0]) == pytest.approx(f(POINTS[0]).data, rel=1e-12)
        same(copied, f, (POINTS[0],), model)


class Trainer:
    def __init__(self):
        self.model = MLP(2, [2, 1], activation="tanh", seed=4)
        self.loss = jit(self.of)

    def of(self, x):
        return one(self.model(list(x))) ** 2


def test_copies_of_an_object_that_holds_a_model_and_its_jitted_loss():
    """The copied object's loss is of the copied object's model."""
    trainer = Trainer()
    trainer.loss(POINTS[0])
    trainer.loss(POINTS[0])
    for copied in (copy.deepcopy(trainer), pickle.loads(pickle.dumps(trainer))):
        for p in copied.model.parameters():
            p.data = p.data * 2 + 1
        assert copied.loss(POINTS[0]) == pytest.approx(copied.of(POINTS[0]).data, rel=1e-12)
        assert trainer.loss(POINTS[0]) == pytest.approx(trainer.of(POINTS[0]).data, rel=1e-12)
        _, slopes = copied.loss.value_and_grad(POINTS[0], argnums=copied.model)
        assert np.abs(slopes).max() > 0


def test_a_copied_model_as_an_argument():
    model = MLP(2, [2, 1], activation="tanh", seed=4)
    jitted = jit(f := lambda m, x: one(m(list(x))) ** 2)
    same(jitted, f, (model, POINTS[0]), model)
    other = copy.deepcopy(model)
    for p in other.parameters():
        p.data = p.data + 1.0
    same(jitted, f, (other, POINTS[0]), other)
    same(jitted, f, (model, POINTS[0]), model)


def test_the_models_of_a_jitted_function_are_not_kept_for_ever():
    """A thousand models passed to one function: most of them can be forgotten."""
    import gc
    import weakref

    jitted = jit(lambda m, x: m([x]) * 2)
    seen = []
    for seed in range(200):
        model = Neuron(1, seed=seed)
        jitted(model, 1.5)
        jitted.value_and_grad(model, 1.5, argnums=model)
        seen.append(weakref.ref(model))
    del model
    gc.collect()
    alive = sum(ref() is not None for ref in seen)
    assert alive <= 100
