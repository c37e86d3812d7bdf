"""Messages say what was given in one line, however large it is; a notebook that shows a megabyte
of it cannot be scrolled, and an int of a million digits cannot even be printed."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

import autograd_nn as ag
from autograd_nn import Value, checking, functions, linalg, losses, nn, optim, saving
from autograd_nn.checks import describe, shown
from autograd_nn.training import EarlyStopping, accuracy
from autograd_nn.training.history import History


@dataclass
class Record:
    text: str


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no repr")


LONG = 10**6
HUGE = {
    "a text": "x" * LONG,
    "bytes": b"x" * LONG,
    "an int": 10**LONG,
    "a negative int": -(10**LONG),
    "a fraction": Fraction(10**LONG, 3),
    "a list of a text": ["x" * LONG],
    "a list of an int": [10**LONG],
    "a long list": ["x"] * LONG,
    "a nest": [[[["x" * LONG] * 50] * 50] * 50],
    "a dict of many keys": {f"k{i}": "x" for i in range(LONG // 10)},
    "a dict of a long key": {"k" * LONG: "x"},
    "an array": np.zeros((1000, 100)),
    "an array of texts": np.array(["y" * LONG]),
    "an array of objects": np.array(["y" * LONG, 10**LONG], dtype=object),
    "a record": Record("z" * LONG),
    "what has no repr": Unprintable(),
}


@pytest.mark.parametrize("huge", HUGE.values(), ids=HUGE)
def test_what_is_shown_is_short(huge):
    assert len(shown(huge)) <= 60
    assert len(describe(huge)) <= 60 + 1 + len(type(huge).__name__)
    assert describe(huge).startswith((type(huge).__name__, "an int of "))


def _model():
    return nn.MLP(2, [2, 1], seed=0)


def _fit(**settings):
    ag.fit(_model(), [[0.0, 1.0]], [0.0], **({"epochs": 1, "verbose": 0} | settings))


def _sgd(**settings):
    return optim.SGD([Value(1.0)], **settings)


def _set(name, x):
    setattr(Value(1.0), name, x)


def _constant_with_label(x):
    Value(1.0, x).detach().backward()


def _anomaly_with_label(x):
    with ag.detect_anomaly():
        functions.log(Value(0.0, x))


def _scope(x):
    with ag.scope(x):
        Value(1.0)


def _square(x):
    return x * x


#: Where a user puts something in.
ENTRIES = {
    "Value": Value,
    "label": lambda x: Value(1.0, label=x),
    "children": lambda x: Value(1.0, (x,), "+"),
    "op": lambda x: Value(1.0, (Value(1.0),), x),
    "data": lambda x: _set("data", x),
    "grad": lambda x: _set("grad", x),
    "set label": lambda x: _set("label", x),
    "constant": _constant_with_label,
    "anomaly": _anomaly_with_label,
    "scope": _scope,
    "backward": lambda x: Value(1.0).backward(x),
    "maximum": lambda x: Value(1.0).maximum(x),
    "sum": lambda x: Value(1.0) + x,
    "product": lambda x: x * Value(1.0),
    "parameter": ag.parameter,
    "grad of": ag.grad,
    "grad at": ag.grad(_square),
    "grad of list": lambda x: ag.grad(lambda x: 2.0 * x[0])([x]),
    "argnums": lambda x: ag.grad(_square, argnums=x)(1.0),
    "an argnum": lambda x: ag.grad(_square, argnums=(x,))(1.0),
    "grad result": lambda x: ag.grad(lambda _: x)(1.0),
    "jit": ag.jit,
    "jit rows": lambda x: ag.jit(_square, rows=(x,)),
    "jit backend": lambda x: ag.jit(_square, backend=x),
    "jit slopes": lambda x: ag.jit(lambda x: 1.0).value_and_grad(x, argnums=x),
    "take": lambda x: ag.take([[1.0]], x),
    "custom_op": lambda x: ag.custom_op(x, x),
    "custom_op name": lambda x: ag.custom_op(_square, _square, name=x)(1.0, 2.0),
    "custom_op operand": ag.custom_op(_square, _square),
    "draw": ag.draw,
    "view": lambda x: ag.draw(Value(1.0) * 2.0, view=x),
    "expand": lambda x: ag.draw(Value(1.0) * 2.0, expand=(x,)),
    "max_values": lambda x: ag.draw(Value(1.0) * 2.0, max_values=x),
    "width": lambda x: ag.draw(Value(1.0) * 2.0, width=x),
    "format": lambda x: ag.draw(Value(1.0) * 2.0).pipe(x),
    "row": lambda x: ag.draw(_model(), x),
    "theme": lambda x: ag.step_through(Value(1.0) * 2.0, theme=x),
    "explain": lambda x: ag.explain(Value(1.0), wrt=x),
    "expression": ag.expression,
    "to_latex": ag.to_latex,
    "label_variables": ag.label_variables,
    "check": lambda x: ag.check_gradients(x, 1.0),
    "check at": lambda x: ag.check_gradients(lambda *_: 1.0, x),
    "check hand": lambda x: ag.check_gradients(_square, 1.0, hand=lambda _: x),
    "check result": lambda x: ag.check_gradients(lambda _: x, 1.0),
    "check wrt": lambda x: ag.check_gradients(lambda x, y: x * y, (1.0, 2.0), wrt=x),
    "numeric": lambda x: checking.numeric_derivative(_square, x),
    "activation": lambda x: nn.MLP(2, [1], activation=x),
    "sizes": lambda x: nn.MLP(2, "xy" if isinstance(x, list) else x),
    "inputs": lambda x: nn.MLP(x, [1]),
    "row of a model": _model(),
    "number of a row": lambda x: _model()([x, 1.0]),
    "state": lambda x: saving.load_state_dict(_model(), x),
    "numbers of a state": lambda x: saving.load_state_dict(nn.Neuron(1), {"w": x, "b": 1.0}),
    "load": saving.load,
    "save": lambda x: saving.save(_model(), x),
    "save what": lambda x: saving.save(x, "model.npz"),
    "parameters": optim.SGD,
    "a parameter": lambda x: optim.SGD([x]),
    "lr": lambda x: _sgd(lr=x),
    "betas": lambda x: optim.Adam([Value(1.0)], betas=x),
    "clip": lambda x: optim.clip_grad_norm_([Value(1.0)], x),
    "schedule": lambda x: optim.StepLR(x, 2),
    "step": lambda x: optim.StepLR(_sgd(lr=0.1), x),
    "fit": lambda x: ag.fit(x, [[1.0]], [1.0], epochs=1, verbose=0),
    "fit X": lambda x: ag.fit(_model(), x, [1.0], epochs=1, verbose=0),
    "fit y": lambda x: ag.fit(_model(), [[1.0, 2.0]], x, epochs=1, verbose=0),
    "loss": lambda x: _fit(loss=x),
    "optimizer": lambda x: _fit(optimizer=x),
    "batch_size": lambda x: _fit(batch_size=x),
    "metrics": lambda x: _fit(metrics=[x]),
    "callbacks": lambda x: _fit(callbacks=x),
    "verbose": lambda x: _fit(verbose=x),
    "monitor": lambda x: _fit(callbacks=[EarlyStopping(monitor=x)]),
    "mode": lambda x: EarlyStopping(mode=x),
    "patience": lambda x: EarlyStopping(patience=x),
    "history": lambda x: History()[x],
    "predict": lambda x: ag.predict(_model(), x),
    "accuracy": lambda x: accuracy([0.0, 1.0], x),
    "mean_squared_error": lambda x: losses.mean_squared_error([x], [Value(1.0)]),
    "cross_entropy": lambda x: losses.cross_entropy([x], [[Value(1.0), 2.0]]),
    "exp": functions.exp,
    "dot": lambda x: functions.dot([x], [Value(1.0)]),
    "softmax": lambda x: functions.softmax([x, Value(1.0)]),
    "gelu": lambda x: functions.gelu(1.0, approximate=x),
    "interp": lambda x: functions.interp(Value(1.0), [x], [1.0]),
    "det": linalg.det,
    "norm": lambda x: linalg.norm([Value(1.0), 2.0], ord=x),
}


@pytest.mark.filterwarnings("ignore::autograd_nn.JitWarning")
@pytest.mark.parametrize("entry", ENTRIES)
def test_no_message_repeats_a_megabyte(entry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = 0
    for name, huge in HUGE.items():
        message = _message(ENTRIES[entry], huge)
        refused += bool(message)
        assert len(message) < 500, name
        assert "Exceeds the limit" not in message, name
    assert refused


def _message(give, huge):
    try:
        give(huge)
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


@pytest.mark.parametrize(
    "give",
    [
        Value,
        lambda x: Value(1.0) + x,
        lambda x: ag.grad(lambda x: x[0])([x]),
        lambda x: ag.check_gradients(lambda x: x[0], [x]),
        lambda x: functions.dot([x], [Value(1.0)]),
        lambda x: functions.exp([x]),
        lambda x: functions.exp(np.array([x, Value(1.0)])),
        lambda x: nn.MLP(1, [1])([x]),
        lambda x: losses.mean_squared_error([x], [Value(1.0)]),
        lambda x: ag.predict(nn.MLP(1, [1]), [[x]]),
        lambda x: ag.fit(nn.MLP(1, [1]), [[x]], [1.0], epochs=1, verbose=0),
        lambda x: _sgd(lr=x),
        lambda x: ag.take([[1.0]], x),
    ],
)
def test_an_int_beyond_floats_is_refused_alike_everywhere(give):
    """In a list it is the same mistake as alone, so it has the same message."""
    with pytest.raises(ag.TooLargeError, match=r"^an int of 1329 bits is too large for a float"):
        give(10**400)


def test_a_tensor_of_several_numbers_is_named_with_the_remedy():
    numbers = {"__dlpack__": None, "__array__": lambda *_: np.array([1.0, 2.0])}
    several = {"shape": (2,), "dtype": "float32", "__repr__": lambda _: "tensor([1., 2.])"}
    tensor = type("Tensor", (), {**numbers, **several, "__module__": "torch"})()
    for give in (Value, lambda x: Value(1.0, x), lambda x: nn.MLP(1, [1])([x])):
        with pytest.raises(ag.WrongTypeError, match=r"Tensor tensor\(\[1., 2.\]\)"):
            give(tensor)
    with pytest.raises(ag.WrongTypeError, match="Make one Value per element"):
        Value(tensor)
