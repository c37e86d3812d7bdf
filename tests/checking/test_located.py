"""A fault that is in no catalogue is located to its operation."""

import math
import random

from autograd_nn import functions
from autograd_nn.checking import check_gradients

UNARY = {  # the function and its slope, as a function of operand and result
    "tanh": (math.tanh, lambda u, y: 1 - y * y),
    "sin": (math.sin, lambda u, y: math.cos(u)),
    "cos": (math.cos, lambda u, y: -math.sin(u)),
    "exp": (math.exp, lambda u, y: y),
    "atan": (math.atan, lambda u, y: 1 / (1 + u * u)),
    "sigmoid": (lambda u: 1 / (1 + math.exp(-u)), lambda u, y: y * (1 - y)),
    "softplus": (lambda u: math.log1p(math.exp(u)), lambda u, y: 1 / (1 + math.exp(-u))),
}


def plan(rng):
    """Layers of units; a unit is an operation, two operands below it, and two weights."""
    units = []
    for width in (3, 2):
        names = rng.choices(sorted(UNARY), k=width)
        units.append([(n, rng.uniform(0.4, 1.2), rng.uniform(-1.2, -0.4)) for n in names])
    return units


def value(units, w):
    below = list(w)
    for layer in units:
        below = [
            getattr(functions, name)(a * below[i] + b * below[i + 1])
            for i, (name, a, b) in enumerate(layer)
        ]
    return below[0] * below[1]


def slopes(units, w, faulty, fault):
    """The slopes forward, each number with its slopes; one unit's slope is off by ``fault``."""
    below = [(x, [float(i == j) for j in range(len(w))]) for i, x in enumerate(w)]
    for depth, layer in enumerate(units):
        above = []
        for i, (name, a, b) in enumerate(layer):
            (x, dx), (y, dy) = below[i], below[i + 1]
            u = a * x + b * y
            result = UNARY[name][0](u)
            slope = UNARY[name][1](u, result)
            if (depth, i) == faulty:
                slope = fault(u, result, slope)
            above.append((result, [slope * (a * p + b * q) for p, q in zip(dx, dy, strict=True)]))
        below = above
    (x, dx), (y, dy) = below
    return [x * q + y * p for p, q in zip(dx, dy, strict=True)]


FAULTS = [
    lambda u, y, d: d * (1.3 + 0.4 * math.sin(3 * u)),
    lambda u, y, d: d + 0.17 * u * u,
    lambda u, y, d: 0.3 * math.cos(u + 1) + 0.1,
    lambda u, y, d: d / (1.5 + y * y * y),
    lambda u, y, d: abs(d) ** 1.37 + 0.05,
]


def faulty_cases(count, seed):
    rng = random.Random(seed)
    for k in range(count):
        units = plan(rng)
        depth = rng.randrange(2)
        faulty = (depth, rng.randrange(len(units[depth])))
        at = [rng.uniform(-1.0, 1.0) for _ in range(4)]
        yield units, at, faulty, FAULTS[k % len(FAULTS)]


def test_an_uncatalogued_fault_is_located():
    located = asked = 0
    for units, at, faulty, fault in faulty_cases(100, 3):
        f = lambda w, units=units: value(units, w)
        right = lambda w, units=units: slopes(units, w, None, None)
        hand = lambda w, u=units, k=faulty, fault=fault: slopes(u, w, k, fault)
        assert check_gradients(f, at, right, numeric=False, probes=2)
        report = check_gradients(f, at, hand, numeric=False)
        assert not report
        name = units[faulty[0]][faulty[1]][0]
        asked += 1
        located += any(f"at {name}" in finding.text for finding in report.findings[:3])
    assert located >= 0.9 * asked, f"{located} of {asked}"
