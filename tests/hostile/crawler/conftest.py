"""The same site and crawl as in tests/integration/crawler."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_PATH = Path(__file__).parents[2] / "integration" / "crawler" / "conftest.py"
_NAME = "shamewatch_tests_crawler_fixtures"

if _NAME in sys.modules:
    _fixtures = sys.modules[_NAME]
else:
    _spec = importlib.util.spec_from_file_location(_NAME, _PATH)
    _fixtures = importlib.util.module_from_spec(_spec)
    sys.modules[_NAME] = _fixtures
    _spec.loader.exec_module(_fixtures)

site = _fixtures.site
other_site = _fixtures.other_site
crawl_sites = _fixtures.crawl_sites
reply = _fixtures.reply
