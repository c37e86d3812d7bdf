"""Forty functions, written once for this package and for JAX.

Each takes a namespace ``m`` with the functions of ``autograd_nn.functions`` by name, and an array
``x``; it returns one number or a list of numbers.  At their points all are smooth.
"""

from itertools import pairwise


def rosenbrock(m, x):
    return sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


def himmelblau(m, x):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def beale(m, x):
    return sum((c - x[0] * (1 - x[1] ** k)) ** 2 for k, c in ((1, 1.5), (2, 2.25), (3, 2.625)))


def powell(m, x):
    return (
        (x[0] + 10 * x[1]) ** 2
        + 5 * (x[2] - x[3]) ** 2
        + (x[1] - 2 * x[2]) ** 4
        + 10 * (x[0] - x[3]) ** 4
    )


def norm(m, x):
    return m.sqrt(sum(a * a for a in x))


def gauss(m, x):
    return m.exp(-0.5 * sum(a * a for a in x))


def logistic_loss(m, x):
    rows = ((1.0, 2.0, 1.0), (-1.0, 0.5, -1.0), (0.3, -2.0, 1.0))
    return sum(m.softplus(-t * (x[0] * a + x[1] * b + x[2])) for a, b, t in rows)


def two_layers(m, x):
    h = [m.tanh(x[0] * s + x[1]) for s in (0.5, -1.5)]
    return m.sigmoid(x[2] * h[0] + x[3] * h[1])


def softmax_loss(m, x):
    return m.logaddexp(m.logaddexp(x[0], x[1]), x[2]) - x[1]


def ackley(m, x):
    mean = sum(a * a for a in x) / len(x)
    waves = sum(m.cos(2.0 * a) for a in x) / len(x)
    return -20.0 * m.exp(-0.2 * m.sqrt(mean)) - m.exp(waves)


def rastrigin(m, x):
    return sum(a * a - 10.0 * m.cos(3.0 * a) for a in x)


def griewank(m, x):
    product = 1.0
    for k, a in enumerate(x):
        product = product * m.cos(a / (k + 1) ** 0.5)
    return sum(a * a for a in x) / 40.0 - product + 1.0


def styblinski(m, x):
    return 0.5 * sum(a**4 - 16 * a**2 + 5 * a for a in x)


def pendulum(m, x):
    angle, speed = x[0], x[1]
    for _ in range(10):
        speed = speed - 0.1 * m.sin(angle)
        angle = angle + 0.1 * speed
    return angle * speed


def black_scholes(m, x):
    s, k, v, t = x[0], x[1], x[2], x[3]
    d1 = (m.log(s / k) + 0.5 * v * v * t) / (v * m.sqrt(t))
    cdf = lambda d: 0.5 * m.erfc(-d / 2.0**0.5)
    return s * cdf(d1) - k * cdf(d1 - v * m.sqrt(t))


def lennard_jones(m, x):
    r2 = (x[0] - x[2]) ** 2 + (x[1] - x[3]) ** 2
    return 4.0 * (r2**-6 - r2**-3)


def entropy(m, x):
    return -sum(a * m.log(a) for a in x)


def gamma_density(m, x):
    return (x[0] - 1.0) * m.log(x[2]) - x[2] / x[1] - m.lgamma(x[0]) - x[0] * m.log(x[1])


def beta_function(m, x):
    return m.lgamma(x[0]) + m.lgamma(x[1]) - m.lgamma(x[0] + x[1])


def angles(m, x):
    return m.atan2(x[0], x[1]) + m.atan(x[0] * x[1]) + m.asin(0.1 * x[0]) - m.acos(0.1 * x[1])


def hyperbolic(m, x):
    return m.sinh(x[0]) * m.cosh(x[1]) + m.asinh(x[0]) - m.acosh(2.0 + x[1] ** 2)


def roots(m, x):
    return m.sqrt(x[0]) * x[1] ** (1 / 3) + x[0] ** 2.5 / (1.0 + x[1])


def powers(m, x):
    return x[0] ** x[1] + x[1] ** 3 + 2.0 ** x[0] + x[0] ** -2


def logs(m, x):
    return m.log2(x[0]) + m.log10(x[1]) + m.log1p(x[0] * x[1]) + m.expm1(0.1 * x[0])


def fractions(m, x):
    return 1.0 / (1.0 + 1.0 / (x[0] + 1.0 / (x[1] + x[0] / x[1])))


def pieces(m, x):
    return (
        m.relu(x[0]) ** 2 + m.abs(x[1]) * x[0] + m.maximum(x[0], x[1]) * x[1] - m.minimum(x[0], 9.0)
    )


def erfs(m, x):
    return m.erf(x[0] * x[1]) + m.erfc(x[0]) * x[1]


def atanhs(m, x):
    return m.atanh(0.2 * x[0]) * m.tan(0.3 * x[1]) + m.hypot(x[0], x[1])


def determinant(m, x):
    a, b, c, d = x
    return (a * d - b * c) ** 2 + m.exp(a) * d


def chain(m, x):
    a = x[0]
    for k in range(12):
        a = m.sin(a + 0.1 * k) * x[1] + a
    return a


def polar(m, x):
    return [x[0] * m.cos(x[1]), x[0] * m.sin(x[1])]


def arm(m, x):
    total, places = 0.0, [0.0, 0.0]
    for angle in x:
        total = total + angle
        places = [places[0] + m.cos(total), places[1] + m.sin(total)]
    return [*places, total]


def lorenz(m, x):
    return [10.0 * (x[1] - x[0]), x[0] * (28.0 - x[2]) - x[1], x[0] * x[1] - 8.0 / 3.0 * x[2]]


def broyden(m, x):
    n = len(x)
    left = [0.0, *x[:-1]]
    right = [*x[1:], 0.0]
    return [(3.0 - 2.0 * x[i]) * x[i] - left[i] - 2.0 * right[i] + 1.0 for i in range(n)]


def softmax(m, x):
    e = [m.exp(a) for a in x]
    total = sum(e)
    return [a / total for a in e]


def curve(m, x):
    return [x[0] * m.exp(-x[1] * t) + x[2] for t in (0.0, 0.5, 1.0, 2.0, 4.0)]


def wide(m, x):
    return [x[0] * k + m.sin(k * x[0]) for k in range(1, 8)]


def tall(m, x):
    return [sum(a * a * (k + 1) for k, a in enumerate(x)), x[0] * x[-1]]


def mixed(m, x):
    return [m.tanh(x[0] * x[1]), m.log(x[0] + x[2] ** 2), x[1] / x[2], 3.0 * x[0]]


def logs_of_ratios(m, x):
    return [m.log(a / b) for a, b in pairwise(x)]


_AT = {
    2: (1.3, 0.7),
    3: (1.3, 0.7, 1.9),
    4: (1.3, 0.7, 1.9, 0.4),
    5: (1.3, 0.7, 1.9, 0.4, 1.1),
}
_SIZES = {
    rosenbrock: 5, himmelblau: 2, beale: 2, powell: 4, norm: 5, gauss: 3, logistic_loss: 3,
    two_layers: 4, softmax_loss: 3, ackley: 4, rastrigin: 3, griewank: 4, styblinski: 3,
    pendulum: 2, black_scholes: 4, lennard_jones: 4, entropy: 5, gamma_density: 3,
    beta_function: 2, angles: 2, hyperbolic: 2, roots: 2, powers: 2, logs: 2, fractions: 2,
    pieces: 2, erfs: 2, atanhs: 2, determinant: 4, chain: 2, polar: 2, arm: 4, lorenz: 3,
    broyden: 5, softmax: 4, curve: 3, wide: 2, tall: 5, mixed: 3, logs_of_ratios: 5,
}  # fmt: skip

#: By name: the function, its point, and a direction.
FUNCTIONS = {
    f.__name__: (f, _AT[n], tuple(0.5 - 0.3 * k for k in range(n))) for f, n in _SIZES.items()
}
