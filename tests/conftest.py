"""Settings that every test shares."""

import os

from hypothesis import settings

# No test is about time.  On a server the same examples come in every run.
settings.register_profile("suite", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("suite")
