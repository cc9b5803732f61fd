"""One page visited twice by a real browser: what became of the post, as the two captures show it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.evidence.browser import Browser
from monitor.evidence.capture import capture
from monitor.evidence.comparison import Change, Comparison, Kind, Seen, compare, seen_from_manifest
from monitor.evidence.request import CaptureRequest, PostFacts
from tests.integration.evidence.conftest import FILLER, Route, Site, answer, page

NAME = "Analyn Dimasupil"
POST = (
    f"WANTED! {NAME} of Mabini Street owes us 8,000 pesos since June and hides from everybody. "
    "Who sees her, tell her mother, her boss and her church what she is."
)
OTHERS = (
    "Is the market open on Monday? I have rice to sell.",
    "It is open until noon, they told me at the gate.",
    "Then I shall come early with the two sacks that are left.",
)


def reply(number: int, text: str, foot: str = "") -> str:
    return (
        f'<div class=post id="p{number}"><b>writer{number}</b><div class=body>{text}</div><i>{foot}</i></div>'
    )


def thread(post: str | None, others: tuple[str, ...] = OTHERS, foot: str = "2 hours ago · 3 likes") -> str:
    first = [reply(number, text, foot) for number, text in enumerate(others[:1], 1)]
    own = [reply(9, post, foot)] if post is not None else []
    rest = [reply(number, text, foot) for number, text in enumerate(others[1:], 20)]
    return f"<h1>Notices</h1><div class=thread>{''.join([*first, *own, *rest])}</div><p>{FILLER}</p>"


Seeing = Callable[..., Seen]
Recheck = Callable[[Route | str, Route | str], Comparison]


@pytest.fixture(scope="module")
def seen(site: Site, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Seeing:
    """Serve a page and capture it, as for a hit (``is_hit``) or as for an address that somebody gave.

    The same page is visited once: its capture is what a recheck would be compared with.
    """
    folder = tmp_path_factory.mktemp("captures")
    before: dict[tuple[Route | str, bool, str], Seen] = {}

    def run(route: Route | str, *, is_hit: bool = True, path: str = "/t/1") -> Seen:
        if (route, is_hit, path) in before:
            return before[route, is_hit, path]
        site.routes.clear()
        site.routes[path] = page(route) if isinstance(route, str) else route
        chars = len("".join(POST.split()))
        request = CaptureRequest(
            url=site.url(path),
            expected=(NAME,),
            settle_s=0.5,
            context_text=POST if is_hit else "",
            anchors=("p9",) if is_hit else (),
            post=PostFacts(id="p9", chars=chars) if is_hit else PostFacts(),
        )
        manifest = capture(request, browser, folder / f"capture-{len(before)}").manifest
        dumped = manifest.model_dump(mode="json")
        before[route, is_hit, path] = seen_from_manifest(
            dumped, manifest.started_at, manifest.verdict, request.url
        )
        return before[route, is_hit, path]

    return run


@pytest.fixture(params=[True, False], ids=["a hit", "an address"])
def recheck(request: pytest.FixtureRequest, seen: Seeing) -> Recheck:
    return lambda before, after: compare(
        seen(before, is_hit=request.param), seen(after, is_hit=request.param)
    )


def test_the_same_post_is_unchanged_whatever_its_neighbours_do(recheck: Recheck) -> None:
    others = ("Short.", *OTHERS[1:], "I too!", "Sold out, sorry.")
    found = recheck(thread(POST), thread(POST, others, foot="3 hours ago · 14 likes"))
    assert found.change is Change.UNCHANGED, found.runs


def test_an_edited_post_shows_what_went_and_came(recheck: Recheck) -> None:
    found = recheck(thread(POST), thread(POST.replace("8,000 pesos since June", "9,500 pesos"), OTHERS[:2]))
    assert found.change is Change.EDITED
    texts = {kind: " ".join(run.untrusted_text for run in found.runs if run.kind is kind) for kind in Kind}
    assert texts[Kind.REMOVED] == "8,000 since June"
    assert texts[Kind.ADDED] == "9,500"
    assert NAME in texts[Kind.KEPT]
    assert not any(other in texts[Kind.KEPT] for other in OTHERS)


def test_a_removed_post_is_absent_from_the_page_at_that_time(recheck: Recheck) -> None:
    found = recheck(thread(POST), thread(None))
    assert found.change is Change.ABSENT
    assert ", absent at " in found.sentence


def hang_up(handler: object) -> None:
    raise ConnectionResetError


LOGIN = "<h1>Log in to continue</h1><form><input name=user><input type=password name=password><button>Log in</button></form>"  # fmt: skip


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (answer("no such page", 404), Change.ABSENT),
        (page(LOGIN, status=403), Change.BLOCKED),
        pytest.param(page(LOGIN), Change.BLOCKED, marks=pytest.mark.slow),
        pytest.param(answer("Forbidden", 403), Change.BLOCKED, marks=pytest.mark.slow),
        pytest.param(answer("Internal error", 500), Change.UNREACHABLE, marks=pytest.mark.slow),
        (hang_up, Change.UNREACHABLE),
    ],
    ids=["gone", "login 403", "login 200", "forbidden", "server error", "hung up"],
)
def test_a_page_that_does_not_come_says_no_more_than_that(seen: Seeing, after: Route, change: Change) -> None:
    assert compare(seen(thread(POST)), seen(after)).change is change


def test_a_hit_whose_name_was_hidden_is_edited_and_not_absent(seen: Seeing) -> None:
    earlier, later = seen(thread(POST)), seen(thread(POST.replace(NAME, "A***** D*******")))
    assert later.verdict == "mention not found"
    found = compare(earlier, later)
    assert found.change is Change.EDITED
    assert next(run.untrusted_text for run in found.runs if run.kind is Kind.REMOVED) == NAME


def test_a_notice_in_the_place_of_the_post_is_not_the_post(seen: Seeing) -> None:
    found = compare(seen(thread(POST)), seen(thread("[This message is not shown any more.]")))
    assert found.change is Change.ABSENT


def test_another_post_with_the_name_is_not_taken_for_the_edited_one(seen: Seeing) -> None:
    other = f"Happy birthday to {NAME} from all of us at the office! May the year be kind."
    earlier, later = seen(thread(POST), is_hit=False), seen(thread(None, (*OTHERS, other)), is_hit=False)
    assert compare(earlier, later).change is Change.ANOTHER_TEXT


def test_a_post_of_many_paragraphs_is_compared_whole(seen: Seeing) -> None:
    def article(end: str) -> str:
        parts = "".join(f"<p>{text}</p>" for text in (POST, FILLER, end))
        return f"<article><h2>Notice</h2><div>{parts}</div></article><footer>About us</footer>"

    found = compare(seen(article("Call us."), is_hit=False), seen(article("Call 0917."), is_hit=False))
    assert found.change is Change.EDITED


def test_a_post_that_moved_to_the_next_page_of_its_thread_is_found_there(seen: Seeing) -> None:
    earlier = seen(thread(POST), path="/t/1")
    assert compare(earlier, seen(thread(None), path="/t/1")).change is Change.ABSENT
    moved = compare(earlier, seen(thread(POST, OTHERS[:1]), path="/t/1/page-2"))
    assert (moved.change, moved.is_moved) == (Change.UNCHANGED, True)
