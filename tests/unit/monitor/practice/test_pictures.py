"""Every picture can be drawn and is what its entry says."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from monitor.practice.content import shipped_content
from monitor.practice.pictures import PICTURES, picture_png


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_a_png_of_its_size_with_something_on_it(name: str) -> None:
    with Image.open(io.BytesIO(picture_png(name))) as image:
        assert image.format == "PNG"
        assert image.size == PICTURES[name].size
        assert len(image.getcolors(1 << 24) or ()) > 50


def test_every_picture_that_a_post_shows_exists_and_each_is_shown() -> None:
    shown = {name for thread in shipped_content().threads for post in thread.posts for name in post.images}
    assert shown == set(PICTURES)
