"""The expressions of which random programs are made, by the kind of what they give.

Kinds: ``v`` a number in the graph, ``p`` a plain float, ``n`` an integer, ``b`` a bool, ``l`` a
list of at least one ``v``, ``d`` a list of any number of ``v``, ``i`` a list of integers.  A
field names a kind; ``v2`` is another one of it, ``c`` a constant, ``k`` a small integer.
"""

VALUES = """
v + v2 | v - v2 | v * v2 | v / v2 | v * c | c - v | v / c | c / v | v ** 2 | v ** 3 | -v | abs(v)
v.tanh() | fn.exp(v * 0.3) | fn.sin(v) | v.relu() | fn.sqrt(abs(v) + 1.0) | fn.log(v * v + 0.5)
fn.log(v) | fn.sigmoid(v) | fn.softplus(v) | fn.leaky_relu(v, 0.1) | fn.atan2(v, v2)
fn.maximum(v, v2) | fn.minimum(v, c) | fn.clip(v, -1.0, 1.5) | fn.hypot(v, v2) | fn.erf(v)
v * n | v + n | v - n | n - v | v * (n - 1) | v * (n / 2) | v ** n | v * (-n) | v * (n * -1)
v * p | v + p | p - v | v / p | v * (p * p2) | v * (p + c) | v * (p - p2) | v * int(b) | v + b
(v if b else v2) | (v * 2 if b else v2 - 1) | fn.where(b, v, v2) | (v and v2) * 1.0
max(v, v2) | min(v, v2) | max(v, c) * v2 | min(c, v) + v2 | max(-1.0, min(1.0, v)) * v2
max(v, v2, v) - v | max(l) + v | min(l) * c | max(l) - min(l) | sum(l) * c | sum(l) / len(l)
l[0] * l[-1] | l[n % len(l)] * c | l[k % len(l)] + v | sorted(l)[0] | sorted(l)[-1] - v
sorted(l, key=lambda t: t.data)[-1] * 1.0 | max(l, key=lambda t: t.data) * 2.0
min(l, key=lambda t: abs(float(t) - 0.5)) + v
l[l.index(max(l))] * 1.0
fn.softmax(l)[n % len(l)] | fn.logsumexp(l) | fn.dot(l, l) | fn.dot(l, l[::-1]) * c
v - math.floor(v) | v % c | v * round(v) | v % 1.0 * v2 | v // c + v2 | divmod(v, 2.0)[1] * v2
v - np.floor(v) | v * math.ceil(v) | v * math.trunc(v) | round(v, 1) * v2
(lambda t: t * p)(v) | v * Value(p) | v.detach() * v2 | v * v2.detach() * c
grad(lambda t: t * t * c + abs(t))(v) * 1.0 | grad(lambda t: t.relu() * t)(v) * v2
grad(grad(lambda t: t * t * t + v2 * t.relu()))(v) * 1.0 + v2
neuron([v]) | neuron([v * 0.5]) * v2 | net([v, v2]) | net([v, c]) + v | helper(v, p) | helper(v, n)
sum(d) + v | max(d, default=v) * 1.0 | sum(t * j for j, t in enumerate(d)) + v | sum(d[:2]) - v
w * v | w + v | (v if w > 0.5 else v2) | sum(v * j for j in range(n % 5)) + v2
np.array(l).sum() * c | (np.array(l) * v).sum() | np.array(l)[n % len(l)] * v | np.dot(l, l) + v
np.exp(np.array(l) * 0.1).sum() | np.maximum(v, c) * v2 | v * {0: 2.0, 1: -1.0}.get(n, 0.5)
v * {1.0: 3.0, 0.5: 2.0}.get(p, 1.5) | v * [2.0, -1.0, 0.5][n % 3] | v * (3 if b else 4)
v * len(f"{n}") | v * float("%.1f" % p) | v * math.floor(p) | v * (n // 2)
functools.reduce(lambda t, s: t * 0.5 + s, l) | v * (n in (1, 3)) | recurse(v, n % 4)
"""

PLAIN = """
float(v) | v.data | v.data * c | v.data + p | v.data - v2.data | -v.data | v.data ** 2 | p * p2
abs(v.data) | v.data / v2.data | p / c | 1 / p | p % 1.5 | p // 0.5 | v.data % 1.5 | v.data // 0.5
math.exp(p * 0.1) | math.exp(v * 0.01) | math.sqrt(abs(p)) | math.sqrt(v * v) | math.sin(v)
math.copysign(1.5, v) | math.copysign(v, -1.0) | math.hypot(v, p) | math.atan2(v, v2)
math.fmod(v, 1.5) | math.fabs(v) | round(v.data, 1) | round(float(v), 2) | float("%.2f" % v)
float(f"{v:.3f}") | float(f"{v.data:.1e}") | float(str(v.data)) | float(int(v)) | float(n) + 0.5
np.float64(v) * 1.0 | float(np.float32(v.data)) | float(np.array(l, dtype=float).sum())
float(np.mean([t.data for t in l])) | float(np.exp(v.data * 0.1)) | np.array([p, c]).max()
struct.unpack(DOUBLE, struct.pack(DOUBLE, v))[0] | array.array(DOUBLE, [v, p])[0]
float(Decimal(p))
statistics.fmean([float(t) for t in l]) | statistics.median([float(t) for t in l])
sum(t.data for t in l) | max(t.data for t in l) | min(float(t) for t in l) | max(v.data, c)
math.fsum(float(t) for t in l) | float(sorted(l)[0]) | sorted(t.data for t in l)[-1]
K0 * 1.5 | box.a + 0.5 | c0 - 1.0 | float(DATA[1]) | DATA[0] * v.data | float(DATA.sum())
(v.data if b else p) | [p, c, 0.25][n % 3] | {0: 1.5, 2: -0.5}.get(n, c) | float(w) | w.data * c
json.loads(json.dumps(float(v))) if math.isfinite(v) else 1.0 | float(Fraction(p)) * 0.5
math.modf(v)[0] | math.frexp(p)[0] | float(v.data.is_integer()) | p.real | float(p > c)
"""

INTEGERS = """
int(v) % 5 | n + 1 | n * 2 % 7 | -n | n // 2 | n % 3 | abs(n) | n - n2 | n + n2 | n * n2 % 11
len(d) | len(l) | len({float(t) for t in l}) | round(v) % 4 | int(b) | math.floor(v) % 4 | K1 + 1
i[0] | sum(i) | len(set(i)) | Counter(i)[n] | max(i) | i.index(i[-1]) | i.count(1) | i[n % len(i)]
len({n, 1, 2}) | (3 if n in {1, 2} else 4) | bisect.bisect([0.0, 1.0, 2.0], v)
hash(p) % 3 if p == p else 1
{0: 3, 1: 5}.get(n, 1) | int(np.argmax([float(t) for t in l])) | len(str(n)) | divmod(n, 3)[1]
min(n, 3) | max(n, 1) | n & 3 | n ^ 1 | math.comb(abs(n), 2) % 7 | len(range(n)) | len([0] * n)
sorted([n, 2, 1])[1] | int(np.arange(abs(n)).sum()) % 9 | int(p * 2) % 6 if math.isfinite(p) else 1
sum(t > 0 for t in l) | sum(1 for t in l if t.data > c) | [4, 5, 6][n % 3] | int(f"{abs(n)}0") % 9
int(math.copysign(1, v)) | int(v > c) + int(v2 > c) | "abcd".index("abcd"[n % 4]) | pow(n, 2, 5)
operator.index(n) | math.gcd(n, 6) | np.argsort([t.data for t in l])[0] * 1 | len(np.zeros(abs(n)))
int(v.data) % 3 | round(v.data) % 5 | math.ceil(v) % 3 | int(str(abs(n))[0]) | ~n % 5
n.bit_length()
"""

BOOLS = """
v > c | v < v2 | v >= v2 | v == v2 | v != v | p > c | p <= p2 | v.data < c | v.data == v2.data
n == 1 | n > n2 | n in (1, 2) | math.isnan(v) | math.isfinite(v) | bool(v) | not b | b and b2
b or v > c | float(v).is_integer() | p in {1.0, 2.0, 0.5} | any(t > 0 for t in l) | bool(n) | not n
all(t.data < 2 for t in l) | int(v * 2) % 2 == 0 | isinstance(v.data, float) | l[0] < l[-1]
v == c | 0 < v < 2 | abs(v) <= 1 | v + v2 > c | sum(l) > c | w > 0.25 | math.isclose(v, v2)
(n, v.data) < (1, c) | [p] == [c] | f"{p:.0f}" == "1" | str(n) == "2" | n % 2 == 0 | v in l
KS == "one" | box.flag | v.data != v.data | max(l) > c | v * v2 < p | int(v) == n | n == 2.0
"""

LISTS = """
[v, v2] | [v, v2, v * v2] | [t * c for t in l] | [t + p for t in l] | sorted(l) | list(reversed(l))
l[1:] + [v] | [t if t > 0 else -t for t in l] | [fn.tanh(t) for t in l] | [v] * (abs(n) % 4 + 1)
list(itertools.accumulate(l)) | [l[(n + j) % len(l)] for j in range(2)] | list(np.array(l) * 2.0)
[t * j for j, t in enumerate(l, 1)] | [max(t, v) for t in l] | list(fn.softmax(l))
[t * s for t, s in zip(l, l[::-1])] | sorted(l, key=lambda t: -t.data) | [t - sum(l) for t in l]
[v * DATA[j] for j in range(2)] | list(np.sort(np.array(l))) | [t % 1.5 for t in l] | l + [v]
"""

ANY_LENGTH = """
[t for t in l if t > c] | l[:n] | [t for t in l if t.data > 0] | [v for _ in range(n % 5)] | l[n:]
[t for t in l if not math.isnan(t)] | [t for t in l if int(t) % 2] | [v] * n | l[::2] | d[1:] + l
list(itertools.takewhile(lambda t: t > c, l)) | list(filter(None, l)) | [t for t in l if t in l[:1]]
"""

BLOCKS = {
    "a loop of n": (
        "{t} = {v}",
        "for j in range({n} % 5):",
        "    {t} = {t} * 0.5 + {v2} * j",
    ),
    "a loop over numbers": (
        "{t} = {v}",
        "for s in {l}:",
        "    if s < 0:",
        "        break",
        "    {t} = {t} * 0.5 + s",
    ),
    "a loop with a rest": (
        "{t} = {v}",
        "for s in {l}:",
        "    if float(s) > {c}:",
        "        continue",
        "    {t} = {t} - s",
        "else:",
        "    {t} = {t} + 1.0",
    ),
    "while": (
        "{t}, count = {v}, 0",
        "while {t} > 1 and count < 6:",
        "    {t}, count = {t} / 2 + 0.1, count + 1",
        "{t} = {t} * (count + 1)",
    ),
    "while, by float": (
        "{t}, count = {v} * 1.0, 0",
        "while abs(float({t})) > 0.5 and count < 5:",
        "    {t}, count = {t} * 0.5, count + 1",
    ),
    "Newton": (
        "{t} = abs({v}) + 1.0",
        "for _ in range(8):",
        "    step = ({t} * {t} - abs({v2}) - 1.0) / (2 * {t})",
        "    {t} = {t} - step",
        "    if abs(float(step)) < 1e-3:",
        "        break",
    ),
    "if, elif": (
        "if {b}:",
        "    {t} = {v} * 2",
        "elif {n} > 1:",
        "    {t} = {v2} - {p}",
        "else:",
        "    {t} = {v} * {v2}",
    ),
    "try division": (
        "try:",
        "    {t} = {v} * (1 / {p})",
        "except ZeroDivisionError:",
        "    {t} = {v2} + 5.0",
    ),
    "try int": (
        "try:",
        "    {t} = {v} * (int({v2}) % 3)",
        "except (ValueError, OverflowError):",
        "    {t} = {v} - 5.0",
    ),
    "try a key": (
        "try:",
        "    {t} = {v} * {{0: 1.5, 1: 2.5, 2: 3.5}}[{n}]",
        "except KeyError:",
        "    {t} = {v2} * 0.5",
    ),
    "try an index": (
        "try:",
        "    {t} = {l}[{n}] * 2",
        "except IndexError:",
        "    {t} = {v} * 0.25",
    ),
    "an inner function": (
        "def inner(s, by={c}):",
        "    return s * by if s > {v2} else s + {p}",
        "{t} = inner({v}) + inner({v2}, 2.0)",
    ),
    "a dict": (
        "held = {{'a': {v}, 'b': {v2}}}",
        "{t} = held['a' if {b} else 'b'] * len(held)",
    ),
    "groups": (
        "groups = collections.defaultdict(list)",
        "for s in {l}:",
        "    groups[int(s > {c})].append(s)",
        "{t} = sum(sum(g) * key for key, g in groups.items()) + {v}",
    ),
    "match": (
        "match {n}:",
        "    case 0:",
        "        {t} = {v}",
        "    case 1 | 2:",
        "        {t} = {v} * {v2}",
        "    case _:",
        "        {t} = {v2} - 1.0",
    ),
    "a running best": (
        "{t} = {l}[0]",
        "for s in {l}[1:]:",
        "    if s > {t}:",
        "        {t} = s",
        "{t} = {t} * 1.5",
    ),
    "a float array": (
        "held = np.zeros(2)",
        "held[0], held[1] = {v}, {p}",
        "{t} = {v2} * held.sum()",
    ),
    "no grad": (
        "with no_grad():",
        "    scale = {v} * {v2}",
        "{t} = {v} * scale",
    ),
    "a table": (
        "table = [[{v}, {v2}], [{v2}, {v}]]",
        "{t} = table[{n} % 2][({n2}) % 2] * {c}",
    ),
}

TABLES = {
    "v": VALUES,
    "p": PLAIN,
    "n": INTEGERS,
    "b": BOOLS,
    "l": LISTS,
    "d": ANY_LENGTH,
}
EXPRESSIONS = {
    kind: [text.strip() for text in table.replace("\n", "|").split("|") if text.strip()]
    for kind, table in TABLES.items()
}
