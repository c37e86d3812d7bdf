"""The price of an option and all its first-order Greeks from one ``backward()``.

A European option by Black and Scholes, with Merton's dividend yield, is a short formula in
six numbers: spot, strike, years to expiry, interest rate, dividend yield and volatility.  The
Greeks are its slopes along them.  By hand each is a formula of its own; by Value, all six come
out of one ``backward()``.  The two are compared for calls and puts on a textbook contract and
on 1,000 random ones.  The picture shows price and Greeks over the spot, three expiries each.

Runs in about a second, with the compiled engine and with the plain one, picture included.
Exits non-zero if a Greek does not agree.

    python examples/greeks.py --out greeks-output

Sources: F. Black and M. Scholes, "The pricing of options and corporate liabilities" (1973);
R. C. Merton, "Theory of rational option pricing" (1973).
"""

from __future__ import annotations

import argparse
import random
import sys
from math import exp, inf, isnan, log, pi, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

from autograd_nn import Value, functions

#: What the price depends on, and what the slope along it is called.  Rates and the volatility
#: are per year, as plain numbers: 0.05 is 5 % a year.
INPUTS = ("spot", "strike", "years", "rate", "dividend", "volatility")
GREEKS = ("delta", "dual delta", "theta", "rho", "psi", "vega")

TEXTBOOK = (100.0, 105.0, 0.5, 0.05, 0.02, 0.2)
TOLERANCE = 1e-12  # for rounding: prices and Greeks are differences of larger numbers


def price(
    kind: str, spot: Any, strike: Any, years: Any, rate: Any, dividend: Any, volatility: Any
) -> Any:
    """The Black-Scholes price of a "call" or "put"; works on numbers and on Values."""
    sign = 1 if kind == "call" else -1
    spread = volatility * functions.sqrt(years)
    d1 = (functions.log(spot / strike) + (rate - dividend + volatility**2 / 2) * years) / spread
    d2 = d1 - spread
    paid = spot * functions.exp(-dividend * years) * normal_cdf(sign * d1)
    strike_paid = strike * functions.exp(-rate * years) * normal_cdf(sign * d2)
    return sign * (paid - strike_paid)


def normal_cdf(x: Any) -> Any:
    """The probability that a standard normal number is below ``x``."""
    return (1 + functions.erf(x / sqrt(2))) / 2


def by_backward(kind: str, contract: tuple[float, ...]) -> dict[str, float]:
    """The price and its Greeks: one forward pass, one backward pass."""
    inputs = [Value(x, label=name) for x, name in zip(contract, INPUTS, strict=True)]
    result = price(kind, *inputs)
    result.backward()
    slopes = {name: x.grad for name, x in zip(GREEKS, inputs, strict=True)}
    slopes["theta"] *= -1  # by convention the slope along the calendar: expiry comes nearer
    return {"price": result.data, **slopes}


def by_hand(kind: str, contract: tuple[float, ...]) -> dict[str, float]:
    """The same from the closed form of each Greek, with Python's own normal distribution."""
    spot, strike, years, rate, dividend, volatility = contract
    sign = 1 if kind == "call" else -1
    normal = NormalDist()
    spread = volatility * sqrt(years)
    d1 = (log(spot / strike) + (rate - dividend + volatility**2 / 2) * years) / spread
    grown, discounted = exp(-dividend * years), exp(-rate * years)
    in_1, in_2 = normal.cdf(sign * d1), normal.cdf(sign * (d1 - spread))
    density = exp(-(d1**2) / 2) / sqrt(2 * pi)
    return {
        "price": sign * (spot * grown * in_1 - strike * discounted * in_2),
        "delta": sign * grown * in_1,
        "dual delta": -sign * discounted * in_2,
        "theta": -spot * grown * density * volatility / (2 * sqrt(years))
        - sign * rate * strike * discounted * in_2
        + sign * dividend * spot * grown * in_1,
        "rho": sign * strike * years * discounted * in_2,
        "psi": -sign * spot * years * grown * in_1,
        "vega": spot * grown * density * sqrt(years),
    }


def disagreement(kind: str, contract: tuple[float, ...]) -> dict[str, float]:
    """By how much the two ways differ: as a share where the number is above 1; inf for nan."""
    value, hand = by_backward(kind, contract), by_hand(kind, contract)
    differences = {name: abs(value[name] - hand[name]) / max(1, abs(hand[name])) for name in hand}
    return {name: inf if isnan(d) else d for name, d in differences.items()}


def random_contract(rng: random.Random) -> tuple[float, ...]:
    """A contract a desk could see: from deep in to far out of the money, a week to five years."""
    spot = rng.uniform(20, 200)
    return (
        spot,
        spot * rng.uniform(0.5, 2.0),
        rng.uniform(0.02, 5.0),
        rng.uniform(-0.01, 0.1),
        rng.uniform(0.0, 0.08),
        rng.uniform(0.05, 0.8),
    )


def textbook_table() -> None:
    """Print both ways for one contract, a call and a put."""
    print(", ".join(f"{name} {x:g}" for name, x in zip(INPUTS, TEXTBOOK, strict=True)))
    for kind in ("call", "put"):
        value, hand = by_backward(kind, TEXTBOOK), by_hand(kind, TEXTBOOK)
        print(f"\n{kind:12}{'by hand':>18}{'by Value':>18}")
        for name, by_formula in hand.items():
            print(f"{name:12}{by_formula:18.12f}{value[name]:18.12f}")


def compare(contracts: list[tuple[float, ...]]) -> bool:
    """Print the largest disagreement for each Greek over all contracts; True if all agree."""
    worst = dict.fromkeys(("price", *GREEKS), 0.0)
    for contract in contracts:
        for kind in ("call", "put"):
            for name, difference in disagreement(kind, contract).items():
                worst[name] = max(worst[name], difference)
    print(f"\nlargest disagreement over {len(contracts)} contracts, calls and puts")
    for name, difference in worst.items():
        print(f"{name:12}{difference:10.1e}  {'agree' if difference <= TOLERANCE else 'DISAGREE'}")
    return all(difference <= TOLERANCE for difference in worst.values())


def plot(folder: Path, spots: list[float]) -> None:
    """Draw price and Greeks of the call over the spot, where matplotlib is installed."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        print("For the picture: pip install '.[plot]'. Everything else ran.")
        return
    figure, axes = plt.subplots(2, 4, figsize=(13, 6), sharex=True, layout="constrained")
    strike, *_, volatility = TEXTBOOK[1:]
    colours = {0.1: "#0072b2", 0.5: "#d55e00", 2.0: "#009e73"}
    for years, colour in colours.items():
        curve = [by_backward("call", (s, strike, years, *TEXTBOOK[3:])) for s in spots]
        dotted = spots[:: max(1, len(spots) // 12)]
        dots = [by_hand("call", (s, strike, years, *TEXTBOOK[3:])) for s in dotted]
        for ax, name in zip(axes.flat, ("price", *GREEKS), strict=False):
            ax.plot(spots, [c[name] for c in curve], color=colour)
            ax.plot(dotted, [d[name] for d in dots], "o", color=colour, markersize=3.5)
    for ax, name in zip(axes.flat, ("price", *GREEKS), strict=False):
        ax.axvline(strike, color="0.8", linewidth=0.8, zorder=0)
        ax.set_title(name)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in (*axes[1, :3], axes[0, 3]):
        ax.set_xlabel("spot")
        ax.tick_params(labelbottom=True)
    axes[1, 3].axis("off")
    for years, colour in colours.items():
        axes[1, 3].plot([], [], color=colour, label=f"{years:g} years to expiry")
    axes[1, 3].plot([], [], color="0.3", label="line: by backward()")
    axes[1, 3].plot([], [], "o", color="0.3", markersize=3.5, label="dot: closed form")
    axes[1, 3].legend(frameon=False, loc="center")
    figure.suptitle(f"A call at strike {strike:g}, volatility {volatility:.0%}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "greeks.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"\nPicture: {path}")


def main(argv: list[str] | None = None) -> int:
    """Compare and draw; 0 if every Greek agrees, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("greeks-output"), help="where pictures go")
    parser.add_argument("--quick", action="store_true", help="fewer contracts, a coarser picture")
    arguments = parser.parse_args(argv)
    textbook_table()
    rng = random.Random(0)
    contracts = [random_contract(rng) for _ in range(50 if arguments.quick else 1000)]
    agree = compare([TEXTBOOK, *contracts])
    plot(arguments.out, [60 + 90 * i / 60 for i in range(0, 61, 5 if arguments.quick else 1)])
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
