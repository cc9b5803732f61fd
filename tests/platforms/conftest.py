"""Real pages of real engines are no part of the repository: without them there is nothing to collect in CI."""

import os

collect_ignore = (
    ["test_samples.py"] if "CI" in os.environ and not os.environ.get("SHAMEWATCH_SAMPLES") else []
)
