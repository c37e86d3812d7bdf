"""Every way out of the graph, and back in by another way: the jit follows ``f`` on all of them.

Each case lets a number leave (into text, bytes, a container, the standard library, NumPy), uses
what became of it beside numbers that stay, and is called with several numbers, each twice.
"""

import array
import bisect
import cmath
import collections
import contextlib
import copy
import csv
import datetime
import decimal
import fractions
import functools
import hashlib
import heapq
import io
import itertools
import json
import math
import operator
import pickle
import random
import re
import statistics
import struct
import textwrap
import zlib

import numpy as np
import pytest
from engine_oracle import check

from autograd_nn import Value, no_grad
from autograd_nn import functions as fn
from autograd_nn.jit import jit

ONE = [(1.5,), (2.5,), (-0.75,)]  # for functions of one number
WHOLE = [(2.0,), (3.0,), (0.0,)]
SMALL = [(0.25,), (0.5,), (-0.5,)]
LISTS = [([1.5, 2.5, 0.5],), ([3.5, -2.5, 0.75],), ([1.5, 1.5, 1.5],)]
COUNTS = [(1.5, 2), (1.5, 3), (2.5, 4)]


def _case(x):
    match x:
        case 2.0:
            return 5.0
        case float() if x > 2:
            return 7.0
    return 9.0


def _printed(x):
    out = io.StringIO()
    print(x, file=out)
    return out.getvalue()


def _csv(x):
    out = io.StringIO()
    csv.writer(out).writerow([x, 1])
    return out.getvalue().split(",")[0]


def _groups(xs):
    groups = collections.defaultdict(list)
    for x in xs:
        groups[x > 1].append(x)
    return groups


def _inserted(x, k):
    held = [1.0, 2.0, 3.0]
    held.insert(k, x)
    return held[1] * x


def _without(xs, n):
    held = list(xs)
    del held[n]
    return held[0] * held[1]


def _ranked(xs):
    held = list(xs)
    held.sort(key=lambda v: (v.data < 1, v.data))
    return held[0]


def _insorted(x):
    held = [0.0, 1.0, 2.0]
    bisect.insort(held, x)
    return held


def _heap(xs):
    held = []
    for k, x in enumerate(xs):
        heapq.heappush(held, (float(x), k))
    return xs[heapq.heappop(held)[1]]


def _masked(xs):
    held = np.array(xs)
    return held[np.array([x > 1 for x in xs])]


def _filled(xs):
    held = np.zeros(len(xs))
    for k, x in enumerate(xs):
        held[k] = x
    return held


def _saved(x):
    out = io.BytesIO()
    np.save(out, np.array([x]))
    out.seek(0)
    return np.load(out)[0]


def _counts(ids):
    held = np.zeros(5)
    np.add.at(held, np.array(ids, int), 1.0)
    return held


def _without_grad(x):
    with no_grad():
        return x * x


def _doubled(x):
    count = 0
    while x < 4 and count < 20:
        x, count = x * 2 + 1, count + 1
    return x * count + x


def _until(xs):
    total = 0.0 * xs[0]
    for x in xs:
        if x < 0:
            break
        total = total + x * x
    return total


def _tried(x):
    try:
        return x * (1 / float(x))
    except ZeroDivisionError:
        return x + 5.0


def _asserted(x):
    try:
        assert x > 0
    except AssertionError:
        return -x
    return x * 2


@functools.cache
def _cached(x):
    return x * 3.0 + 1.0


def _power(x, n):
    if n == 0:
        return 1.0 + 0.0 * x
    half = _power(x, n // 2)
    return half * half * x if n % 2 else half * half


def _fibonacci(n):
    return n if n < 2 else _fibonacci(n - 1) + _fibonacci(n - 2)


def _countdown(x):
    while x > 0:
        yield x
        x = x - 1.0


def _count(n):
    held = list(range(int(n), -1, -1))
    return lambda: held.pop(0)


EXITS = {
    # conversions
    "float": (lambda x: x * float(x), ONE),
    "int": (lambda x: x * int(x), ONE),
    "bool": (lambda x: x * bool(x), WHOLE),
    "complex": (lambda x: x * complex(float(x), 1.0).real, ONE),
    "complex of a Value": (lambda x: x * abs(complex(x)), ONE),
    "round": (lambda x: x * round(x), ONE),
    "round, digits": (lambda x: x * round(x, 1), [(1.54,), (1.57,), (-0.73,)]),
    "round of .data": (lambda x: x * round(x.data, 1), [(1.54,), (1.57,), (-0.73,)]),
    "math.floor": (lambda x: x * math.floor(x), ONE),
    "math.ceil": (lambda x: x * math.ceil(x), ONE),
    "math.trunc": (lambda x: x * math.trunc(x), ONE),
    "math.modf": (lambda x: x * math.modf(x)[0] + math.modf(x)[1], ONE),
    "math.frexp": (lambda x: x * math.frexp(x)[0] + math.frexp(x)[1], ONE),
    "float.hex": (lambda x: x * len(float(x).hex()) + float.fromhex(float(x).hex()), ONE),
    "is_integer": (lambda x: x if float(x).is_integer() else -x, [(2.0,), (2.5,), (3.0,)]),
    "as_integer_ratio": (lambda x: x * x.data.as_integer_ratio()[1], ONE),
    ".data.is_integer()": (lambda x: x if x.data.is_integer() else -x, [(2.0,), (2.5,)]),
    ".data.conjugate(), .real": (lambda x: x * (x.data.real + x.data.conjugate()), ONE),
    "negative zero": (lambda x: x + math.copysign(1.0, x), [(0.0,), (-0.0,), (0.0,)]),
    # .data, as a number
    ".data": (lambda x: x * x.data, ONE),
    ".data arithmetic": (lambda x: x * (x.data * 2 + 1) / (3 - x.data) ** 2, ONE),
    "arithmetic on .data": (lambda x: x * (2 * x.data + 1 / x.data - x.data**2), ONE),
    ".data // and %": (lambda x: x * (x.data // 0.5) + x.data % 0.4, ONE),
    "divmod of .data": (lambda x: x * divmod(x.data, 0.5)[0] + divmod(x.data, 0.4)[1], ONE),
    "-.data, abs(.data)": (lambda x: x * -x.data + abs(x.data), ONE),
    ".data compared": (lambda x: x * (x.data > 1) + (x.data == 2.5) + (x.data <= 1.5), ONE),
    "if .data": (lambda x: x * 2 if x.data else x + 1, WHOLE),
    ".data and .data": (lambda x, y: x * (x.data and y.data), [(0.0, 2.0), (3.0, 2.0)]),
    "max of .data": (lambda xs: xs[0] * max(x.data for x in xs), LISTS),
    "sum of .data": (lambda xs: xs[0] * sum(x.data for x in xs), LISTS),
    "fsum of .data": (lambda xs: xs[0] * math.fsum(x.data for x in xs), LISTS),
    "set of .data": (lambda xs: xs[0] * len({x.data * 2 for x in xs}), LISTS),
    "hash of .data": (lambda x: x * (hash(x.data) % 7), WHOLE),
    "str of .data": (lambda x: x * float(str(x.data)), ONE),
    "repr of .data": (lambda x: x * float(repr(x.data)), ONE),
    "isinstance of .data": (lambda x: x * isinstance(x.data, float), ONE),
    "match of .data": (lambda x: x * _case(x.data), WHOLE),
    "pow of .data": (lambda x: x * pow(x.data, 2) + pow(2, x.data), ONE),
    ".data in a closure": (lambda x: x * [lambda: x.data][0](), ONE),
    "inf by .data": (lambda x: x * (1e308 * x.data), [(1.5,), (20.0,), (-20.0,)]),
    ".data ** .data": (lambda x: x * x.data**x.data, [(1.5,), (2.5,)]),
    ".data ** 1000": (lambda x: x * x.data**1000, [(1.5,), (1e9,), (0.5,)]),
    "1 / .data": (lambda x: x + 1 / x.data, [(2.0,), (0.0,), (4.0,)]),
    # text
    "str": (lambda x: x * len(str(float(x))), [(1.5,), (2.25,), (0.125,)]),
    "str of a Value": (lambda x: x * ("2.5" in str(x)), ONE),
    "format": (lambda x: x * float(f"{x:.0f}"), ONE),
    "f-string": (lambda x: x * float(f"{float(x):.1f}"), [(1.54,), (1.57,)]),
    "f-string as a key": (lambda x: x * {"1.5": 3.0}.get(f"{x:.1f}", 9.0), ONE),
    "format()": (lambda x: x * float(format(x, ".2e")), ONE),
    "str.format": (lambda x: x * float("{:.0f}".format(x)), ONE),  # noqa: UP032
    "percent": (lambda x: x * float("%.1f" % x), [(1.54,), (1.57,)]),  # noqa: UP031
    "percent d": (lambda x: x * int("%d" % x), ONE),  # noqa: UP031
    "join": (lambda xs: xs[0] * len(",".join(f"{x:g}" for x in xs)), LISTS),
    "re": (lambda x: x * float(re.search(r"\d", f"{x:.2f}").group()), ONE),
    "textwrap": (lambda x: x * len(textwrap.shorten(f"a {x:.3f}", 5)), ONE),
    "chr and ord": (lambda x: x * ord(chr(int(x) + 65)), WHOLE),
    "print to a text": (lambda x: x * len(_printed(float(x))), [(1.5,), (2.25,), (0.125,)]),
    "json": (lambda x: x * json.loads(json.dumps([float(x)]))[0], ONE),
    "json of .data": (lambda x: x * json.loads(json.dumps({"x": x.data}))["x"], ONE),
    "csv": (lambda x: x * float(_csv(float(x))), ONE),
    # bytes
    "struct": (lambda x: x * struct.unpack("f", struct.pack("f", float(x)))[0], ONE),
    "struct of a Value": (lambda x: x * struct.unpack("f", struct.pack("f", x))[0], ONE),
    "struct of .data": (lambda x: x * struct.unpack("d", struct.pack("d", x.data))[0], ONE),
    "struct bits": (lambda x: x * (struct.unpack("Q", struct.pack("d", x))[0] >> 62), ONE),
    "array.array": (lambda x: x * array.array("d", [x])[0], ONE),
    "array.array of .data": (lambda xs: xs[0] * array.array("f", [x.data for x in xs])[1], LISTS),
    "hashlib": (lambda x: x * hashlib.md5(str(float(x)).encode()).digest()[0], ONE),
    "zlib": (lambda x: x * (zlib.crc32(struct.pack("d", x)) % 5), ONE),
    "bytes": (lambda x: x * len(bytes(int(x))), WHOLE),
    "bytes of a list": (lambda x: x * bytes([int(x), 1])[0], WHOLE),
    "bytearray": (lambda x: x * sum(bytearray([int(x)] * 2)), WHOLE),
    "memoryview": (lambda x: x * memoryview(array.array("d", [x]))[0], ONE),
    "int.to_bytes": (lambda x: x * int(x).to_bytes(2, "big")[1], WHOLE),
    # containers
    "dict key": (lambda x: x * {2.0: 3.0, 3.0: 4.0}.get(float(x), 9.0), WHOLE),
    "dict made": (lambda xs: xs[0] * len({float(x): 1 for x in xs}), LISTS),
    "set": (lambda xs: xs[0] * len({float(x) for x in xs}), LISTS),
    "frozenset": (lambda xs: xs[0] * len(frozenset(int(x) for x in xs)), LISTS),
    "set member": (lambda x: x if float(x) in {2.0, 0.0} else -x, WHOLE),
    "list member": (lambda x: x if x in [2.0, 0.0] else -x, WHOLE),
    "list.index": (lambda x: x * [0.0, 3.0, 2.0].index(x), WHOLE),
    "list.count": (lambda x: x * [2.0, 2.0, 0.0].count(x), WHOLE),
    "tuple compared": (lambda x, y: x if (x, 1) < (y, 0) else y * 2, [(1.0, 2.0), (2.0, 1.0)]),
    "list compared": (lambda xs: xs[0] if xs[:2] == xs[1:] else -xs[0], LISTS),
    "Counter": (lambda xs: xs[0] * max(collections.Counter(map(float, xs)).values()), LISTS),
    "deque": (lambda x: x * len(collections.deque(range(9), maxlen=int(x))), WHOLE),
    "defaultdict": (lambda xs: xs[0] * len(_groups(xs)), LISTS),
    "ChainMap": (lambda x: x * collections.ChainMap({2: 5.0}, {3: 7.0, 0: 1.0})[int(x)], WHOLE),
    "slice": (lambda x: x * len([1, 2, 3, 4][: int(x)]), WHOLE),
    "slice step": (lambda x: x * sum([1, 2, 3, 4][:: int(x) + 1]), WHOLE),
    "list.insert": (lambda x: _inserted(x, int(x)), WHOLE),
    "del": (_without, [([1.0, 2.0, 3.0], 0), ([1.0, 2.0, 3.0], 2)]),
    "list * int": (lambda x: sum([x] * int(x)) + x, WHOLE),
    "text * int": (lambda x: x * len("ab" * int(x)), WHOLE),
    "range": (lambda x: x * sum(range(int(x))), WHOLE),
    "islice": (lambda x: x * sum(itertools.islice(itertools.count(), int(x))), WHOLE),
    "repeat": (lambda x: x * sum(itertools.repeat(2, int(x))), WHOLE),
    "groupby": (lambda xs: xs[0] * len(list(itertools.groupby(map(int, xs)))), LISTS),
    "takewhile": (lambda xs: sum(itertools.takewhile(lambda v: v > 0, xs)) + xs[0], LISTS),
    "accumulate": (lambda xs: list(itertools.accumulate(xs, max))[-1] * xs[0], LISTS),
    "filter": (lambda xs: sum(filter(lambda v: v > 1, xs)) + xs[0], LISTS),
    "filter None": (lambda xs: len(list(filter(None, xs))) * xs[1], [([0.0, 2.0],), ([1.0, 2.0],)]),
    "any, all": (lambda xs: xs[0] * (any(x > 3 for x in xs) + 2 * all(x > 0 for x in xs)), LISTS),
    "zip by int": (
        lambda xs: sum(a * b for a, b in zip(xs, range(int(xs[0])), strict=False)),
        LISTS,
    ),
    # order
    "sorted": (lambda xs: sorted(xs)[0] * xs[0] + sorted(xs)[-1], LISTS),
    "sorted by key": (lambda xs: sorted(xs, key=float)[0] * xs[0], LISTS),
    "sorted by .data": (lambda xs: sorted(xs, key=lambda v: -v.data)[0] * xs[0], LISTS),
    "sorted by abs": (lambda xs: sorted(xs, key=abs)[0] * xs[0], LISTS),
    "sorted floats": (lambda xs: sorted(map(float, xs))[1] * xs[0], LISTS),
    "sorted pairs": (lambda xs: sorted(zip(map(float, xs), xs, strict=True))[0][1] * 2, [LISTS[0]]),
    "list.sort": (lambda xs: _ranked(xs) * xs[0], LISTS),
    "reverse order": (lambda xs: sorted(xs, reverse=True)[1] * xs[0], LISTS),
    "argsort": (lambda xs: xs[int(np.argsort([float(x) for x in xs])[0])] * 2, LISTS),
    "max by float": (lambda xs: max(xs, key=float) * 2 + xs[0], LISTS),
    "min by .data": (lambda xs: min(xs, key=lambda v: v.data) * 2 + xs[0], LISTS),
    "min by index": (lambda xs: xs[min(range(len(xs)), key=xs.__getitem__)] * 2, LISTS),
    "argmax by index of max": (lambda xs: xs.index(max(xs)) * xs[0], LISTS),
    "bisect": (lambda x: x * bisect.bisect([0.0, 1.0, 2.0], x), ONE),
    "bisect by float": (lambda x: x * bisect.bisect_left([0.0, 1.0, 2.0], float(x)), ONE),
    "insort": (lambda x: _insorted(x).index(x) * x, ONE),
    "heapq": (lambda xs: heapq.nsmallest(2, xs)[1] * xs[0], LISTS),
    "heap": (lambda xs: _heap(xs) * xs[0], LISTS),
    "cmp_to_key": (
        lambda xs: sorted(xs, key=functools.cmp_to_key(lambda a, b: (a > b) - (a < b)))[0] * 2,
        LISTS,
    ),
    "itemgetter": (lambda xs: operator.itemgetter(int(abs(xs[0])) % 3)(xs) * 2, LISTS),
    # mathematics
    "math.exp": (lambda x: x * math.exp(x), ONE),
    "math.sin": (lambda x: x * math.sin(x), ONE),
    "math.pow": (lambda x: x * math.pow(x, 2), ONE),
    "math.hypot": (lambda x: x * math.hypot(x, 2.0), ONE),
    "math.atan2": (lambda x: x * math.atan2(x, 2.0), ONE),
    "math.fabs": (lambda x: x * math.fabs(x), ONE),
    "math.fmod": (lambda x: x * math.fmod(x, 0.4), ONE),
    "math.remainder": (lambda x: x * math.remainder(x, 0.4), ONE),
    "math.ldexp": (lambda x: x * math.ldexp(1.0, int(x)), ONE),
    "math.gamma": (lambda x: x * math.gamma(x), ONE),
    "math.erf": (lambda x: x * math.erf(x), ONE),
    "math.isclose": (lambda x: x * math.isclose(x, 1.5), ONE),
    "math.isnan": (lambda x: 0.0 * x if math.isnan(x) else x, [(1.5,), (math.nan,), (2.5,)]),
    "math.isinf": (lambda x: 2 * x if math.isinf(x) else x, [(1.5,), (math.inf,), (-math.inf,)]),
    "math.isfinite": (lambda x: 2 * x if math.isfinite(x) else x, [(1.5,), (math.inf,)]),
    "math.copysign": (lambda x: x * math.copysign(2.0, x), ONE),
    "math.dist": (lambda xs: xs[0] * math.dist(xs, [0.0, 0.0, 0.0]), LISTS),
    "math.prod": (lambda xs: xs[0] * math.prod(map(float, xs)), LISTS),
    "math.prod of Values": (lambda xs: xs[0] * math.prod(xs), LISTS),
    "math.fsum": (lambda xs: xs[0] * math.fsum(xs), LISTS),
    "math.sumprod": (lambda xs: xs[0] * sum(map(operator.mul, xs, xs)), LISTS),
    "math.isqrt": (lambda x: x * math.isqrt(int(x)), WHOLE),
    "math.comb": (lambda x: x * math.comb(int(x), 1), WHOLE),
    "math.factorial": (lambda x: x * math.factorial(int(x)), WHOLE),
    "math.nextafter": (lambda x: x * math.nextafter(x, 9.0), ONE),
    "math.ulp": (lambda x: x * math.ulp(x) * 1e16, ONE),
    "math.degrees": (lambda x: x * math.degrees(x), ONE),
    "cmath": (lambda x: x * abs(cmath.sqrt(x)), ONE),
    "math.log2": (lambda x: x * math.log2(x), [(1.5,), (4.0,), (0.5,)]),
    "operator.truth": (lambda x: x * operator.truth(x), WHOLE),
    "operator.index": (lambda x, n: x * operator.index(n), COUNTS),
    "pow with modulus": (lambda x, n: x * pow(n, 3, 5), COUNTS),
    "divmod of int": (lambda x, n: x * divmod(n + 5, 2)[0] + divmod(n + 5, 2)[1], COUNTS),
    "divmod of int()": (lambda x: x * divmod(int(x) + 5, 2)[1], WHOLE),
    "hex, oct, bin": (lambda x, n: x * (len(bin(n)) + len(hex(n)) + len(oct(n))), COUNTS),
    # numbers of other kinds
    "Decimal": (lambda x: x * float(decimal.Decimal(float(x)) * 2), ONE),
    "Decimal of text": (lambda x: x * float(decimal.Decimal(str(x.data))), ONE),
    "Decimal of .data": (lambda x: x * float(decimal.Decimal(x.data)), ONE),
    "Fraction": (lambda x: x * float(fractions.Fraction(float(x)) / 3), ONE),
    "Fraction of .data": (lambda x: x * float(fractions.Fraction(x.data)), ONE),
    "Fraction of ints": (lambda x, n: x * float(fractions.Fraction(n, 3)), COUNTS),
    "timedelta": (lambda x: x * datetime.timedelta(seconds=float(x)).microseconds, ONE),
    "timedelta of .data": (
        lambda x: x * datetime.timedelta(hours=x.data).seconds,
        [(1.5,), (2.5,)],
    ),
    "date": (lambda x, n: x * datetime.date(2024, n, 1).weekday(), COUNTS),
    # statistics and random
    "statistics.mean": (lambda xs: xs[0] * statistics.mean(map(float, xs)), LISTS),
    "statistics.fmean": (lambda xs: xs[0] * statistics.fmean(xs), LISTS),
    "statistics.median": (lambda xs: xs[0] * statistics.median(xs), LISTS),
    "statistics.stdev": (lambda xs: xs[0] * statistics.stdev([x.data for x in xs]), LISTS),
    "statistics.mode": (lambda xs: xs[0] * statistics.mode(map(int, xs)), LISTS),
    "a seeded generator": (lambda x, n: x * random.Random(n).random(), COUNTS),
    "a seeded generator of NumPy": (
        lambda x, n: x * float(np.random.default_rng(n).random()),
        COUNTS,
    ),
    # NumPy
    "np.array(dtype=float)": (lambda xs: xs[0] * np.array(xs, dtype=float)[1], LISTS),
    "np.array of .data": (lambda xs: xs[0] * np.array([x.data for x in xs]).std(), LISTS),
    "dtype of .data": (lambda xs: xs[0] * (np.array([x.data for x in xs]).dtype == float), LISTS),
    "np.array(int)": (lambda xs: xs[0] * np.array(xs, dtype=float).astype(int).sum(), LISTS),
    "astype(float)": (lambda xs: xs[0] * np.array(xs).astype(float).max(), LISTS),
    "np.asarray of .data": (lambda x: x * np.asarray(x.data) ** 2, ONE),
    "np.float64": (lambda x: x * np.float64(x), ONE),
    "np.float32": (lambda x: x * float(np.float32(x)), [(1.1,), (2.3,)]),
    "np.float32 of .data": (lambda x: x * float(np.float32(x.data)), [(1.1,), (2.3,)]),
    "np.int64": (lambda x: x * np.int64(x), ONE),
    "np.floor": (lambda x: x * np.floor(x), ONE),
    "np.ceil": (lambda x: x * np.ceil(x), ONE),
    "np.exp of .data": (lambda x: x * np.exp(x.data), ONE),
    "np.sin of float": (lambda x: x * np.sin(float(x)), ONE),
    "np.isnan": (lambda x: 0.0 * x if np.isnan(x.data) else x, [(1.5,), (math.nan,)]),
    "np.sign": (lambda x: x * np.sign(float(x)), ONE),
    "np.round": (lambda x: x * np.round(float(x), 1), [(1.54,), (1.57,)]),
    "np.argmax": (lambda xs: xs[int(np.argmax([float(x) for x in xs]))] * 2, LISTS),
    "np.argmax of Values": (lambda xs: xs[np.argmax(np.array(xs))] * 2, LISTS),
    "np.argsort of Values": (lambda xs: xs[np.argsort(np.array(xs))[0]] * 2, LISTS),
    "np.searchsorted": (lambda x: x * np.searchsorted([0.0, 1.0, 2.0], float(x)), ONE),
    "np.digitize": (lambda x: x * np.digitize(x.data, [0.0, 1.0, 2.0]), ONE),
    "np.interp": (lambda x: x * np.interp(float(x), [0.0, 9.0], [1.0, 5.0]), ONE),
    "np.histogram": (lambda xs: xs[0] * np.histogram([x.data for x in xs], 2)[0][0], LISTS),
    "np.unique": (lambda xs: xs[0] * len(np.unique([float(x) for x in xs])), LISTS),
    "np.where": (lambda xs: sum(np.where(np.array(xs, float) > 1, 1.0, 2.0) * np.array(xs)), LISTS),
    "np.nonzero": (lambda xs: xs[0] * len(np.nonzero(np.array(xs, float) > 1)[0]), LISTS),
    "mask of Values": (lambda xs: _masked(xs).sum() + xs[0], LISTS),
    "np.zeros, filled": (lambda xs: xs[0] * _filled(xs).sum(), LISTS),
    "np.full": (lambda x: x * np.full(3, x.data).sum(), ONE),
    "np.arange": (lambda x, n: x * np.arange(n).sum(), COUNTS),
    "np.arange of floats": (lambda x: x * len(np.arange(0.0, float(x), 0.5)), ONE),
    "np.zeros(n)": (lambda x, n: x * np.zeros(n).size, COUNTS),
    "np.zeros((n, 2))": (lambda x, n: x * np.zeros((n, 2)).size, COUNTS),
    "np.ones(int(x))": (lambda x: x * np.ones(int(x)).sum(), WHOLE),
    "np.linspace": (lambda x: x * np.linspace(0.0, float(x), 3)[1], ONE),
    "np.repeat": (lambda x, n: np.repeat(x, n).sum() * 1.0, COUNTS),
    "np.tile": (lambda x, n: np.tile(np.array([x]), n).sum() * 1.0, COUNTS),
    "np.reshape": (lambda x, n: x * np.arange(12).reshape(n, -1).shape[1], COUNTS),
    "np.diff": (lambda xs: xs[0] * np.diff([float(x) for x in xs]).max(), LISTS),
    "np.cumsum": (lambda xs: xs[0] * np.cumsum([x.data for x in xs])[-1], LISTS),
    "np.dot": (lambda xs: xs[0] * np.dot([x.data for x in xs], [1.0, 2.0, 3.0]), LISTS),
    "np.linalg.norm": (lambda xs: xs[0] * np.linalg.norm(np.array(xs, dtype=float)), LISTS),
    "np.linalg.solve": (
        lambda xs: xs[0] * np.linalg.solve([[2.0, 1.0], [1.0, 3.0]], [x.data for x in xs[:2]])[0],
        LISTS,
    ),
    "np.median": (lambda xs: xs[0] * np.median([x.data for x in xs]), LISTS),
    "np.fromiter": (lambda xs: xs[0] * np.fromiter(xs, float).sum(), LISTS),
    "np.save": (lambda x: x * _saved(float(x)), ONE),
    "tobytes": (lambda x: x * np.array([x.data]).tobytes()[7], ONE),
    "tolist": (lambda xs: xs[0] * np.array(xs, dtype=float).tolist()[1], LISTS),
    "np.bincount": (lambda x, ids: x * np.bincount(ids)[1], [(1.5, [0, 1, 1]), (1.5, [1, 2, 0])]),
    "np.add.at": (lambda x, ids: x * _counts(ids)[1], [(1.5, [0, 1, 1]), (1.5, [1, 2, 0])]),
    "np.isin": (lambda x, n: x * np.isin(n, [2, 4]), COUNTS),
    "np.array of ints": (
        lambda x, ids: x * np.array(ids, int).sum(),
        [(1.5, [0, 1]), (1.5, [3, 2])],
    ),
    "np.allclose": (lambda x: x * np.allclose(float(x), 1.5), ONE),
    "np.vectorize": (lambda xs: xs[0] * np.vectorize(float)(xs).sum(), LISTS),
    "np.polyval": (lambda x: np.polyval([1.0, 2.0, 3.0], x) * float(x), ONE),
    "np.clip": (lambda x: x * np.clip(x.data, -0.5, 2.0), ONE),
    "np.maximum": (lambda x: np.maximum(x, 1.6) * float(x), ONE),
    # copies
    "copy": (lambda x: x * copy.copy(x).data, ONE),
    "deepcopy": (lambda x: x * float(copy.deepcopy([x])[0]), ONE),
    "deepcopy of .data": (lambda x: x * copy.deepcopy(x.data), ONE),
    "deepcopy of a list": (lambda xs: copy.deepcopy(xs)[0].data * xs[1], LISTS),
    "pickle": (lambda x: x * pickle.loads(pickle.dumps(x)).data, ONE),
    "pickle of .data": (lambda x: x * pickle.loads(pickle.dumps([x.data]))[0], ONE),
    "a new Value": (lambda x: x * Value(x.data), ONE),
    "a new Value, compared": (lambda x: x if Value(x.data) > 2 else -x, ONE),
    "detach": (lambda x: x * x.detach(), ONE),
    "no_grad": (lambda x: x * _without_grad(x), ONE),
    # decisions
    "if": (lambda x: x * x if x > 1 else -x, ONE),
    "ternary on float": (lambda x: x * x if float(x) > 1 else -x, ONE),
    "and, or": (lambda x, y: (x and y * 2) or y + 3, [(0.0, 2.0), (3.0, 2.0), (3.0, -2.0)]),
    "not": (lambda x: -x if not x else x * 2, WHOLE),
    "chained": (lambda x: x * 2 if 0 < x < 2 else -x, ONE),
    "while": (_doubled, ONE),
    "for, break": (_until, LISTS),
    "try": (_tried, [(2.0,), (0.0,), (4.0,), (-0.0,)]),
    "assert": (_asserted, [(2.0,), (-2.0,), (4.0,)]),
    "is": (lambda x: x * (x.data is None) + x, ONE),
    "lru_cache": (lambda x: x * _cached(float(x)), ONE),
    "lru_cache of int": (lambda x, n: x * _cached(n), COUNTS),
    "fn.where": (lambda x: fn.where(x > 1, x * x, -x), ONE),
    "recursion on int": (_power, [(1.5, 0), (1.5, 3), (2.5, 6)]),
    "fibonacci": (lambda x, n: x * _fibonacci(n), COUNTS),
    "a generator": (lambda x: sum(_countdown(x)), [(1.5,), (3.5,), (0.25,)]),
    "iter with a sentinel": (lambda x, n: x * len(list(iter(_count(n), 0))), COUNTS),
    "eval": (lambda x: x * eval(f"{x.data} + 1"), ONE),
    "getattr by text": (lambda x, name: getattr(x, name)() * 2, [(1.5, "exp"), (1.5, "sin")]),
    "a table of functions": (
        lambda x, k: [fn.exp, fn.sin, fn.tanh][k](x) * 2,
        [(1.5, 0), (1.5, 1), (2.5, -1)],
    ),
    "string keys": (
        lambda p, name: p[name] * 2,
        [({"a": 1.0, "b": 2.0}, "a"), ({"a": 1.0, "b": 2.0}, "b")],
    ),
    "dict by int key": (
        lambda p, k: p[k] * 2,
        [({1: 1.0, 2: 2.0}, 1), ({1: 1.0, 2: 2.0}, 2), ({1: 1.0, 2: 2.0}, 3)],
    ),
    "nested tables": (
        lambda t, i, j: t[i][j] * t[j][i],
        [([[1.0, 2.0], [3.0, 4.0]], 0, 1), ([[1.0, 2.0], [3.0, 4.0]], 1, 1)],
    ),
    "index of a product": (
        lambda t, i, j: t[2 * i + j] * 2,
        [([1.0, 2.0, 3.0, 4.0], 0, 1), ([1.0, 2.0, 3.0, 4.0], 1, 1)],
    ),
    "index of a division": (
        lambda t, i: t[i // 2] + t[i % 2] * 2,
        [([1.0, 2.0, 3.0], 3), ([1.0, 2.0, 3.0], 4)],
    ),
    "index from text": (
        lambda t, s: t["abc".index(s)] * 2,
        [([1.0, 2.0, 3.0], "b"), ([1.0, 2.0, 3.0], "c")],
    ),
    "index by int(float)": (
        lambda t, x: t[int(x)] * x,
        [([1.0, 2.0, 3.0], 1.5), ([1.0, 2.0, 3.0], 2.5)],
    ),
    "index by round": (
        lambda t, x: t[round(x)] * x,
        [([1.0, 2.0, 3.0], 0.6), ([1.0, 2.0, 3.0], 1.6)],
    ),
    "index by floor": (
        lambda t, x: t[math.floor(x)] * x,
        [([1.0, 2.0, 3.0], 1.5), ([1.0, 2.0, 3.0], 2.5), ([1.0, 2.0, 3.0], -0.5)],
    ),
    "range by floor": (lambda x: sum(x for _ in range(math.floor(x))) + x, [(1.5,), (3.5,)]),
    "range by ceil": (lambda x: sum(x for _ in range(math.ceil(x))) + x, [(1.5,), (3.5,)]),
    "bool as an index": (lambda t, x: t[x > 1] * x, [([1.0, 2.0], 0.5), ([1.0, 2.0], 1.5)]),
}


@pytest.mark.parametrize("name", EXITS)
def test_an_exit_follows_the_arguments(name):
    """What left the graph at the first call is not what it was at the second."""
    f, calls = EXITS[name]
    check(f, calls)


LEAVE = {
    "float": float,
    "int": int,
    ".data": lambda v: v.data,
    "round": round,
    "text": lambda v: float(str(v.data)),
    "math": math.atan,
    "array": lambda v: np.array([v], dtype=float)[0],
}
COME_BACK = {
    "a factor": lambda x, out: x * out,
    "an exponent": lambda x, out: abs(x) ** out,
    "a divisor": lambda x, out: x / (out + 7.0),
    "a bound": lambda x, out: x * 2 if x * x > out else -x,
    "a count": lambda x, out: sum([x] * abs(int(out))) + x,
    "a key": lambda x, out: x * {0: 2.0, 1: 3.0}.get(int(out), 5.0),
    "a Value": lambda x, out: x * Value(out),
    "an element": lambda x, out: np.array([x, out]).sum() * x,
    "a pair": lambda x, out: fn.dot([x, out], [out, x]),
    "an operand of maximum": lambda x, out: fn.maximum(x, out) * x,
}


@pytest.mark.parametrize("back", COME_BACK)
@pytest.mark.parametrize("leave", LEAVE)
def test_out_and_back(leave, back):
    """Every way out with every way back in, for an argument and for a number computed."""
    out, into = LEAVE[leave], COME_BACK[back]
    calls = [(1.5,), (2.75,), (-0.75,), (1.25,)]
    check(lambda x: into(x, out(x)), calls)
    check(lambda x: into(x, out(x * x - 1.0)) * 2, calls)


@pytest.mark.parametrize("leave", LEAVE)
def test_out_of_an_inner_product(leave):
    """The number that leaves is a long sum, whose order of addition is the engine's."""
    out = LEAVE[leave]
    rng = np.random.default_rng(0)
    calls = [(rng.normal(size=12), rng.normal(size=12)) for _ in range(3)]
    check(lambda w, x: fn.dot(list(w), list(x)) * out(fn.dot(list(w), list(x)) * 3.0), calls)


def test_the_edges_of_a_rounding():
    """The guards of an integer hold on exactly the numbers that round to it."""
    rounding = {
        "int": lambda x: x * 0 + int(x),
        "floor": lambda x: x * 0 + math.floor(x),
        "ceil": lambda x: x * 0 + math.ceil(x),
        "round": lambda x: x * 0 + round(x),
        "one digit": lambda x: x * 0 + round(x, 1),
        "index": lambda x: x * 0 + [5.0, 6.0, 7.0, 8.0, 9.0][int(x)],
    }
    edges = [0.0, -0.0, 0.5, -0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, -1.0, -1.5, -2.0, -2.5]
    edges += [2.0**52 + 1, -(2.0**53), 2.0**60, 0.05, 0.15, 0.25]
    for name, f in rounding.items():
        points = [x for e in edges for x in (e, np.nextafter(e, 9e99), np.nextafter(e, -9e99))]
        if name == "index":
            points = [x for x in points if -5 < x < 5]
        for x in points:
            jitted = jit(f)
            for y in (x, x, np.nextafter(x, 9e99), np.nextafter(x, -9e99), x):
                assert jitted(float(y)) == f(Value(float(y))).data, (name, x, y)


def test_whole_numbers_beyond_the_floats():
    """An integer that no float holds exactly is not rounded without a word."""
    for n in (2**53 + 1, 2**62 + 1, -(2**63) - 5):
        f = jit(lambda x, n: x * (n % 2))
        for _ in range(2):
            with contextlib.suppress(TypeError, OverflowError):  # refused, with a reason
                assert f(3.0, n) == 3.0
            assert f(3.0, 4) == 0.0
