"""Pictures and posts that a page loads only when they are scrolled to are there before the picture is taken."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from monitor.evidence.verdict import Verdict
from tests.integration.evidence.conftest import FILLER

NAME = "Amina Mfano"
GREEN = (0, 128, 0)
OBSERVED = """<script>
  const seen = new IntersectionObserver(entries => entries.forEach(({ target, isIntersecting }) => {
    if (!isIntersecting) return;
    if (target.dataset.src) target.src = target.dataset.src; else target.style.backgroundImage = "url(" + target.dataset.back + ")";
    seen.unobserve(target);
  }));
  document.querySelectorAll("[data-src], [data-back]").forEach(one => seen.observe(one));
</script>"""


@pytest.mark.parametrize(
    "lazy",
    [
        "<img data-src=/green.png width=50 height=50>" + OBSERVED,
        "<div data-back=/green.png style='width:50px;height:50px'></div>" + OBSERVED,
        "<img loading=lazy src=/green.png width=50 height=50>",
    ],
)
def test_a_picture_that_waits_to_be_seen_is_in_the_picture(captured: Any, site: Any, lazy: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (50, 50), GREEN).save(buffer, "PNG")
    green = site.answer(buffer.getvalue(), media_type="image/png")
    body = f"<p>{NAME} owes.</p>" + f"<p>{FILLER}</p>" * 60 + lazy
    result = captured(body, NAME, routes={"/green.png": green})
    assert "/green.png" in site.asked
    with Image.open(result.screenshot) as picture:
        assert (np.asarray(picture.convert("RGB"))[-400:] == GREEN).all(axis=2).any()
    assert result.manifest.missing_pictures == ()
    assert any(one.url.endswith("/green.png") and one.status == 200 for one in result.manifest.exchanges)


def test_a_page_that_grows_as_it_is_scrolled_is_followed_and_not_for_ever(captured: Any, site: Any) -> None:
    """The mention stands on its third helping; there is no last one."""
    script = """<div id=end></div><script>
      let helping = 0;
      new IntersectionObserver(entries => {
        if (!entries.some(entry => entry.isIntersecting)) return;
        fetch("/more?" + ++helping).then(answer => answer.text()).then(text => end.insertAdjacentHTML("beforebegin", text));
      }).observe(end);
    </script>"""
    counted = [0]

    def more(handler: Any) -> None:
        counted[0] += 1
        mention = f"<p>{NAME} owes.</p>" if counted[0] == 3 else ""
        site.answer(mention + f"<p>{FILLER}</p>" * 25)(handler)

    result = captured(f"<p>{FILLER}</p>" * 25 + script, NAME, routes={"/more": more})
    assert result.verdict is Verdict.OK, result.reason
    assert 3 <= counted[0] <= 60
    assert result.manifest.page.height_px > 3_000
