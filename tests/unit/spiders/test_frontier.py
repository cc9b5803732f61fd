"""What is read next and what is remembered, on small sites that live in a dict."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from spiders.frontier import Frontier
from spiders.items import PageState, Post
from spiders.platforms.base import Follow, Reading

START = "http://forum.test/"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def post(post_id):
    return Post(
        platform="x",
        source_url=START,
        site="http://forum.test",
        id=post_id,
        url=START,
        untrusted_text=post_id,
    )


def page(*posts, threads=(), after=(), watermark=""):
    """A page: ids of posts, (path, marker) of threads, paths of continuations."""
    follow = [Follow(url=START + path, kind="thread", marker=marker) for path, marker in threads]
    follow += [Follow(url=START + path, kind="page", is_continuation=True) for path in after]
    return Reading(posts=[post(name) for name in posts], follow=follow, watermark=watermark)


class Reader:
    """Crawls ``pages`` again and again, remembering as the monitor would."""

    def __init__(self, pages):
        self.pages = pages
        self.states = {}
        self.now = NOW
        self.failing = set()
        self.gone = set()
        self.unchanged = set()

    def crawl(self, *, begin=("",), max_pages=100, reread_pages=0):
        """The paths read, in order, and the ids of posts."""
        self.now += timedelta(hours=1)
        follow = [Follow(url=START + path, kind="begin") for path in begin]
        frontier = Frontier(START, follow, self.states, max_pages=max_pages, reread_pages=reread_pages)
        self.remember(frontier.started())
        paths, posts, seen = [], [], set()
        while (step := frontier.next()) is not None:
            path = step.url.removeprefix(START)
            paths.append(path)
            if path in self.failing:
                states = frontier.refused(step, (), self.now, is_final=False)
            elif path in self.gone:
                states = frontier.refused(step, (), self.now, is_final=True)
            elif path in self.unchanged and step.validators():
                states = frontier.unchanged(step, self.now)
            else:
                reading = self.pages[path]
                new = {item.id for item in reading.posts} - seen
                seen |= new
                posts += [item.id for item in reading.posts]
                has_new = bool(new) or not reading.posts
                validators = {"etag": f'"{path}"'}
                states = frontier.took(step, reading, validators, self.now, has_new=has_new)
            self.remember(states)
        self.remember(frontier.finish(self.now))
        self.is_cut = frontier.is_cut
        return paths, posts

    def remember(self, states):
        self.states.update({state.url: state for state in states})


def test_threads_are_read_whole_before_the_listing_goes_on():
    reader = Reader(
        {
            "": page(threads=[("t1", "2"), ("t2", "1")], after=["?p=2"]),
            "?p=2": page(threads=[("t3", "1")]),
            "t1": page("a", after=["t1?p=2"]),
            "t1?p=2": page("b"),
            "t2": page("c"),
            "t3": page("d"),
        }
    )

    assert reader.crawl() == (["", "t1", "t1?p=2", "t2", "?p=2", "t3"], ["a", "b", "c", "d"])
    assert reader.crawl() == ([""], [])


def test_a_changed_thread_is_read_from_its_last_page_on():
    reader = Reader({"": page(threads=[("t", "2")]), "t": page("a", after=["t?p=2"]), "t?p=2": page("b")})
    reader.crawl()
    reader.pages[""] = page(threads=[("t", "3")])
    reader.pages["t?p=2"] = page("b", after=["t?p=3"])
    reader.pages["t?p=3"] = page("c")

    assert reader.crawl()[0] == ["", "t?p=2", "t?p=3"]
    assert reader.states[START + "t"].last_page_url == START + "t?p=3"


def test_the_marker_of_a_thread_is_not_remembered_while_a_page_of_it_is_missing():
    reader = Reader({"": page(threads=[("t", "2")]), "t": page("a", after=["t?p=2"]), "t?p=2": page("b")})
    reader.failing = {"t?p=2"}
    reader.crawl()
    reader.failing = set()

    assert reader.crawl() == (["", "t", "t?p=2"], ["a", "b"])


def test_a_walk_that_missed_a_page_further_down_does_not_stop_at_unchanged_threads():
    reader = Reader(
        {
            "": page(threads=[("t1", "1")], after=["?p=2"]),
            "?p=2": page(threads=[("t2", "1")]),
            "t1": page("a"),
            "t2": page("b"),
        }
    )
    reader.failing = {"t2"}
    reader.crawl()
    reader.failing = set()

    assert reader.crawl() == (["", "?p=2", "t2"], ["b"])
    assert reader.crawl() == ([""], [])


def test_a_crash_in_the_middle_of_a_walk_is_made_good():
    """The walk is marked as open before the first page is read: what a dead crawl missed is found."""
    pages = {
        "": page(threads=[("t1", "1")], after=["?p=2"]),
        "?p=2": page(threads=[("t2", "1")]),
        "t1": page("a"),
        "t2": page("b"),
    }
    reader = Reader(pages)
    reader.crawl()
    pages[""] = page(threads=[("t1", "2")], after=["?p=2"])
    pages["?p=2"] = page(threads=[("t2", "2")])
    frontier = Frontier(START, [Follow(url=START, kind="begin")], reader.states, max_pages=9, reread_pages=0)
    reader.remember(frontier.started())
    for path in ("", "t1"):
        step = frontier.next()
        reader.remember(frontier.took(step, pages[path], {}, NOW))

    assert "t2" in reader.crawl()[0]


def test_a_thread_that_is_forbidden_is_not_asked_for_again_until_it_changes():
    reader = Reader({"": page(threads=[("t", "1")])})
    reader.gone = {"t"}
    reader.crawl()

    assert reader.crawl()[0] == [""]
    reader.pages[""] = page(threads=[("t", "2")])
    assert reader.crawl()[0] == ["", "t"]


def test_a_thread_that_has_shrunk_is_read_from_its_first_page():
    reader = Reader({"": page(threads=[("t", "2")]), "t": page("a", after=["t?p=2"]), "t?p=2": page("b")})
    reader.crawl()
    reader.pages[""] = page(threads=[("t", "1")])
    reader.pages["t"] = page("a")
    reader.gone = {"t?p=2"}

    assert reader.crawl() == (["", "t?p=2", "t"], ["a"])


def test_rereading_takes_the_least_recently_read_pages_in_turn():
    reader = Reader(
        {"": page(threads=[(f"t{n}", "1") for n in range(4)]), **{f"t{n}": page(f"p{n}") for n in range(4)}}
    )
    reader.crawl()

    first, second = reader.crawl(reread_pages=2)[0], reader.crawl(reread_pages=2)[0]

    assert sorted(first[1:] + second[1:]) == ["t0", "t1", "t2", "t3"]


def test_the_first_pages_of_an_active_thread_are_reread_too():
    """Its last page is read at every crawl; the first must still come round."""
    reader = Reader({"": page(threads=[("t", "2")]), "t": page("a", after=["t?p=2"]), "t?p=2": page("b")})
    reader.crawl()
    reader.pages[""] = page(threads=[("t", "3")])

    assert reader.crawl(reread_pages=1)[0] == ["", "t?p=2", "t"]


def test_rereading_keeps_the_memory_of_a_thread():
    reader = Reader({"": page(threads=[("t", "2")]), "t": page("a", after=["t?p=2"]), "t?p=2": page("b")})
    reader.crawl()
    before = reader.states[START + "t"]

    reader.crawl(reread_pages=5)

    after = reader.states[START + "t"]
    assert (
        (after.marker, after.last_page_url) == (before.marker, before.last_page_url) == ("2", START + "t?p=2")
    )
    assert after.read_at > before.read_at


def test_a_page_that_is_gone_does_not_stay_at_the_head_of_rereading():
    reader = Reader({"": page(threads=[("t1", "1"), ("t2", "1")]), "t1": page("a"), "t2": page("b")})
    reader.crawl()
    reader.gone = {"t1"}

    assert [reader.crawl(reread_pages=1)[0][1] for _ in range(2)] in (["t1", "t2"], ["t2", "t1"])


def test_a_thread_without_markers_is_read_at_both_ends_and_not_in_between():
    reader = Reader({"": page("a", after=["?p=2"]), "?p=2": page("b", after=["?p=3"]), "?p=3": page("c")})
    assert reader.crawl()[0] == ["", "?p=2", "?p=3"]
    reader.pages["?p=3"] = page("c", "d")

    assert reader.crawl() == (["", "?p=3"], ["a", "c", "d"])


def test_comments_that_stand_newest_first_are_found_on_the_front_pages():
    reader = Reader({"": page("c", after=["?p=2"]), "?p=2": page("b", after=["?p=3"]), "?p=3": page("a")})
    reader.crawl()
    reader.pages = {
        "": page("e", after=["?p=2"]),
        "?p=2": page("d", after=["?p=3"]),
        "?p=3": page("c", after=["?p=4"]),
        "?p=4": page("b", after=["?p=5"]),
        "?p=5": page("a"),
    }

    _, posts = reader.crawl()

    assert {"d", "e"} <= set(posts)


def test_a_page_that_may_be_asked_conditionally_is_one_without_links():
    reader = Reader({"": page("a")})
    reader.crawl()
    reader.unchanged = {""}
    assert reader.crawl() == ([""], [])

    linking = Reader({"": page("a", after=["?p=2"]), "?p=2": page("b")})
    linking.crawl()
    linking.unchanged = {"", "?p=2"}
    assert linking.crawl() == (["", "?p=2"], ["a"])


def test_a_watermark_is_remembered_only_when_all_pages_behind_it_were_read():
    reader = Reader({"": page("c", after=["?p=2"], watermark="w3"), "?p=2": page("b")})
    reader.failing = {"?p=2"}
    reader.crawl()
    assert reader.states[START].marker == ""

    reader.failing = set()
    reader.crawl()
    assert reader.states[START].marker == "w3"


def test_an_api_that_was_cut_goes_on_where_it_was_cut():
    pages = {"": page("p1", after=["?p=2"], watermark="w")}
    pages |= {f"?p={n}": page(f"p{n}", after=[f"?p={n + 1}"]) for n in range(2, 6)}
    pages["?p=6"] = page("p6")
    reader = Reader(pages)
    assert reader.crawl(max_pages=3)[0] == ["", "?p=2", "?p=3"]
    assert reader.is_cut
    assert reader.states[START].marker == "w"
    # With its watermark the API now says that there is nothing before.
    reader.pages[""] = page("p1", watermark="w")

    assert reader.crawl(max_pages=3)[0] == ["", "?p=4", "?p=5"]
    assert reader.is_cut
    assert reader.crawl(max_pages=3)[0] == ["", "?p=6"]
    assert not reader.is_cut
    assert reader.crawl(max_pages=3)[0] == [""]


def test_another_way_is_entered_once():
    frontier = Frontier(START, [Follow(url=START, kind="api")], {}, max_pages=9, reread_pages=0)
    step = frontier.next()
    frontier.refused(step, [Follow(url=START + "feed", kind="feed")], NOW, is_final=True)

    assert frontier.next().url == START + "feed"
    assert frontier.next() is None


def test_states_of_pages_that_nobody_reads_any_more_do_no_harm():
    states = {START + "old": PageState(url=START + "old", kind="thread")}
    frontier = Frontier(START, [Follow(url=START, kind="begin")], states, max_pages=1, reread_pages=5)

    assert frontier.next().url == START
    assert frontier.next() is None
