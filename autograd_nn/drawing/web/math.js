// What JavaScript's Math lacks, or has with other results than IEEE 754's recommendations.
// The names are those of the table of operations; javascript.py calls them.
const math = {
  div: (a, b) => a / b,
  // C says 1 where the base is 1 or -1 and JavaScript says NaN.
  pow(a, b) {
    if (b === 2) return a * a;
    if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
    return Math.pow(a, b);
  },
  relu: (x) => (x <= 0 ? 0 : x),
  leaky_relu: (x, slope) => (x <= 0 ? slope * x : x),
  sigmoid(x) {
    const e = Math.exp(-Math.abs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
  },
  softplus: (x) => Math.log1p(Math.exp(-Math.abs(x))) + (x <= 0 ? 0 : x),
  exp2: (x) => Math.pow(2, x),
  logaddexp: (a, b) =>
    a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))),
  maximum: (a, b) => (a !== a || b !== b ? NaN : a >= b ? a : b),
  minimum: (a, b) => (a !== a || b !== b ? NaN : a <= b ? a : b),
  step: (x) => (x > 0 ? 1 : x <= 0 ? 0 : NaN),
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : NaN),
  share: (a, b) => (a !== a || b !== b ? NaN : a > b ? 1 : a < b ? 0 : 0.5),
  greater: (a, b) => (a > b ? 1 : 0),
  first_max: (a, b) => (b > a ? b : a),
  first_min: (a, b) => (b < a ? b : a),
  // To the nearest whole number, from the middle to the even one.
  rint(x) {
    const down = Math.floor(x),
      rest = x - down,
      near = rest === 0.5 ? 2 * Math.round(x / 2) : rest < 0.5 ? down : down + 1;
    return x - x !== 0 || x === 0 ? x : near === 0 ? (x < 0 ? -0 : 0) : near;
  },
  // Python's remainder, with the sign of the divisor, and its quotient, rounded down.
  mod(a, b) {
    if (b === 0) return NaN;
    const rest = a % b;
    if (rest === 0) return b < 0 || Object.is(b, -0) ? -0 : 0;
    return rest < 0 !== b < 0 ? rest + b : rest;
  },
  floordiv(a, b) {
    if (b === 0) return a / b;
    let rest = a % b,
      times = (a - rest) / b;
    if (rest !== 0 && rest < 0 !== b < 0) {
      rest += b;
      times -= 1;
    }
    if (times === 0) return Object.is(a / b, 0) || a / b > 0 ? 0 : -0;
    const whole = Math.floor(times);
    return times - whole > 0.5 ? whole + 1 : whole;
  },
  // The series of Abramowitz and Stegun 7.1.6 up to 2.5; above, Lentz's continued fraction of erfc
  // (7.1.14), which loses nothing there.
  erf(x) {
    const size = Math.abs(x);
    if (x !== x || size > 6) return x !== x ? x : Math.sign(x);
    if (size < 2.5) {
      let term = x,
        total = x;
      for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n += 1) {
        term *= (2 * x * x) / (2 * n + 1);
        total += term;
      }
      return x === 0 ? x : (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
    }
    let fraction = 0;
    for (let n = 60; n > 0; n -= 1) fraction = n / 2 / (size + fraction);
    return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * (size + fraction)));
  },
};
