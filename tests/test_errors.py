"""Users catch what this package refuses, also in another process, and read what was given."""

import ast
import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

import autograd_nn
from autograd_nn import Value, check_gradients, detect_anomaly, errors, fit, functions, linalg, nn
from autograd_nn.errors import AutogradError
from autograd_nn.training.history import History

PACKAGE = Path(autograd_nn.__file__).parent
PUBLIC = [getattr(errors, name) for name in errors.__all__]
CLASSES = [kind for kind in PUBLIC if issubclass(kind, AutogradError)]

#: The classes that take more than a message, with what they take.
ANOMALY = ("forward", "log", float("-inf"), [("x", 0.0), ("", 2.0)], "a.py:3: log(x)")
DATA = {
    "AnomalyError": ANOMALY,
    "LeakError": ("argument 0", "a.py:3: float(x)"),
    "NonFiniteLossError": (2, 5, float("inf"), errors.AnomalyError(*ANOMALY), History()),
}


def example(kind):
    if kind.__name__ == "GradientCheckError":
        return kind(check_gradients(lambda x: x * x, 3.0, hand=7.0))
    return kind(*DATA.get(kind.__name__, ("what is wrong, and what to do",)))


def same(a, b):
    """Equal data, also where an object compares by identity."""
    return a == b or (type(a) is type(b) and repr(a) == repr(b))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_comes_back_whole_from_another_process(kind):
    """A pool of processes hands errors on by pickle: a class that loses its data, or that cannot
    be made from its message, hangs the pool or hides what was wrong."""
    error = example(kind)
    error.add_note("seen in row 7")
    for back in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(back) is kind
        assert str(back) == str(error)
        assert back.args == error.args
        assert back.__notes__ == ["seen in row 7"]
        assert vars(back).keys() == vars(error).keys()
        assert all(same(vars(back)[name], x) for name, x in vars(error).items())


def test_a_subclass_of_the_user_comes_back_too():
    error = UserError("no", 3)
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is UserError
    assert (str(back), back.code) == ("no", 3)


class UserError(AutogradError):
    """An error as users derive one."""

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_is_also_a_built_in_one_and_shows_its_message(kind):
    if kind is not AutogradError:
        others = [base for base in kind.__mro__ if base.__module__ == "builtins"]
        assert not {Exception, BaseException, object}.issuperset(others)
    if kind.__name__ not in DATA and kind.__name__ != "GradientCheckError":
        assert str(example(kind)) == "what is wrong, and what to do"  # a KeyError adds quotes


def test_every_error_and_warning_is_at_the_top():
    for name in errors.__all__:
        assert name in autograd_nn.__all__
        assert getattr(autograd_nn, name) is getattr(errors, name)
    assert all(issubclass(kind, (AutogradError, Warning)) for kind in PUBLIC)


def test_the_drawing_in_the_docstring_is_the_real_tree():
    """It is where a user looks up what to catch."""
    for line in errors.__doc__.splitlines():
        name, _, rest = line.lstrip(" │├└─").partition(" ")
        if name.endswith("Error") and "─" in line:
            kind = getattr(errors, name)
            known = {base.__name__ for base in kind.__mro__}
            named = [word.strip(",") for word in rest.split() if word.strip(",").endswith("Error")]
            assert set(named) <= known
            assert bool(named) or "│  " in line or kind.__mro__[1] is not AutogradError
    drawn = {name for name in errors.__all__ if f" {name}" in errors.__doc__}
    assert drawn == set(errors.__all__) - {"JitWarning"}


# -- the rule, over the whole package ---------------------------------------------------------

#: What Python itself reads, or the system says of a file.
LEFT = {
    "AttributeError",
    "FileExistsError",
    "FileNotFoundError",
    "IsADirectoryError",
    "NotImplementedError",
    "OSError",
    "PermissionError",
    "StopIteration",
    "UnpicklingError",
    "ZeroDivisionError",
}
#: A text that Python's own operation raises.
INSIDE = {("exits.py", "TypeError")}


def raised(source):
    """The names of the classes that a file raises, where it makes the error itself.

    One with an underscore is answered in the same file.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            made = node.exc.func
            name = made.attr if isinstance(made, ast.Attribute) else getattr(made, "id", "")
            if name.endswith(("Error", "Exception", "Iteration")) and not name.startswith("_"):
                yield name


def defined(source):
    """The classes of errors and warnings that a file defines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base) for base in node.bases]
            error = any(base.endswith(("Error", "Exception", "Warning")) for base in bases)
            if error and not node.name.startswith("_"):
                yield node.name


def test_the_package_raises_its_own_errors():
    """``except AutogradError`` would miss one that is only a TypeError."""
    own, wrong = set(vars(errors)), []
    for path in PACKAGE.rglob("*.py"):
        file = path.relative_to(PACKAGE).as_posix()
        names = set(raised(path.read_text(encoding="utf-8"))) - own - LEFT
        wrong += [(file, name) for name in names if (file, name) not in INSIDE]
    assert wrong == []


def test_errors_are_defined_in_one_module():
    for path in PACKAGE.rglob("*.py"):
        found = list(defined(path.read_text(encoding="utf-8")))
        assert path.name == "errors.py" or found == [], path


def test_the_walk_sees_what_it_should():
    assert list(raised("raise TypeError('no')\nraise np.linalg.LinAlgError()\nraise")) == [
        "TypeError",
        "LinAlgError",
    ]
    assert list(defined("class A(ValueError): pass\nclass B: pass")) == ["A"]


# -- what is raised where ---------------------------------------------------------------------


def _anomaly():
    with detect_anomaly():
        functions.log(Value(0.0))


def _diverges():
    fit(nn.MLP(1, [1], seed=0), [[1e300]], [1e300], epochs=1, verbose=0)


@pytest.mark.parametrize(
    ("call", "kind", "built_in"),
    [
        (lambda: Value("2"), "WrongTypeError", TypeError),
        (lambda: Value(10**400), "TooLargeError", OverflowError),
        (lambda: Value(1.0, label=3), "WrongTypeError", TypeError),
        (lambda: Value(1.0).detach().backward(), "GraphError", RuntimeError),
        pytest.param(
            lambda: setattr(Value(1.0), "dtaa", 3),
            "UnknownNameError",
            AttributeError,
            marks=pytest.mark.skipif(
                not autograd_nn.engine_is_compiled(), reason="plain Python has no hook for it"
            ),
        ),
        (lambda: autograd_nn.draw(3), "WrongTypeError", TypeError),
        (lambda: nn.MLP(2, []), "BadArgumentError", ValueError),
        (lambda: functions.dot([1.0], [1.0, 2.0]), "BadArgumentError", ValueError),
        (lambda: autograd_nn.take([[1.0]], 1), "OutOfRangeError", IndexError),
        (lambda: History()["loss"], "UnknownNameError", KeyError),
        (
            lambda: linalg.inv(np.array([[Value(1.0), 1.0], [1.0, 1.0]])),
            "SingularMatrixError",
            np.linalg.LinAlgError,
        ),
        (
            lambda: autograd_nn.assert_gradients(lambda x: x * x, 3.0, hand=7.0),
            "GradientCheckError",
            AssertionError,
        ),
        (lambda: autograd_nn.jit(3), "WrongTypeError", TypeError),
        (_anomaly, "AnomalyError", ArithmeticError),
        (_diverges, "NonFiniteLossError", ArithmeticError),
    ],
)
def test_what_a_user_catches(call, kind, built_in):
    with pytest.raises(AutogradError) as caught:
        call()
    assert caught.type is getattr(errors, kind)
    assert isinstance(caught.value, built_in)
