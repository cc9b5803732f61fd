"""Fixtures: real third-party software, started once a module and stopped by its process id."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real.spirit import SpiritForum, start_spirit
from tests.real.wordpress import WordPressSite, start_wordpress


@pytest.fixture(scope="module")
def spirit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpiritForum]:
    forum = start_spirit(tmp_path_factory.mktemp("spirit"))
    yield forum
    forum.stop()


@pytest.fixture(scope="module")
def wordpress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPressSite]:
    site = start_wordpress(tmp_path_factory.mktemp("wordpress"))
    yield site
    site.stop()
