"""Every public function says what it takes, gives and refuses, and shows a call that runs.

``help(f)`` is where a user looks first; an argument that it leaves out is found by trial.  That the
examples run is ``test_doctests``'s.
"""

import builtins
import inspect
import re
from importlib import import_module

import numpy as np
import pytest

import autograd_nn
from autograd_nn import errors, transforms

pytest.importorskip("sklearn")

SECTIONS = ("Args", "Attributes", "Returns", "Raises")
MODULES = ("", *autograd_nn._MODULES.values(), "jit")
#: Those that a library outside of Python and this package has.
FOREIGN = {"numpy.linalg.LinAlgError": np.linalg.LinAlgError}
#: What asks about any object, and so refuses none.
TAKE_ANYTHING = (transforms.derivative_of,)


def public_things():
    """Every public function and class by its full name; errors have no arguments of a user's."""
    found = {}
    for room in MODULES:
        module = import_module(f"autograd_nn.{room}".rstrip("."))
        for name in module.__all__:
            thing = getattr(module, name)
            is_error = isinstance(thing, type) and issubclass(thing, BaseException)
            if callable(thing) and not inspect.ismodule(thing) and not is_error:
                found.setdefault(id(thing), (f"{room or 'autograd_nn'}.{name}", thing))
    return dict(sorted(found.values(), key=lambda pair: pair[0]))


THINGS = public_things()
FUNCTIONS = {name: x for name, x in THINGS.items() if not isinstance(x, type)}
CLASSES = {name: x for name, x in THINGS.items() if isinstance(x, type)}


def sections(thing):
    """The text of each section of a docstring, by its heading."""
    parts = re.split(rf"^({'|'.join(SECTIONS)}):\n", inspect.getdoc(thing) or "", flags=re.M)
    texts = [re.split(r"\n(?=\S)", text)[0] for text in parts[2::2]]
    return dict(zip(parts[1::2], texts, strict=True))


def entries(text):
    """The names that a section explains, ``a, b: what they are``."""
    lines = re.findall(r"^    (\S.*?):(?: |$)", text, re.MULTILINE)
    return {name.strip("*` ") for line in lines for name in line.split(",")}


def undocumented(thing):
    """What the docstring of a function leaves out."""
    text, found = inspect.getdoc(thing) or "", sections(thing)
    taken = inspect.signature(thing)
    missing = [
        f"the argument {name}"
        for name in taken.parameters
        if name not in entries(found.get("Args", ""))
    ]
    gives = taken.return_annotation not in (None, "None")
    missing += ["Returns"] if gives and "Returns" not in found else []
    refuses = taken.parameters and thing not in TAKE_ANYTHING
    missing += ["Raises"] if refuses and "Raises" not in found else []
    return missing + ([] if ">>> " in text else ["an example"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_documents_arguments_result_errors_and_an_example(name):
    assert undocumented(FUNCTIONS[name]) == []


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_documents_what_it_is_made_of_or_holds_and_an_example(name):
    """One that users make has its arguments; one that they are given, its attributes."""
    thing = CLASSES[name]
    found = sections(thing)
    arguments = entries(found.get("Args", ""))
    if "Attributes" not in found or arguments:
        assert set(inspect.signature(thing).parameters) <= arguments
    assert ">>> " in inspect.getdoc(thing)


@pytest.mark.parametrize("name", THINGS)
def test_errors_that_are_named_exist_and_no_argument_is_made_up(name):
    found = sections(THINGS[name])
    for line in re.findall(r"^    (\w[\w., ]*?):(?: |$)", found.get("Raises", ""), re.MULTILINE):
        for error in line.split(", "):
            known = getattr(errors, error, getattr(builtins, error, FOREIGN.get(error)))
            assert known is not None, error
            assert issubclass(known, BaseException)
    documented = entries(found.get("Args", ""))
    assert documented <= set(inspect.signature(THINGS[name]).parameters)


def test_public_methods_have_a_docstring():
    bare = [
        f"{name}.{method}"
        for name, thing in CLASSES.items()
        for method, member in vars(thing).items()
        if not method.startswith("_") and inspect.isfunction(member) and not member.__doc__
    ]
    assert bare == []


def test_nothing_is_overlooked():
    assert len(FUNCTIONS) > 110
    assert len(CLASSES) > 60
    assert {"functions.exp", "autograd_nn.grad", "losses.huber", "autograd_nn.draw"} <= set(
        FUNCTIONS
    )


# -- the check itself --------------------------------------------------------------------------


def whole(a, b=1):
    """What it does.

    Args:
        a: one.
        b: another
            over two lines: with a colon.

    Returns:
        Their sum.

    Raises:
        TypeError: neither.

    >>> whole(1)
    2
    """


@pytest.mark.parametrize(
    ("lines", "left_out"),
    [
        ("", []),
        ("        a: one.\n", ["the argument a"]),
        ("    Returns:\n        Their sum.\n\n", ["Returns"]),
        ("    Raises:\n        TypeError: neither.\n\n", ["Raises"]),
        ("    >>> whole(1)\n    2\n", ["an example"]),
    ],
)
def test_what_is_left_out_is_found(lines, left_out):
    def function(a, b=1):
        return a + b

    function.__doc__ = whole.__doc__.replace(lines, "")
    assert undocumented(function) == left_out
