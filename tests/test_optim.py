"""Optimisers: the user who moves to PyTorch must find the very same steps there."""

import math
import warnings

import pytest

from autograd_nn import Value, optim
from autograd_nn.functions import sin

# Recorded with PyTorch 2.13.0 in float64: the three numbers after 1, 10, 50 and 100 steps.
TRAJECTORIES = {
    "SGD(lr=0.02)": {
        1: [1.01, -0.44, 0.2305592515657871],
        10: [1.2487990789310295, 0.04305907716662777, 0.09170111154007214],
        50: [2.251798787463397, 0.46127165367896855, 0.36630988328415653],
        100: [2.719107216767177, 0.37054754611153573, 0.21432760885521593],
    },
    "SGD(lr=0.02, weight_decay=0.1)": {
        1: [1.008, -0.439, 0.2300592515657871],
        10: [1.2298666232155255, 0.04283485555521975, 0.08807627631182542],
        50: [2.151574206527792, 0.4765577214946957, 0.3480093353879223],
        100: [2.5344805425899946, 0.39431675366991864, 0.18235494437266614],
    },
    "SGD(lr=0.01, momentum=0.9)": {
        1: [1.005, -0.47, 0.24027962578289355],
        10: [1.4812072211490606, 0.5841035713258834, -0.10861779246514447],
        50: [3.093404581948539, 0.36636480764733786, 0.1533334165476275],
        100: [2.9924226584341116, 0.3313434172012435, -1.5838138662399066],
    },
    "SGD(lr=0.01, momentum=0.9, dampening=0.3, weight_decay=0.01)": {
        1: [1.0049, -0.46995, 0.24025462578289355],
        10: [1.3220427542252449, 0.34585508621815464, -0.01758636484094052],
        50: [2.9455381143763963, 0.27312737900565476, 0.3533196826630299],
        100: [2.967484863481524, 0.33288208662189, -1.2146950953298454],
    },
    "SGD(lr=0.01, momentum=0.9, nesterov=True)": {
        1: [1.0095, -0.443, 0.23153128898749775],
        10: [1.6149079596556115, 0.6560377806860737, -0.1615442293994664],
        50: [3.1253162469373894, 0.3189220500251071, 0.09089276533209428],
        100: [2.995051267959861, 0.3339161569865986, -1.4986625912725051],
    },
    "Adam(lr=0.05)": {
        1: [1.049999999, -0.45000000016666664, 0.2000000005143835],
        10: [1.5071836910603573, 0.0015671055160764932, -0.24578335170777443],
        50: [2.8270726130489923, 0.2949480714082806, -0.17874391062672113],
        100: [3.0046779938720647, 0.32818645202553054, -1.324108470934359],
    },
    "Adam(lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)": {
        1: [1.0498753117206983, -0.4500163880694854, 0.20005009832187884],
        10: [1.517556643694597, 0.0018774127807690486, -0.24141519776898854],
        50: [2.7245551920921973, 0.37119334565744805, 0.23412038870208632],
        100: [2.731610749115182, 0.36363557439771765, -1.0320579877864404],
    },
    "AdamW(lr=0.05)": {
        1: [1.049499999, -0.44975000016666666, 0.1998750005143835],
        10: [1.5010233743563266, 0.002839022682397621, -0.24591743749624279],
        50: [2.8006260324670564, 0.29797560177284815, -0.16640762737118722],
        100: [2.9877936767554223, 0.33000561116799115, -1.305218083557255],
    },
    "AdamW(lr=0.05, weight_decay=0.2)": {
        1: [1.039999999, -0.44500000016666663, 0.1975000005143835],
        10: [1.388675875658072, 0.02543547314896411, -0.24797415616807408],
        50: [2.3120611574795755, 0.3732551712544788, 0.023873841431692577],
        100: [2.570739774695356, 0.38383415946933463, -0.987678488078383],
    },
}
CLIPPED_BY_NORM = {
    1: [1.0015659550959888, -0.4906042694240673, 0.24695566609196085],
    10: [1.0210133458865411, -0.40539545894817036, 0.22615840184241295],
    50: [1.1904888330137646, -0.05380788058117222, 0.28105407852383385],
    100: [1.505258980842386, 0.3101471060711646, 0.27917142701779346],
}
CLIPPED_BY_VALUE = {
    1: [1.006, -0.494, 0.244],
    10: [1.06, -0.43999999999999995, 0.18999999999999995],
    50: [1.3000000000000003, -0.19999999999999973, 0.30757413258661703],
    100: [1.6000000000000005, 0.1000000000000004, 0.27770975559388317],
}
STEP_RATES = [
    0.3,
    0.3,
    0.3,
    0.3,
    0.3,
    0.15,
    0.15,
    0.15,
    0.15,
    0.15,
    0.075,
    0.075,
    0.075,
    0.075,
    0.075,
    0.0375,
    0.0375,
    0.0375,
    0.0375,
    0.0375,
    0.01875,
    0.01875,
    0.01875,
    0.01875,
]
COSINE_RATES = [
    0.3,
    0.29290319486279726,
    0.27230746418436735,
    0.24022886158240858,
    0.19980746418436734,
    0.15499999999999997,
    0.11019253581563261,
    0.0697711384175914,
    0.03769253581563263,
    0.017096805137202735,
    0.01,
    0.01709680513720274,
    0.03769253581563273,
    0.06977113841759164,
    0.11019253581563303,
    0.15500000000000058,
    0.19980746418436815,
    0.24022886158240955,
    0.2723074641843685,
    0.2929031948627985,
    0.3000000000000012,
    0.2929031948627985,
    0.2723074641843686,
    0.2402288615824096,
]
LINEAR_RATES = [
    0.075,
    0.11249999999999999,
    0.14999999999999997,
    0.18749999999999994,
    0.22499999999999992,
    0.2624999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
    0.2999999999999999,
]
SEQUENTIAL_RATES = [
    0.075,
    0.13125,
    0.1875,
    0.24375000000000002,
    0.3,
    0.2949059110302157,
    0.2799707978657736,
    0.2562124637873888,
    0.22524999999999998,
    0.18919344724282683,
    0.15049999999999997,
    0.11180655275717315,
    0.07575000000000003,
    0.044787536212611154,
    0.021029202134226415,
    0.006094088969784304,
    0.001,
    0.006094088969784287,
    0.021029202134226398,
    0.044787536212611084,
    0.07574999999999993,
    0.11180655275717316,
    0.15049999999999997,
    0.18919344724282677,
]


def loss(x, k, sine):
    """Bent, coupled, and another function at every step."""
    a, b, c = x
    return (a - 3) ** 2 * 0.5 + (a * b - 1) ** 2 + sine(c + 0.1 * k) + 0.05 * c**4


def run(make, clip=None):
    xs = [Value(1.0), Value(-0.5), Value(0.25)]
    optimizer = make(xs)
    seen = {}
    for k in range(100):
        optimizer.zero_grad()
        loss(xs, k, sin).backward()
        if clip:
            clip(xs)
        optimizer.step()
        seen[k + 1] = [x.data for x in xs]
    return seen


def maker(text, home):
    return lambda parameters: eval(text.replace("(", "(parameters, ", 1), vars(home) | locals())


def assert_same(found, recorded):
    for k, numbers in recorded.items():
        assert found[k] == pytest.approx(numbers, rel=1e-12, abs=1e-12), f"step {k}"


@pytest.mark.parametrize("text", TRAJECTORIES)
def test_hundred_steps_are_those_of_pytorch(text):
    assert_same(run(maker(text, optim)), TRAJECTORIES[text])


def test_clipping_is_that_of_pytorch():
    def sgd(xs):
        return optim.SGD(xs, lr=0.02)

    assert_same(run(sgd, lambda xs: optim.clip_grad_norm_(xs, 0.5)), CLIPPED_BY_NORM)
    assert_same(run(sgd, lambda xs: optim.clip_grad_value_(xs, 0.3)), CLIPPED_BY_VALUE)


def test_clipping_leaves_small_slopes_alone_and_returns_the_norm():
    x, y = Value(0.0), Value(0.0)
    x.grad, y.grad = 3.0, -4.0
    assert optim.clip_grad_norm_([x, y], 10.0) == 5.0
    assert (x.grad, y.grad) == (3.0, -4.0)


def test_a_nan_slope_is_not_hidden_by_clipping():
    x = Value(0.0)
    x.grad = math.nan
    optim.clip_grad_value_([x], 1.0)
    assert math.isnan(x.grad)
    assert math.isnan(optim.clip_grad_norm_([x], 1.0))


SCHEDULES = {
    "step": (lambda o: optim.StepLR(o, 5, 0.5), STEP_RATES),
    "cosine": (lambda o: optim.CosineAnnealingLR(o, 10, 0.01), COSINE_RATES),
    "linear": (lambda o: optim.LinearLR(o, 0.25, 1.0, 6), LINEAR_RATES),
    "sequential": (
        lambda o: optim.SequentialLR(
            o, [optim.LinearLR(o, 0.25, 1.0, 4), optim.CosineAnnealingLR(o, 12, 0.001)], [4]
        ),
        SEQUENTIAL_RATES,
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_are_those_of_pytorch(name):
    make, recorded = SCHEDULES[name]
    optimizer = optim.SGD([Value(1.0)], lr=0.3)
    schedule = make(optimizer)
    rates = []
    for _ in recorded:
        rates.append(optimizer.lr)
        schedule.step()
    assert rates == pytest.approx(recorded, abs=1e-12)


def test_a_new_rate_acts_on_the_next_step():
    x = Value(1.0)
    optimizer = optim.SGD([x], lr=0.0)
    x.grad = 1.0
    optimizer.step()
    assert x.data == 1.0
    optimizer.lr = 0.25
    optimizer.step()
    assert x.data == 0.75


def test_zero_grad_forgets_the_slopes():
    x = Value(2.0)
    (x * 3).backward()
    optim.SGD([x]).zero_grad()
    assert x.grad == 0.0


def test_an_overflow_is_no_warning_and_reaches_the_parameter():
    x = Value(1.0)
    x.grad = 1e300
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optim.Adam([x]).step()
    assert math.isfinite(x.data)


def test_an_own_rule_is_one_method():
    class SignDescent(optim.Optimizer):
        def update(self, data, gradient):
            data -= self.lr * (gradient > 0)

    x = Value(1.0)
    x.grad = 7.0
    SignDescent([x], lr=0.5).step()
    assert x.data == 0.5


BAD = {
    "one Value, not a list": (optim.SGD, TypeError, "a list of Values"),
    "nothing to move": (lambda x: optim.Adam([]), ValueError, "no parameters"),
    "numbers": (lambda x: optim.Adam([x, 1.0]), TypeError, r"parameters\[1\] is float 1.0"),
    "a result": (lambda x: optim.Adam([x * 2]), ValueError, "result of 'mul'"),
    "twice": (lambda x: optim.Adam([x, x]), ValueError, "twice"),
    "a negative rate": (lambda x: optim.SGD([x], lr=-1), ValueError, "lr must be finite"),
    "no rate": (lambda x: optim.SGD([x], lr="0.1"), TypeError, "lr is a number, got str"),
    "nan": (lambda x: optim.SGD([x], lr=math.nan), ValueError, "lr must be finite"),
    "infinite": (lambda x: optim.SGD([x], lr=math.inf), ValueError, "lr must be finite"),
    "nesterov alone": (lambda x: optim.SGD([x], nesterov=True), ValueError, "momentum > 0"),
    "beta of 1": (lambda x: optim.Adam([x], betas=(0.9, 1.0)), ValueError, r"betas\[1\]"),
    "one beta": (lambda x: optim.Adam([x], betas=0.9), TypeError, "a pair"),
    "steps of 0": (lambda x: optim.StepLR(optim.SGD([x]), 0), ValueError, "step_size"),
    "schedule of a Value": (lambda x: optim.StepLR(x, 1), TypeError, "takes an optimizer"),
    "milestones": (
        lambda x: optim.SequentialLR(optim.SGD([x]), [], []),
        ValueError,
        "schedules need",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_named(what):
    call, error, says = BAD[what]
    with pytest.raises(error, match=says):
        call(Value(1.0))
