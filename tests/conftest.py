"""Settings that every test shares."""

import os

import pytest
from hypothesis import settings

# No test is about time.  On a server the same examples come in every run.
settings.register_profile("suite", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def _own_code_cache(tmp_path_factory):
    """Compiled code goes to a folder of this run, in every process that it starts."""
    folder = tmp_path_factory.mktemp("cache") / "code"
    before = os.environ.get("AUTOGRAD_NN_CACHE_DIR")
    os.environ["AUTOGRAD_NN_CACHE_DIR"] = str(folder)
    yield
    if before is None:
        del os.environ["AUTOGRAD_NN_CACHE_DIR"]
    else:
        os.environ["AUTOGRAD_NN_CACHE_DIR"] = before
