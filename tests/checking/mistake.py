"""One wrong hand-written gradient, and how a headline about it is graded.

The words are lower-case substrings, but short stems and function names are whole words.  What
is left out: the mistakes themselves (``mistakes_first``, ``mistakes_second``,
``mistakes_third``).
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple


class Mistake(NamedTuple):
    """A mistake: what is said of it is right if it holds all stems of a set of ``cause_words``."""

    name: str
    kind: str
    source: str
    f: Callable[..., Any]
    at: tuple[Any, ...]
    hand: Callable[..., Any]
    right: Callable[..., Any]
    truth: str
    cause_words: list[list[str]]
    where_words: list[str]
    wrong_words: list[str]
    numbers: bool = False


NAMES = {"sin", "cos", "tan", "exp", "log", "abs", "max", "min", "erf"}
#: Words that blame something in particular, and are wrong of anything else.
BLAMES = [
    *("transpos", "learning rate", "one-hot", "regular", "penalty", "weight decay", "degree"),
    *("dropout", "jacobian", "radian"),
]
HONEST = ("no known mistake fits", "several mistakes fit")


def has(line: str, stem: str) -> bool:
    """Whether the line holds the stem.

    Up to two letters or digits, and function names, count as a whole word; three letters at
    the start of a word ("row" in "rows", "sin" not in "missing").
    """
    line, short = line.lower(), stem.strip()
    if short.isalnum() and (len(short) <= 2 or short in NAMES):
        return re.search(rf"(?<![\w.]){re.escape(short)}(?!\w|\.\d)", line) is not None
    if short.isalnum() and len(short) == 3:
        return re.search(rf"(?<!\w){re.escape(short)}", line) is not None
    return stem in line


def adder(found: list[Mistake]) -> Callable[..., None]:
    """A function that appends a mistake, with the words that would blame something else."""

    def add(
        name: str, kind: str, source: str, f: Any, at: tuple[Any, ...], hand: Any, right: Any,
        truth: str, cause: list[list[str]], where: list[str], wrong: Any = (),
        numbers: bool = False,
    ) -> None:  # fmt: skip
        known = f"{truth} {' '.join(w for words in cause for w in words)}".lower()
        blames = [w for w in BLAMES if w not in known and w not in wrong]
        words = (truth, cause, list(where), [*wrong, *blames])
        found.append(Mistake(name, kind, source, f, at, hand, right, *words, numbers))

    return add


def grade(mistake: Mistake, headline: str) -> str:
    """ "right", "honest" or "wrong"; an honest line that names the place is "honest, there"."""
    named = any(all(has(headline, stem) for stem in words) for words in mistake.cause_words)
    if named and not any(has(headline, word) for word in mistake.wrong_words):
        return "right"
    if not any(words in headline for words in HONEST):
        return "wrong"
    there = any(has(headline, w) or has(headline, w.rstrip("[:")) for w in mistake.where_words)
    return "honest, there" if there else "honest"
