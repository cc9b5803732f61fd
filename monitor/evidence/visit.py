"""The steps of one visit: open, wait, read, save the DOM, take the pictures. Never decides what the page means.

Every step ends in time. When the time is up, the page's scripts are stopped and what stands there is saved.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from datetime import UTC, datetime
from urllib.parse import urlsplit

from monitor.evidence.banner import search_terms
from monitor.evidence.browser_errors import NavigationFailedError, StepFailedError, TabLostError
from monitor.evidence.foreign_frames import ForeignFrame, look_into_frames, view_of_mention
from monitor.evidence.observation import Banner, Box, Trouble, Visit
from monitor.evidence.own_answers import without_our_own_answers
from monitor.evidence.page_script import BannerAnswer, ScrollAnswer, SearchAnswer, SizeAnswer, ViewAnswer
from monitor.evidence.tab import Tab

MAX_PICTURE_HEIGHT = 30_000
MAX_PICTURE_WIDTH = 2_560
_POLL_S = 0.15
# Text that no script has touched for so long, with nothing more on its way, is taken for all there is.
_REST_S = 1.5
_REQUESTS_END_S = 1.0
# How often a page that grows when it is scrolled is followed in search of a mention.
_MAX_HELPINGS = 8
_BANNER_COMES_MS = 1_000
_BANNER_GOES_MS = 2_000
# Less time than this is not begun with for a second look.
_PRESS_MIN_S = 4.0
_BANNER_NOTES: dict[str, list[str]] = {
    "dismissed": [],
    "stayed": ["A consent banner could not be dismissed and lies over the page."],
    "led away": [
        "Pressing a button of the consent banner led to another page; everything is as it was before."
    ],
    "lost the page": [
        "After a button of the consent banner was pressed the page showed less; everything is as it was before."
    ],
}
_RECORDING_S = 3.0
_MAX_CHAINS = 30
_MHTML_S = 10.0
_MAX_MHTML_BYTES = 64_000_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlan:
    """What to open and what to look for. ``timeout_s`` covers everything, the saving of remains included."""

    url: str
    expected: tuple[str, ...] = ()
    context_text: str = ""
    anchors: tuple[str, ...] = ()
    post_chars: int = 0
    timeout_s: float = 60.0
    settle_s: float = 4.0

    @property
    def reserve_s(self) -> float:
        """Time kept back for saving what can be had of a page that hangs."""
        return min(10.0, self.timeout_s / 3)


async def visit_page(tab: Tab, plan: VisitPlan) -> Visit:
    """Carry the plan out. Never raises for what a page does: ``Visit.trouble`` says it."""
    started_at = datetime.now(UTC)
    visit = Visit(requested_url=plan.url, started_at=started_at, ended_at=started_at)
    until = asyncio.get_running_loop().time() + plan.timeout_s - plan.reserve_s
    try:
        async with asyncio.timeout_at(until):
            await tab.open(plan.url, plan.timeout_s - plan.reserve_s)
            await _come_to_rest(tab, plan, visit)
            banner = await tab.ask("awaitBanner", search_terms(), _BANNER_COMES_MS)
            later = dataclasses.replace(visit, notes=list(visit.notes))
            await _take(tab, plan, visit)
        if banner is not None:
            await _press_away(tab, plan, (visit, later), BannerAnswer.model_validate(banner), until)
    except TimeoutError:
        visit.trouble = Trouble.TIMED_OUT
        await _save_remains(tab, plan, visit)
    except NavigationFailedError as error:
        visit.trouble, visit.trouble_detail = Trouble.NAVIGATION_FAILED, error.code
    except TabLostError as error:
        visit.trouble = Trouble.CRASHED if tab.log.is_crashed else Trouble.BROWSER_LOST
        visit.trouble_detail = str(error)
    if not visit.is_reported:
        await _report(tab, visit)
    await _collect_recording(tab, visit)
    visit.ended_at = datetime.now(UTC)
    return visit


async def _come_to_rest(tab: Tab, plan: VisitPlan, visit: Visit) -> None:
    """Until the page has loaded, shows what is looked for and was scrolled through."""
    has_loaded = await tab.wait_loaded(min(10.0, plan.timeout_s / 3))
    if not has_loaded:
        visit.notes.append("Not every part of the page came in time; the picture was taken without it.")
    await _settle(tab, plan, visit)
    scroll = await _scroll(tab, 0)
    for _ in range(_MAX_HELPINGS if visit.search.missing else 0):
        height = SizeAnswer.model_validate(await tab.ask("size")).height
        await _search(tab, plan, visit)
        if height <= scroll.height or not visit.search.missing:
            break
        scroll = await _scroll(tab, scroll.height)  # the page grew when its end was seen
    if scroll.pending:
        visit.notes.append(f"{scroll.pending} picture(s) were still loading.")


async def _scroll(tab: Tab, since: float) -> ScrollAnswer:
    """Through the part of the page below ``since`` pixels, until what that asked for is there."""
    answer = await tab.ask("scrollThrough", MAX_PICTURE_HEIGHT, 4000, since)
    await _let_requests_end(tab)
    return ScrollAnswer.model_validate(answer)


async def _take(tab: Tab, plan: VisitPlan, visit: Visit) -> None:
    """Where the mention stands, the document, its text, the pictures."""
    await _search(tab, plan, visit)
    holder = None
    if visit.search.missing and visit.search.foreign_frames:
        look = await look_into_frames(tab, visit.search, plan.context_text[:5000], plan.anchors)
        visit.search, holder = look.search, look.holder
    visit.untrusted_dom = str(await tab.ask("serialise"))
    visit.untrusted_text = str(await tab.ask("visibleText"))
    visit.untrusted_post_text = str(await tab.ask("postText", plan.post_chars))
    visit.missing_pictures = [str(url)[:500] for url in await tab.ask("missingPictures")][:100]
    await _save_as_mhtml(tab, visit)
    if holder is not None:  # first: a frame in another process is only drawn where it is in view
        await _take_framed_mention(tab, holder, visit, plan.post_chars)
    await _take_whole_page(tab, visit)
    if holder is None and visit.search.matches:
        await _take_mention(tab, visit)


async def _press_away(
    tab: Tab, plan: VisitPlan, looks: tuple[Visit, Visit], found: BannerAnswer, until: float
) -> None:
    """Press the banner's button once and take everything again. What was taken before stays where that goes wrong.

    ``looks``: the visit, and its state from before anything was taken, which the second look goes into.
    """
    visit, later = looks
    if until - asyncio.get_running_loop().time() < _PRESS_MIN_S:
        visit.notes.append("A consent banner lies over the page; there was no time to press it away.")
        return
    address, steps = tab.url.partition("#")[0], len(tab.log.hops)
    before = dataclasses.replace(visit, notes=list(visit.notes), is_reported=True)
    await _report(tab, before)
    outcome = "lost the page"
    with contextlib.suppress(TimeoutError, TabLostError):
        async with asyncio.timeout_at(until):
            await tab.press(found.x, found.y)
            if not await tab.ask("isBannerGone", search_terms(), found.path, _BANNER_GOES_MS):
                outcome = "stayed"
            elif await _takes_as_much(tab, plan, later, visit):
                await _report(tab, later)
                outcome = "dismissed"
    if tab.url.partition("#")[0] != address or len(tab.log.hops) > steps:
        outcome = "led away"
    later.screenshot_before, later.is_reported = visit.screenshot, True
    taken = {"dismissed": later, "stayed": visit}.get(outcome, before)
    for field in dataclasses.fields(Visit):
        setattr(visit, field.name, getattr(taken, field.name))
    visit.banner = Banner(
        untrusted_text=found.text, untrusted_label=found.label, dom_path=found.path, outcome=outcome
    )
    visit.notes += _BANNER_NOTES[outcome]


async def _takes_as_much(tab: Tab, plan: VisitPlan, later: Visit, earlier: Visit) -> bool:
    """Take everything; whether no less of what was looked for is there than before."""
    if earlier.search.missing or earlier.search.hidden:
        await _settle(tab, plan, later)  # some pages bring their text only now
    await _take(tab, plan, later)
    now, then = later.search, earlier.search
    return len(now.missing) + len(now.hidden) <= len(then.missing) + len(then.hidden)


async def _settle(tab: Tab, plan: VisitPlan, visit: Visit) -> None:
    """Wait for script-rendered text: until the mention is there, else until the page has come to rest."""
    loop = asyncio.get_running_loop()
    is_error = tab.response is not None and tab.response.status >= 400
    until = loop.time() + (0.5 if is_error else plan.settle_s)
    rest_s = _REST_S if plan.expected else _POLL_S
    chars, still_since = -1, loop.time()
    while loop.time() < until:
        await _search(tab, plan, visit)
        found = visit.search
        if plan.expected and not found.missing and not found.hidden:
            return
        if found.visible_chars != chars:
            chars, still_since = found.visible_chars, loop.time()
        is_busy = tab.log.pending_count > 0 or chars == 0
        if not is_busy and loop.time() - still_since >= rest_s:
            return
        await asyncio.sleep(_POLL_S)


async def _let_requests_end(tab: Tab) -> None:
    """What is on its way belongs into the archive; what never ends is not waited for."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _REQUESTS_END_S
    while tab.log.pending_count > 0 and loop.time() < until:  # noqa: ASYNC110 - told by the page, not by us
        await asyncio.sleep(0.05)


async def _search(tab: Tab, plan: VisitPlan, visit: Visit) -> None:
    answer = SearchAnswer.model_validate(
        await tab.ask("search", list(plan.expected), plan.context_text[:5000], list(plan.anchors))
    )
    visit.search = answer.search()
    visit.untrusted_title = answer.title


async def _save_as_mhtml(tab: Tab, visit: Visit) -> None:
    """A copy for convenience: what it holds stands in the archive too, so a page is not lost for it."""
    try:
        async with asyncio.timeout(_MHTML_S):
            saved = await tab.mhtml()
    except (StepFailedError, TimeoutError):
        visit.notes.append("The browser could not save the page as MHTML.")
        return
    if len(saved) <= _MAX_MHTML_BYTES:
        visit.mhtml = saved
    else:
        visit.notes.append(f"The page as MHTML has {len(saved):,} bytes and is not kept.")


async def _take_whole_page(tab: Tab, visit: Visit) -> None:
    size = SizeAnswer.model_validate(await tab.ask("size"))
    visit.page_width, visit.page_height = int(size.width), int(size.height)
    width = min(max(size.width, size.view_width), MAX_PICTURE_WIDTH)
    visit.shown_height = int(min(size.height, MAX_PICTURE_HEIGHT))
    if visit.shown_height < visit.page_height or width < size.width:
        visit.notes.append(
            f"The page is {visit.page_width} by {visit.page_height} pixels; "
            f"the picture shows its first {int(width)} by {visit.shown_height}."
        )
    visit.screenshot = await tab.picture(clip=Box(x=0, y=0, width=width, height=visit.shown_height))


async def _take_mention(tab: Tab, visit: Visit) -> None:
    """The viewport at the mention. The outline is drawn on the picture, so the page cannot notice it."""
    for _ in range(3):
        before = await tab.ask("show")
        if before is None:
            return
        visit.mention_view = await tab.picture()
        view = ViewAnswer.model_validate(before)
        visit.mention_boxes = tuple(box.box() for box in view.boxes)
        after = ViewAnswer.model_validate(await tab.ask("view"))
        if after == view:
            break
    else:
        visit.notes.append("The page moved while the mention was pictured; its outline may be off.")
    if view.covered:
        visit.is_mention_covered = True
        visit.notes.append("Something on the page lies over the mention.")


async def _take_framed_mention(tab: Tab, holder: ForeignFrame, visit: Visit, post_chars: int) -> None:
    """The same for a mention that stands in a frame of another origin."""
    visit.notes.append("The mention stands in a frame of another origin, which the page shows.")
    try:
        visit.untrusted_post_text = str(await holder.inner.ask("postText", post_chars))
        view = await view_of_mention(holder)
        if view is None:
            return
        visit.mention_view = await tab.picture()
        visit.mention_boxes = tuple(box.box() for box in view.boxes)
    except StepFailedError:
        visit.notes.append("The frame went elsewhere while the mention was pictured.")
        return
    if view.covered:
        visit.is_mention_covered = True
        visit.notes.append("Something on the page lies over the mention.")


async def _save_remains(tab: Tab, plan: VisitPlan, visit: Visit) -> None:
    """The page hangs: break its scripts and save what stands there, as far as each part can be had."""
    await tab.stop_scripts()
    try:
        async with asyncio.timeout(plan.reserve_s / 2):
            if not visit.untrusted_dom:
                visit.untrusted_dom = await tab.outer_html()
            if not visit.search.matches:
                await _search(tab, plan, visit)
    except (TimeoutError, TabLostError):
        visit.notes.append("Not all of the page could be saved after its time was up.")
    try:
        async with asyncio.timeout(plan.reserve_s / 3):
            if not visit.screenshot:
                visit.screenshot = await tab.picture()
                visit.notes.append("The picture shows the visible part of the page only.")
    except (TimeoutError, TabLostError):
        visit.notes.append("No picture could be taken after the time was up.")


async def _report(tab: Tab, visit: Visit) -> None:
    """What the tab's log and the proxy say, whatever became of the page."""
    log = tab.log
    visit.final_url = tab.url
    visit.hops = list(log.hops)
    visit.console_errors, visit.failed_requests = list(log.console), list(log.failed)
    visit.request_count = log.request_count
    visit.notes += log.notes()
    visit.refusals = tab.ledger.refusals
    response = tab.response
    if response is None:
        return
    visit.status = response.status
    parts = urlsplit(response.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    peer = tab.ledger.peers.get(((parts.hostname or "").rstrip("."), port))
    visit.server_address = (
        "" if peer is None else f"[{peer}]:{port}" if peer.version == 6 else f"{peer}:{port}"
    )
    try:
        async with asyncio.timeout(2.0):
            visit.headers = await tab.main_headers()
            visit.tls = await tab.main_tls()
    except TimeoutError:
        visit.notes.append("The headers of the main response could not be had.")


async def _collect_recording(tab: Tab, visit: Visit) -> None:
    """What went over the wire, from where it came, and the certificates of every host with TLS."""
    visit.peers = {f"{host}:{port}": str(peer) for (host, port), peer in tab.ledger.peers.items()}
    try:
        async with asyncio.timeout(_RECORDING_S * 2):
            visit.recording = without_our_own_answers(await tab.recording(_RECORDING_S))
            for origin in _tls_origins(visit)[:_MAX_CHAINS]:
                chain = await tab.certificates(origin)
                if chain:
                    host = origin.removeprefix("https://")
                    visit.chains[host if ":" in host else f"{host}:443"] = chain
    except TimeoutError:
        visit.notes.append("What went over the wire could not be collected in time.")


def _tls_origins(visit: Visit) -> list[str]:
    """The main page's first."""
    urls = [visit.final_url, *(one.untrusted_url for one in visit.recording.exchanges if one.status)]
    return list(dict.fromkeys("/".join(url.split("/", 3)[:3]) for url in urls if url.startswith("https:")))
