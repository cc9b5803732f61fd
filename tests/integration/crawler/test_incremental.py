"""A second crawl reads only what is new, and misses neither replies nor edits."""

from __future__ import annotations

import time

from spiders.items import PageRead, PageState, Post, RefusalKind


def thread(*posts, after=""):
    paragraphs = "".join(f'<p id="{post_id}">{text}</p>' for post_id, text in posts)
    return paragraphs + (f'<a rel="next" href="{after}">' if after else "")


def listing(*threads, after=""):
    links = "".join(f'<a class="thread" href="{url}" data-replies="{replies}">' for url, replies in threads)
    return links + (f'<a rel="next" href="{after}">' if after else "")


def small_forum(site):
    """Two listing pages, two threads, one of them of three pages."""
    site.pages.update(
        {
            "/": listing(("/t1", 5), after="/?page=2"),
            "/?page=2": listing(("/t2", 1)),
            "/t1": thread(("a1", "one"), ("a2", "two"), after="/t1?page=2"),
            "/t1?page=2": thread(("a3", "three"), ("a4", "four"), after="/t1?page=3"),
            "/t1?page=3": thread(("a5", "five")),
            "/t2": thread(("b1", "six")),
        }
    )
    return [f"{site.url}/"]


def test_every_post_of_every_page_comes_exactly_once(site, crawl_sites):
    start = small_forum(site)

    result = crawl_sites(site, start)

    assert sorted(result.texts) == ["five", "four", "one", "six", "three", "two"]
    assert result.done[0].posts == 6
    assert result.done[0].requests == 6
    assert not result.done[0].is_cut
    assert result.refusals == []


def test_a_page_is_remembered_only_after_its_posts_came(site, crawl_sites):
    records = crawl_sites(site, small_forum(site)).records

    posts_at = {r.url.partition("#")[0]: n for n, r in enumerate(records) if isinstance(r, Post)}
    states_at = {}
    for number, record in enumerate(records):
        if isinstance(record, PageState):
            states_at.setdefault(record.url, number)
    assert posts_at
    assert all(states_at[url] > number for url, number in posts_at.items())


def test_where_nothing_is_new_only_the_listing_is_read(site, crawl_sites):
    start = small_forum(site)
    first = crawl_sites(site, start)
    site.asked.clear()

    second = crawl_sites(site, start, states=first.states, reread_pages=0)

    assert site.paths == ["/"]
    assert second.posts == []


def test_a_reply_to_an_old_thread_is_found_on_its_last_page(site, crawl_sites):
    start = small_forum(site)
    first = crawl_sites(site, start)
    site.pages["/?page=2"] = listing(("/t2", 1))
    site.pages["/"] = listing(("/t1", 7), after="/?page=2")
    site.pages["/t1?page=3"] = thread(("a5", "five"), ("a6", "new"), after="/t1?page=4")
    site.pages["/t1?page=4"] = thread(("a7", "newer"))
    site.asked.clear()

    second = crawl_sites(site, start, states=first.states, reread_pages=0)

    assert second.texts == ["five", "new", "newer"]
    # The listing's second page is read too, for its first page held something new.
    assert site.paths == ["/", "/t1?page=3", "/t1?page=4", "/?page=2"]
    site.asked.clear()
    third = crawl_sites(site, start, states=second.states, reread_pages=0)
    assert (third.posts, site.paths) == ([], ["/"])


def test_an_edit_anywhere_is_found_within_the_rounds_of_rereading(site, crawl_sites):
    """Four thread pages, two read again per crawl: two crawls find any edit."""
    start = small_forum(site)
    remembered = crawl_sites(site, start).states
    site.pages["/t1"] = thread(("a1", "one, edited"), ("a2", "two"), after="/t1?page=2")
    texts = []
    for _ in range(2):
        result = crawl_sites(site, start, states=remembered, reread_pages=2)
        remembered = result.states
        texts += result.texts

    assert texts.count("one, edited") == 1
    assert sorted(texts) == sorted(["one, edited", "two", "three", "four", "five", "six"])


def test_rereading_is_conditional_where_the_server_can_do_it(site, crawl_sites, reply):
    start = small_forum(site)

    def revalidating(asked):
        if asked.headers.get("if-none-match") == '"v1"':
            return reply(status=304)
        return reply(thread(("b1", "six")), headers={"ETag": '"v1"'})

    site.pages["/t2"] = revalidating
    first = crawl_sites(site, start)

    second = crawl_sites(site, start, states=first.states, reread_pages=10)

    unchanged = [read.url for read in second.of(PageRead) if read.status == 304]
    assert unchanged == [f"{site.url}/t2"]
    assert "six" not in second.texts
    assert second.states[f"{site.url}/t2"].read_at > first.states[f"{site.url}/t2"].read_at


def test_a_cut_crawl_says_so_and_the_next_ones_read_the_rest(site, crawl_sites):
    start = small_forum(site)
    first = crawl_sites(site, start, max_pages_per_source=4)
    assert first.done[0].is_cut
    assert len(site.paths) == 4

    second = crawl_sites(site, start, states=first.states, reread_pages=0)

    assert "six" in second.texts
    assert not second.done[0].is_cut


def test_a_thread_that_failed_is_read_at_the_next_crawl_although_the_listing_is_the_same(
    site, crawl_sites, reply
):
    start = small_forum(site)
    working = site.pages["/t2"]
    site.pages["/t2"] = reply("oops", status=410)
    site.pages["/t1?page=2"] = "raise here"
    first = crawl_sites(site, start)
    assert {refusal.kind for refusal in first.refusals} == {RefusalKind.GONE, RefusalKind.UNREADABLE}

    site.pages["/t2"] = working
    second = crawl_sites(site, start, states=first.states)

    assert "six" in second.texts


def test_paging_that_runs_in_a_circle_ends(site, crawl_sites):
    site.pages["/"] = thread(("a1", "one"), after="/?page=2")
    site.pages["/?page=2"] = thread(("a2", "two"), after="/?page=1")
    site.pages["/?page=1"] = thread(("a1", "one"), after="/?page=2")

    result = crawl_sites(site, [f"{site.url}/"])

    assert result.texts == ["one", "two"]
    assert site.paths == ["/", "/?page=2", "/?page=1"]


def test_session_ids_do_not_make_a_page_another_page(site, crawl_sites):
    sid = "0123456789abcdef0123456789abcdef"
    site.pages["/"] = listing((f"/t1?sid={sid}", 1), ("/t1?PHPSESSID=abc", 1), ("/t1", 1))
    site.pages["/t1"] = thread(("a1", "one"))

    result = crawl_sites(site, [f"{site.url}/"])

    assert site.paths == ["/", "/t1"]
    assert result.texts == ["one"]


def test_a_reader_that_fails_costs_one_page_and_tells_no_page_text(site, crawl_sites):
    site.pages["/"] = listing(("/t1", 1), ("/t2", 1))
    site.pages["/t1"] = "raise here: SECRET TEXT OF THE PAGE"
    site.pages["/t2"] = thread(("b1", "still read"))

    result = crawl_sites(site, [f"{site.url}/"])

    assert result.texts == ["still read"]
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.UNREADABLE]
    assert "ZeroDivisionError" in result.refusals[0].detail
    assert "SECRET" not in result.refusals[0].detail + "\n".join(result.log)


def test_another_way_is_taken_where_a_page_is_refused(site, crawl_sites, reply):
    site.pages["/"] = reply('<link rel="alternate" href="/feed">', status=403)
    site.pages["/feed"] = thread(("a1", "one"))

    result = crawl_sites(site, [f"{site.url}/"])

    assert result.texts == ["one"]
    assert result.refusals == []


def test_two_sources_of_one_host_are_read_one_request_at_a_time(site, crawl_sites, reply):
    def slow(asked):
        time.sleep(0.05)
        return reply(thread((asked.path.strip("/"), "text")))

    for number in range(8):
        site.pages[f"/{number}"] = slow

    result = crawl_sites(site, [f"{site.url}/{number}" for number in range(8)])

    assert len(result.posts) == 8
    assert site.most_open_requests == 1


def test_a_post_seen_by_two_sources_is_handed_over_once(site, crawl_sites):
    site.pages["/board"] = thread(("a1", "one"))
    site.pages["/other"] = thread(("a1", "one"))

    assert crawl_sites(site, [f"{site.url}/board", f"{site.url}/other"]).texts == ["one"]
