"""Speed, side by side with peers: each module here runs with ``python -m benchmarks.NAME``."""
