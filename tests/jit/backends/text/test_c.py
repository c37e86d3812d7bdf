"""Whole programs as C: what they compute, what they say of themselves, what they refuse."""

import math
import re

import numpy as np
import pytest
from c_calls import InC, flat
from c_compiler import COMPILERS, compiled, run_main

from autograd_nn import Value, custom_op, grad, nn
from autograd_nn import functions as fn
from autograd_nn.errors import BadArgumentError, LeakError, TraceError, WrongTypeError
from autograd_nn.jit import jit, take

needs_compiler = pytest.mark.skipif(not COMPILERS, reason="no compiler of C")
RNG = np.random.default_rng(0)
NUMBERS = [[float(x) for x in row] for row in RNG.normal(size=(6, 5))]


def layers(w, b, x):
    h = list(x)
    for _ in range(3):
        h = [
            fn.tanh(sum((a * c for a, c in zip(r, h, strict=True)), s))
            for r, s in zip(w, b, strict=True)
        ]
    return sum(v * v for v in h)


def swing(start, steps=40):
    angle, speed = start
    total = 0.0
    for _ in range(steps):
        speed = speed - 0.05 * fn.sin(angle)
        angle = angle + 0.05 * speed
        total = total + (angle - 0.3) ** 2
    return total


def ragged(x):
    return sum(fn.exp(-sum(v * v for v in x[:k])) * k for k in range(1, len(x) + 1))


def extremes(x):
    return fn.maximum(x[0], x[1]) * max(*x) - min(*x) + sum(fn.relu(v) for v in x)


def kinks(x):
    a, b, *_ = x
    found = fn.maximum(a, b) + fn.minimum(b, a) * 0.5 + fn.relu(a) - abs(a) * 0.25
    return found + fn.leaky_relu(a, 0.1) + fn.sqrt(b) + a % b + abs(b)


def gathered(x, order):
    return sum(x[j] * x[k] for j, k in order)


def structures(a, b):
    (first, second), named = a, b["w"]
    return first * sum(second) + sum(sum(row) for row in named) * b["s"] + b["n"]


def special(x):
    a, b = x
    found = fn.lgamma(a) + fn.digamma(a) * fn.log_ndtr(b) + fn.erf(b) + fn.cbrt(a) + a**b + a % b
    return found + fn.logaddexp(a, b) + fn.hypot(a, b) + fn.atan2(b, a) + fn.softplus(b) + a // b


def looked_up(table, at):
    return sum(take(table, i)[0] * 2.0 + take(table, i)[1] for i in at)


def irregular(x):
    values = list(x)
    for k in range(900):
        a, b = values[(k * 7) % len(values)], values[(k * 13 + 5) % len(values)]
        values.append([a + b, a * b * 0.5, a - b, fn.sin(a), a / (b * b + 1.0)][k % 5])
    return sum(values)


def several(x):
    return {"sum": sum(x), "each": [v * v for v in x], "seven": 7.0}


ORDER = [(int(a), int(b)) for a, b in RNG.integers(0, 40, (60, 2))]
CASES = {
    "layers": (layers, (RNG.normal(size=(12, 12)) / 3, RNG.normal(size=12), RNG.normal(size=12))),
    "swing": (swing, ([1.0, 0.0],)),
    "ragged": (ragged, (list(RNG.normal(size=9)),)),
    "extremes": (extremes, ([1.0, 2.0, 2.0, -1.0, 0.0, -0.0],)),
    "kinks": (kinks, ([0.0, 0.7],)),
    "gathered": (lambda x: gathered(x, ORDER), (RNG.normal(size=40),)),
    "structures": (
        structures,
        ((2.0, [1.0, -1.0, 0.5]), {"w": [[1.0, 2.0], [3.0, 4.0]], "s": 0.5, "n": 3}),
    ),
    "special": (special, ([2.5, 0.7],)),
    "looked_up": (looked_up, (np.array(NUMBERS), [2, 0, 5, 2])),
    "irregular": (irregular, (list(RNG.normal(size=8)),)),
    "large": (
        lambda x, y: sum(a * fn.exp(-b) for a, b in zip(x, y, strict=True)),
        RNG.normal(size=(2, 5000)),
    ),
    "constant": (lambda x: 4.5, ([1.0, 2.0],)),
    "unused": (lambda x, y: x * 2.0, (3.0, [1.0, 2.0])),
    "argument": (lambda x: x, (3.0,)),
}


def program_of(f, args, **options):
    return jit(f, backend="reference", **options).program(*args)


@pytest.fixture(scope="module")
def in_c():
    """All cases, compiled as one file."""
    programs = {name: program_of(f, args) for name, (f, args) in CASES.items()}
    texts = {name: program.to_c(f"c_{name}") for name, program in programs.items()}
    library = compiled("\n".join(texts.values()), COMPILERS[0])
    return {
        name: InC(library, texts[name], f"c_{name}", program) for name, program in programs.items()
    }


@needs_compiler
@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient_are_the_functions_own(name, in_c):
    """The oracle is the engine: what the user would get without any export."""
    f, args = CASES[name]
    code, value, slopes = in_c[name](*args)
    assert code == 0
    plain, slope = f(*args), grad(f, argnums=tuple(range(len(args))))(*args)
    np.testing.assert_allclose(value, [[float(plain)]], rtol=1e-12)
    np.testing.assert_allclose(flat(list(slopes.values())), flat(slope), rtol=1e-11, atol=1e-13)
    code, value, slopes = in_c[name](*args, gradient=False)
    assert code == 0
    assert value[0, 0] == float(plain) or abs(value[0, 0] / float(plain) - 1) < 1e-12
    assert all((x == 7.0).all() for x in slopes.values())


@needs_compiler
@pytest.mark.parametrize("special_number", [math.nan, math.inf, -math.inf, 0.0, -0.0])
def test_numbers_of_ieee_go_through_as_in_the_engine(special_number, in_c):
    """At nan, infinities and kinks a slope is what the table says, not what C makes of it."""
    for name in ("ragged", "kinks", "special", "swing"):
        f, args = CASES[name]
        at = [special_number, *args[0][1:]]
        with np.errstate(all="ignore"):
            plain, slope = float(f(at)), grad(f)(at)
            code, value, slopes = in_c[name](at)
        assert code == 0
        np.testing.assert_allclose(value, [[plain]], rtol=1e-12)
        np.testing.assert_allclose(slopes["d_a0"], flat(slope), rtol=1e-11, atol=1e-13)
        assert np.signbit(value[0, 0]) == np.signbit(plain) or math.isnan(plain)


def branching(x, n):
    total = x[0] * 1.0
    for v in x[1:]:
        total = total + v * v if v > total else total - v
    return total * n if n == 3 else total


@needs_compiler
def test_another_path_is_refused_and_nothing_is_changed():
    """A number of the recorded path where the function takes another would be plainly wrong."""
    program = program_of(branching, ([0.5, 2.0, -1.0], 3))
    f = _one(program, "f_path")
    assert f([0.5, 2.0, -1.0], 3)[0] == 0
    for other in (([0.5, 0.2, -1.0], 3), ([0.5, 2.0, -1.0], 4), ([math.nan, 2.0, -1.0], 3)):
        for gradient in (False, True):
            code, value, slopes = f(*other, gradient=gradient)
            assert code == 1
            assert all((x == 7.0).all() for x in [value, *slopes.values()])


@needs_compiler
def test_many_comparisons_are_a_loop_and_none_is_left_out():
    """The last of a hundred comparisons counts as the first does."""
    program = program_of(branching, ([float(k % 7) for k in range(100)], 3))
    f = _one(program, "f_many")
    x = [float(k % 7) for k in range(100)]

    def outcomes(x):
        total, found = x[0], []
        for v in x[1:]:
            found.append(v > total)
            total = total + v * v if v > total else total - v
        return found

    codes = []
    for k in range(100):
        for other in (-1e9, 1e9):
            at = [*x[:k], other, *x[k + 1 :]]
            codes.append(f(at, 3)[0])
            assert codes[-1] == (outcomes(at) != outcomes(x))
    assert f(x, 3)[0] == 0
    assert sum(codes) > 100


@needs_compiler
def test_a_model_is_one_vector_in_its_own_order():
    """Slopes in another order than ``model.parameters()`` would train the wrong weights."""
    model = nn.MLP(2, [3, 1], seed=0)
    last = Value(0.5)

    def loss(x):
        return (model(x)[0] if isinstance(model(x), list) else model(x)) ** 2 + last * x[0]

    program = program_of(loss, ([0.3, -0.7],))
    for argnums, name in ((None, "f_all"), (model, "f_model")):
        f = InC(*_texts(program, name, argnums), name, program)
        parameters = [p.data for p in model.parameters()]
        vector = parameters if argnums is model else [v.data for v in program.captured]
        code, value, slopes = f([0.3, -0.7], vector=vector)
        assert code == 0
        expected, gradient = program.value_and_grad([0.3, -0.7], argnums=model)
        assert value[0, 0] == pytest.approx(expected, rel=1e-13)
        if argnums is model:
            assert list(slopes) == ["d_parameters"]
            np.testing.assert_allclose(slopes["d_parameters"], gradient, rtol=1e-12)
        else:
            assert list(slopes) == ["d_a0", "d_parameters"]
            by_value = dict(zip(map(id, program.captured), slopes["d_parameters"], strict=True))
            found = [by_value[id(p)] for p in model.parameters()]
            np.testing.assert_allclose(found, gradient, rtol=1e-12)


@needs_compiler
def test_a_large_model_keeps_its_order_too():
    """Thousands of parameters lie in a buffer of their own, in the order of the function."""
    first = Value(0.5)
    model = nn.MLP(90, [50, 1], seed=0)
    x = list(RNG.normal(size=90))
    program = program_of(lambda x: first * model(x), (x,))
    f = InC(*_texts(program, "f_large", model), "f_large", program)
    code, value, slopes = f(x, vector=[p.data for p in model.parameters()])
    expected, gradient = program.value_and_grad(x, argnums=model)
    assert code == 0
    assert value[0, 0] == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(slopes["d_parameters"], gradient, rtol=1e-10, atol=1e-14)


def _texts(program, name, argnums=None, **options):
    text = program.to_c(name, argnums=argnums, **options)
    return compiled(text, COMPILERS[-1]), text


def _one(program, name, **options):
    return InC(*_texts(program, name, **options), name, program)


def row_loss(w, x, y):
    h = [fn.tanh(sum(a * b for a, b in zip(r, x, strict=True))) for r in w]
    return (sum(h) - y) ** 2


@needs_compiler
@pytest.mark.parametrize("reduce", ["mean", "sum", None])
def test_rows_of_any_number_in_blocks_of_any_size(reduce):
    """A block that is not full must not count the rows that fill it."""
    w, x, y = RNG.normal(size=(3, 4)), RNG.normal(size=(37, 4)), RNG.normal(size=37)
    program = program_of(row_loss, (w, x, y), rows=("x", "y"), reduce=reduce)
    names = {block: f"rows{block}" for block in (1, 2, 16, 64)}
    texts = {block: program.to_c(name, block=block) for block, name in names.items()}
    library = compiled("\n".join(texts.values()), COMPILERS[0])
    for block, name in names.items():
        f = InC(library, texts[block], name, program)
        for rows in (1, 2, 15, 16, 17, 37):
            some = (w, x[:rows], y[:rows])
            expected, slopes = program.value_and_grad(*some, argnums=(0, 1, 2))
            code, value, found = f(*some)
            assert code == 0
            np.testing.assert_allclose(value.ravel(), np.ravel(expected), rtol=1e-12)
            np.testing.assert_allclose(flat(list(found.values())), flat(slopes), rtol=1e-11)
            np.testing.assert_allclose(f(*some, gradient=False)[1].ravel(), np.ravel(expected))


@needs_compiler
def test_a_row_on_another_path_is_named_and_no_rows_are_refused():
    """The caller learns which row it was."""

    def kinked(a, x):
        return a * x if x > 0.0 else a - x

    x = np.array([1.0, 2.0, 3.0, -1.0, 2.0])
    program = program_of(kinked, (2.0, np.abs(x)), rows="x")
    f = _one(program, "f_rows", block=2)
    assert f(2.0, x)[0] == 4
    assert f(2.0, x[:3])[0] == 0
    library, name = f.library, f.name
    assert library[name](0, *[None] * 4) in (-1, 2**32 - 1)


@needs_compiler
def test_large_arguments_by_row_and_shared_are_read_where_they_lie():
    """Arguments of thousands of numbers have buffers of their own."""
    w, x = RNG.normal(size=(100, 60)), RNG.normal(size=(70, 60))

    def loss(w, x):
        return sum(fn.tanh(sum(a * b for a, b in zip(r, x, strict=True))) for r in w)

    program = program_of(loss, (w, x), rows="x")
    f = _one(program, "f_large", block=40)
    code, value, slopes = f(w, x)
    expected, wanted = program.value_and_grad(w, x, argnums=(0, 1))
    assert code == 0
    np.testing.assert_allclose(value, [[expected]], rtol=1e-12)
    np.testing.assert_allclose(flat(list(slopes.values())), flat(wanted), rtol=1e-10, atol=1e-15)


@needs_compiler
def test_several_results_come_in_the_order_in_which_they_are_returned():
    """Without one number there is no gradient; the comment says where each result lies."""
    x = [float(k) for k in range(30)]
    program = program_of(several, (x,))
    f = _one(program, "f_several")
    assert not f.has_gradient
    code, value, _ = f(x, gradient=False)
    assert code == 0
    np.testing.assert_allclose(value[0], [sum(x), *(v * v for v in x), 7.0], rtol=1e-13)
    text = program.to_c("f_several")
    assert "0: result['sum']" in text
    assert "from 1 to 30: result['each'], double[30]" in text
    assert "31: result['seven']" in text
    with pytest.raises(WrongTypeError, match="does not return one number"):
        program.to_c(argnums=0)


SANITIZED = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
WAYS = [("gcc", ["-O3", "-march=native"]), ("gcc", SANITIZED), ("clang", SANITIZED)]
MAINS = ("layers", "structures", "looked_up", "extremes", "special", "rows")


@pytest.fixture(scope="module")
def mains():
    """Programs with a ``main`` each, as one file that runs all."""
    rows = (RNG.normal(size=(3, 4)), RNG.normal(size=(5, 4)), RNG.normal(size=5))
    programs = {name: program_of(*CASES[name]) for name in MAINS[:-1]}
    programs["rows"] = program_of(row_loss, rows, rows=("x", "y"))
    texts = [
        program.to_c(f"m_{name}", argnums=0, main=True).replace("main(void)", f"main_{name}(void)")
        for name, program in programs.items()
    ]
    calls = "".join(f'printf("{x} = 0\\n"); failed |= main_{x}(); ' for x in MAINS)
    main = f"int main(void) {{ int failed = 0; {calls}return failed; }}\n"
    return "\n".join([*texts, main]), rows


@needs_compiler
@pytest.mark.parametrize(("compiler", "flags"), WAYS, ids=["fast", "gcc", "clang"])
def test_main_prints_what_was_recorded(compiler, flags, mains):
    """Under sanitizers: no read beside an array, nothing that C leaves undefined."""
    if compiler not in COMPILERS:
        pytest.skip(f"no {compiler}")
    text, (w, x, y) = mains
    printed = run_main(text, compiler, flags)
    assert isinstance(printed, list), printed
    assert [name for name, _ in printed] == list(MAINS)
    for name, found in printed:
        f, args = CASES.get(name, (row_loss, (w, x[0], y[0])))
        assert found["value"][0] == pytest.approx(float(f(*args)), rel=1e-11)
        slopes = np.concatenate([part for each, part in found.items() if each != "value"])
        np.testing.assert_allclose(slopes, flat(grad(f)(*args)), rtol=1e-10, atol=1e-13)


# -- what the file is ----------------------------------------------------------------------


def test_the_file_needs_nothing_and_says_what_it_takes(monkeypatch):
    """It is written where no compiler is; somebody who has only the file can call it."""
    monkeypatch.setenv("PATH", "")
    f, args = CASES["structures"]
    text = program_of(f, args).to_c("controller")
    assert re.findall("#include (.*)", text) == ["<math.h>"]
    head = text[: text.index("*/")]
    for line in (
        "a0: argument 0, double[4], all numbers in order",
        "a1_0: argument 1['w'], double[2][2]",
        "a1_1: argument 1['s'], one double",
        "value: the result, one double",
        "CONTROLLER_WORKSPACE doubles",
        "Returned is 0",
    ):
        assert line in head
    assert "malloc" not in text
    # Nothing is kept between calls: what is static is a function or constant.
    assert re.findall(r"^static (?!const )[^(]*[;=]", text, re.MULTILINE) == []


def test_the_same_program_gives_the_same_file():
    """A file under version control changes where the function does."""
    f, args = CASES["layers"]
    assert program_of(f, args).to_c("f") == program_of(f, args).to_c("f")


def test_argnums_chooses_the_slopes():
    program = program_of(lambda x, y, s: x * y, (2.0, 3.0, "text"))
    heads = {
        argnums: re.findall(
            r"double \*(d_\w+)",
            re.search(r"int f_gradient\((.*?)\);", program.to_c(argnums=argnums), re.DOTALL)[1],
        )
        for argnums in (None, 0, 1, (1, 0), -2)
    }
    assert heads == {
        None: ["d_a0", "d_a1"],
        0: ["d_a0"],
        1: ["d_a1"],
        (1, 0): ["d_a0", "d_a1"],
        -2: ["d_a1"],
    }
    with pytest.raises(BadArgumentError, match="argument 2, which holds no numbers"):
        program.to_c(argnums=2)
    with pytest.raises(BadArgumentError, match="argument 3"):
        program.to_c(argnums=3)


# -- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "letters, digits and underscores"),
        ("2f", "letters, digits and underscores"),
        ("my-f", "letters, digits and underscores"),
        ("f()", "letters, digits and underscores"),
        ("größe", "letters, digits and underscores"),
        ("f\n", "letters, digits and underscores"),
        ("_f", "keeps such names for itself"),
        ("double", "a word of the language"),
        ("restrict", "a word of the language"),
        ("sin", "C's library has that name"),
        ("NAN", "C's library has that name"),
        ("malloc", "C's library has that name"),
        ("fmaf", "C's library has that name"),
        ("main", "C's library has that name"),
        ("f" * 2000, "at most so many"),
    ],
)
def test_a_name_that_c_cannot_have_is_refused(name, why):
    program = program_of(lambda x: x * 2, (1.0,))
    with pytest.raises(BadArgumentError, match=why) as caught:
        program.to_c(name)
    assert len(str(caught.value)) < 400
    with pytest.raises(WrongTypeError, match="a str"):
        program.to_c(3)


@needs_compiler
def test_names_that_the_file_has_itself_are_no_trouble():
    """Whatever variables the file has, the name is the user's."""
    program = program_of(row_loss, (np.ones((2, 3)), np.ones((4, 3)), np.ones(4)), rows=("x", "y"))
    names = ("a0", "d_a0", "value", "work", "rows", "v", "d", "k", "l", "first", "seed", "t0", "to")
    texts = [program.to_c(name, block=3) for name in names]
    for compiler in COMPILERS:
        compiled("\n".join(texts), compiler, ["-O0"])


def test_an_operation_that_only_python_knows_is_named():
    """Its numbers would be those of the recording, for ever."""
    gamma = custom_op(lambda x: math.gamma(float(x)), lambda x, y: y * 2.0, name="my_gamma")
    program = jit(lambda x: gamma(x) + 1.0, backend="reference").program(2.0)
    with pytest.raises(TraceError, match="'my_gamma' has no form in C"):
        program.to_c()
    cube = custom_op(lambda x: x * x * x, lambda x, y: 3.0 * x * x, name="cube")
    assert "f_gradient" in jit(lambda x: cube(x) + 1.0, backend="reference").program(2.0).to_c()


def test_a_slope_that_would_be_zero_without_a_word_is_refused():
    def leaky(x, y):
        held = np.zeros(2)
        held[0] = x
        return held.sum() * y

    program = jit(leaky, backend="reference").program(2.0, 3.0)
    assert "d_a1" in program.to_c(argnums=1)
    program = jit(lambda x: Value(float(x)) * 2.0, backend="reference").program(2.0)
    with pytest.raises(LeakError):
        program.to_c(argnums=0)
    assert "d_a0" not in program.to_c()


@pytest.mark.parametrize("block", [0, -1, 2.0, None])
def test_a_block_is_a_positive_number_of_rows(block):
    program = program_of(lambda x: x * 2, (np.ones(3),), rows="x")
    with pytest.raises((BadArgumentError, WrongTypeError), match="block"):
        program.to_c(block=block)
