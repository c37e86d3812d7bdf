"""The pytest plugin: the fixture ``gradcheck``, its option, and readable slope comparisons.

Nothing but this file is imported until a test uses it.  What is left out: the
checks, which are in ``checking``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--gradcheck-seed``."""
    parser.getgroup("autograd_nn").addoption(
        "--gradcheck-seed",
        type=int,
        default=0,
        metavar="N",
        help="seed of the points and directions that gradcheck tries (default: 0)",
    )


@pytest.fixture
def gradcheck(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Fail where slopes do not agree: called as ``autograd_nn.checking.assert_gradients``."""
    from autograd_nn.checking import GradientCheckError, check_gradients

    seed = request.config.getoption("--gradcheck-seed")

    def gradcheck(f: Callable[..., object], at: Any, hand: Any = None, **options: Any) -> None:
        __tracebackhide__ = True
        options.setdefault("seed", seed)
        report = check_gradients(f, at, hand, **options)
        if not report:
            raise GradientCheckError(report)

    return gradcheck


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """The table of slopes in place of pytest's diff, for ``slope == approx_gradient(...)``."""
    module = sys.modules.get("autograd_nn.checking.approximate")
    if module is None or op != "==":
        return None
    for side, other in ((right, left), (left, right)):
        if isinstance(side, module.approx_gradient):
            return str(side.report(other)).splitlines()
    return None
