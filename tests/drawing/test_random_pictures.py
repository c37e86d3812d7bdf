"""Pictures of random expressions, networks and loops: legible, complete, within their width."""

import random

import pytest

from autograd_nn import MLP, Value, functions, parameter, scope
from autograd_nn.drawing.views import scene_of

from .test_views import check, closed

NUMBERS = [0.0, 1.0, -2.5, 1e-7, 12345.678, 1e300, float("nan")]
LABELS = ["", "x", "w1", "a long label here"]


def expression(rng):
    kinds = (Value, parameter)
    leaves = [
        rng.choice(kinds)(rng.choice([*NUMBERS, rng.gauss(0.0, 1.0)]), rng.choice(LABELS))
        for _ in range(rng.randint(1, 8))
    ]
    made = list(leaves)
    operations = [
        lambda a, b: a + b,
        lambda a, b: a * b,
        lambda a, b: a - b,
        lambda a, b: a.tanh(),
        lambda a, b: a.relu(),
        lambda a, b: a**2,
        lambda a, b: 1.0 - a * 2.0,
        lambda a, b: sum(made[-6:]) + b,
        lambda a, b: sum(x * y for x, y in zip(leaves, made[-8:], strict=False)) * 1.0,
        functions.maximum,
    ]
    for _ in range(rng.randint(1, 60)):
        a, b = rng.choice(made[-rng.randint(1, 12) :]), rng.choice(made)
        operation = rng.choice(operations)
        if rng.random() < 0.4:
            with scope(rng.choice("st")):
                value = operation(a, b)
                if rng.random() < 0.3:
                    with scope("inner"):
                        value = value.sigmoid()
        else:
            value = operation(a, b)
        if rng.random() < 0.2:
            value.label = rng.choice(["h", "out"])
        made.append(value)
    return made[-1]


def network(rng):
    widest = rng.choice([3, 12, 40])
    nin = rng.randint(1, widest)
    sizes = [rng.randint(1, widest) for _ in range(rng.randint(1, rng.choice([3, 9])))]
    activation = rng.choice(["relu", "tanh", "leaky_relu", "linear"])
    model = MLP(nin, sizes, seed=rng.randint(0, 99), activation=activation)
    outputs = []
    for _ in range(rng.choice([1, 1, 3, 20])):
        out = model([rng.gauss(0.0, 1.0) for _ in range(nin)])
        outputs += out if isinstance(out, list) else [out]
    return rng.choice(
        [
            lambda: sum((o - 1.0) ** 2 for o in outputs),
            lambda: sum(outputs) / len(outputs),
            lambda: -functions.softmax([*outputs, outputs[0] * 2.0])[0].log(),
            lambda: outputs[0],
        ]
    )()


def loop(rng):
    width = rng.randint(1, 4)
    state = [Value(rng.gauss(0.0, 1.0), rng.choice(["", "speed"])) for _ in range(width)]
    weights = [parameter(rng.gauss(0.0, 0.5), rng.choice(["", "w"])) for _ in range(width**2)]
    kind, total = rng.randint(0, 3), Value(0.0)
    for t in range(rng.choice([4, 9, 50])):
        x = Value(rng.gauss(0.0, 1.0), f"x{t}")
        if kind == 0:
            state = [
                (sum(weights[i * width + j] * h for j, h in enumerate(state)) + x).tanh()
                for i in range(width)
            ]
        elif kind == 1:
            state = [h * 0.9 + x * weights[i] for i, h in enumerate(state)]
        elif kind == 2:
            state = [(h.sin() * weights[i] - x).exp() for i, h in enumerate(state)]
        else:
            state = [state[(i + 1) % width] * weights[i] + h for i, h in enumerate(state)]
        total = total + state[0] ** 2
    return rng.choice([total, state[0], sum(state), (state[0] - 0.5) ** 2])


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("make", [expression, network, loop])
def test_a_random_picture_is_legible_and_complete(make, seed):
    rng = random.Random(seed)
    root = make(rng)
    if rng.random() < 0.8:
        root.backward()
    width = rng.choice([390.0, 640.0, 900.0, 900.0, 1400.0])
    scene = scene_of(
        root, width=width, values=rng.choice(["data+grad", "data+grad", "data", "none"])
    )
    check(scene)
    assert scene.width <= width or scene.view == "groups"
    for group in sorted(closed(scene))[:2]:
        opened = scene_of(root, width=width, opened={group})
        check(opened)
        assert group not in closed(opened)
