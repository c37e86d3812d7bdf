"""The pytest plugin: the fixture ``gradcheck``, its option, and readable failures.

A failure is the report: its first line, the cause, is what the short summary shows, and more
about it stands in a section of its own.  Nothing but this file is imported until a test uses
it.  What is left out: the checks, which are in ``checking``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
    from autograd_nn.checking import check_gradients
    from autograd_nn.errors import GradientCheckError

    seed = request.config.getoption("--gradcheck-seed")

    def gradcheck(f: Callable[..., object], at: Any, hand: Any = None, **options: Any) -> None:
        __tracebackhide__ = True
        options.setdefault("seed", seed)
        report = check_gradients(f, at, hand, **options)
        if not report:
            raise GradientCheckError(report)

    return gradcheck


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Show the cause of a failed check without the path of the error's module."""
    outcome = yield
    module = sys.modules.get("autograd_nn.errors")
    if module is None or call.excinfo is None:
        return
    error = call.excinfo.value
    if not isinstance(error, module.GradientCheckError):
        return
    result = outcome.get_result()  # type: ignore[attr-defined]
    crash = getattr(result.longrepr, "reprcrash", None)
    if crash is not None:
        crash.message = crash.message.removeprefix(f"{type(error).__module__}.")
        crash.message = crash.message.removeprefix(f"{type(error).__name__}: ")
    if error.report.details:
        result.sections.append(("gradcheck: details", error.report.details))


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """The table of slopes in place of pytest's diff, for ``slope == approx_gradient(...)``."""
    module = sys.modules.get("autograd_nn.checking.approximate")
    if module is None or op != "==":
        return None
    for side, other in ((right, left), (left, right)):
        if isinstance(side, module.approx_gradient):
            return str(side.report(other)).splitlines()
    return None
