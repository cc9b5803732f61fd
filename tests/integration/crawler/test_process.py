"""The crawl process is blind, unprivileged and never left running; what it writes is checked line by line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spiders.crawl import CrawlJob, CrawlLimits, SourceJob, crawl, recognise
from spiders.errors import CrawlFailedError, CrawlProtocolError, CrawlTimeoutError
from spiders.gate import allowed_network_from_text
from spiders.items import Post, Refusal, RefusalKind, SourceDone
from spiders.platforms.base import Recognition

POST = '<p id="p1">text</p>'


STANDING: set[int] = set()


def all_children():
    """Process ids of this process's children."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


@pytest.fixture(autouse=True)
def _other_tests_servers():
    """Servers that other tests of this process started may go on running."""
    STANDING.clear()
    STANDING.update(all_children())


def children():
    """Process ids of the children that were started since the test began."""
    return sorted(all_children() - STANDING)


def job(url, **limits):
    return CrawlJob(
        sources=(SourceJob(source_url=url, platform="board", start_url=url),),
        allowed_networks=(allowed_network_from_text("127.0.0.1"),),
        limits=CrawlLimits(**limits),
    )


def drain(records, into):
    """Keeps what came before an error."""
    for record in records:
        into += [record]


def script(text):
    return (sys.executable, "-c", text)


@pytest.fixture
def board():
    return (sys.executable, "-P", str(Path(__file__).parent / "board_child.py"))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give up root")
def test_a_crawl_started_by_root_reads_pages_as_nobody(site, crawl_sites, reply):
    users = []

    def note_users(asked):
        for pid in children():
            status = Path(f"/proc/{pid}/status").read_text()
            users.append(status.partition("Uid:")[2].split("\n")[0].split())
            users.append(status.partition("Groups:")[2].split("\n")[0].split())
        return reply(POST)

    site.pages["/"] = note_users

    result = crawl_sites(site, [f"{site.url}/"])

    assert result.texts == ["text"]
    assert users == [["65534"] * 4, []]
    assert any("isolation: runs as user 65534" in line for line in result.log)


def test_the_process_is_given_neither_secrets_nor_a_folder(site, crawl_sites, reply, monkeypatch):
    monkeypatch.setenv("SHAMEWATCH_DATABASE_URL", "postgresql+psycopg://secret")
    monkeypatch.setenv("SHAMEWATCH_SMTP_URL", "smtp://secret")
    seen = []

    def note(asked):
        for pid in children():
            seen.append(Path(f"/proc/{pid}/environ").read_bytes())
            seen.append(Path(f"/proc/{pid}/cmdline").read_bytes())
            seen.append(str(Path(f"/proc/{pid}/cwd").readlink()).encode())
        return reply(POST)

    site.pages["/"] = note

    result = crawl_sites(site, [f"{site.url}/"])

    assert result.texts == ["text"]
    assert len(seen) == 3
    assert not any(b"secret" in text or b"SHAMEWATCH" in text for text in seen)
    assert seen[2] == b"/"


def test_closing_the_crawl_ends_its_process(site, board, reply):
    def slow(asked):
        time.sleep(0.2)
        number = int(asked.path.strip("/") or 0)
        return reply(f'<p id="p{number}">text</p><a rel="next" href="/{number + 1}">')

    site.pages.update({"/": slow, **{f"/{number}": slow for number in range(200)}})
    before = set(children())
    records = crawl(job(f"{site.url}/"), command=board)
    assert any(isinstance(record, Post) for record in records)
    (child,) = set(children()) - before

    records.close()

    assert not Path(f"/proc/{child}").exists()
    asked = len(site.asked)
    time.sleep(0.5)
    assert len(site.asked) <= asked + 1


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("import os; os._exit(7)", CrawlFailedError, "exit code 7"),
        ("import os; os.kill(os.getpid(), 9)", CrawlFailedError, "SIGKILL"),
        ("print('hello')", CrawlProtocolError, "none of our records"),
        ('print(\'{"record": "post", "surprise": 1}\')', CrawlProtocolError, "none of our records"),
        ("print('[' * 100000)", CrawlProtocolError, "none of our records"),
        ("print('x' * 5000000)", CrawlProtocolError, "too long"),
        ("import sys; sys.stdout.write('x' * 100)", CrawlProtocolError, "middle of a record"),
    ],
)
def test_a_process_that_fails_or_lies_is_an_error_after_all_sources_are_accounted_for(text, error, words):
    records = []

    with pytest.raises(error, match=words):
        drain(crawl(job("http://127.0.0.1:9/"), command=script(text)), records)

    assert [type(record) for record in records] == [Refusal, SourceDone]
    assert children() == []


def test_what_came_before_a_crash_is_kept():
    line = '{"record": "source_done", "source_url": "http://127.0.0.1:9/", "platform": "board", "requests": 1, "posts": 0}'
    records = []

    program = script(f"import os; print('{line}', flush=True); os._exit(3)")

    with pytest.raises(CrawlFailedError):
        drain(crawl(job("http://127.0.0.1:9/"), command=program), records)

    assert [type(record) for record in records] == [SourceDone]


def test_a_process_that_outlives_its_time_is_ended(monkeypatch):
    monkeypatch.setattr("spiders.crawl._GRACE_S", 0.5)

    with pytest.raises(CrawlTimeoutError):
        list(
            crawl(job("http://127.0.0.1:9/", time_limit_s=0.5), command=script("import time; time.sleep(60)"))
        )

    assert children() == []


def test_a_job_that_is_none_is_refused_with_exit_code_2():

    done = subprocess.run(
        [sys.executable, "-P", "-m", "spiders.run"], input=b'{"sources": 3}', capture_output=True, check=False
    )

    assert (done.returncode, done.stdout) == (2, b"")
    assert b"The job cannot be read" in done.stderr


def recognised(site, url, board):
    return recognise(
        url, allowed_networks=(allowed_network_from_text(f"127.0.0.1:{site.port}"),), command=board
    )


def test_a_page_is_recognised_in_the_crawl_process(site, board):
    site.pages["/"] = "<!-- board --><p id='p1'>text</p>"

    assert recognised(site, f"{site.url}/", board) == Recognition(
        platform="board", start_url=f"{site.url}/", will_read="All.", cannot_see="Nothing."
    )


def test_recognition_obeys_robots_and_the_gate(site, board):
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /\n"

    by_robots = recognised(site, f"{site.url}/", board)
    by_gate = recognised(site, "http://127.0.0.1:1/", board)

    assert site.paths == []
    assert isinstance(by_robots, Refusal)
    assert by_robots.kind is RefusalKind.ROBOTS
    assert isinstance(by_gate, Refusal)
    assert by_gate.kind is RefusalKind.ADDRESS_REFUSED
