"""A real Spirit forum (PyPI) on SQLite: installed once, seeded through its own forms, served on loopback."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from tests.real.conversation import RealPost, SeedThread, seed_threads
from tests.real.processes import RealSoftwareError, Server, answers, free_port, run

VERSION = "0.14.3"
COMMENTS_PER_PAGE = 20
_CACHE = Path(__file__).parents[2] / ".pytest_cache" / "real"
_SEED_SCRIPT = Path(__file__).with_name("spirit_seed.py")
_LOCAL_SETTINGS = """
from forum.settings.dev import *
ST_SITE_URL = {url!r}
HAYSTACK_CONNECTIONS = {{"default": {{"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}}}
"""


@dataclasses.dataclass
class SpiritForum:
    """A running Spirit. ``posts`` is what stands in it, removed comments included."""

    url: str
    network: str
    posts: list[RealPost]
    _python: Path
    _site: Path
    _server: Server

    def topic_url(self, topic_id: int) -> str:
        """Address of a topic; Spirit redirects it to the one with the slug."""
        return f"{self.url}topic/{topic_id}/"

    def permalink(self, comment_id: int) -> str:
        """Spirit's own permalink of a comment."""
        return f"{self.url}comment/{comment_id}/find/"

    def add_reply(self, topic_id: int, author: str, text: str) -> RealPost:
        """Post a comment now, by Spirit's own form, while it runs."""
        title = next(post.title for post in self.posts if post.thread_id == topic_id)
        answer = self._ask({"command": "reply", "topic": topic_id, "author": author, "text": escaped(text)})
        post = RealPost(
            id=answer["id"],
            thread_id=topic_id,
            title=title,
            author=author,
            text=text,
            quoted="",
            published_at=datetime.fromisoformat(answer["published_at"]),
        )
        self.posts.append(post)
        return post

    def edit_comment(self, comment_id: int, text: str) -> RealPost:
        """Edit a comment now, as its author would."""
        self._ask({"command": "edit", "comment": comment_id, "text": escaped(text)})
        index = next(index for index, post in enumerate(self.posts) if post.id == comment_id)
        self.posts[index] = dataclasses.replace(self.posts[index], text=text)
        return self.posts[index]

    def remove_comment(self, comment_id: int) -> None:
        """Remove a comment now, as a moderator would."""
        self._ask({"command": "remove", "comment": comment_id})
        index = next(index for index, post in enumerate(self.posts) if post.id == comment_id)
        self.posts[index] = dataclasses.replace(self.posts[index], is_removed=True)

    def stop(self) -> None:
        """End the server."""
        self._server.stop()

    def _ask(self, request: dict[str, Any]) -> Any:
        return _seed(self._python, self._site, request)


def start_spirit(tmp_path: Path) -> SpiritForum:
    """Install (once), seed and serve a Spirit below ``tmp_path``. Raises RealSoftwareError."""
    python, template = _installed()
    site = tmp_path / "spirit"
    shutil.copytree(template, site)
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    (site / "forum" / "settings" / "local.py").write_text(_LOCAL_SETTINGS.format(url=url), "utf-8")
    threads = seed_threads()
    posts = _expected(threads, _seed(python, site, {"command": "seed", "topics": _topics(threads)}))
    server = Server.start(
        [python, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
        tmp_path / "spirit.log",
        site,
        {"DJANGO_SETTINGS_MODULE": "forum.settings.local"},
    )
    server.wait_until(lambda: answers(url))
    return SpiritForum(url, f"127.0.0.1:{port}", posts, python, site, server)


def escaped(text: str) -> str:
    """Text that Spirit's Markdown shows as it is written."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()#+-.!~>|" else char for char in text)


def _installed() -> tuple[Path, Path]:
    """The environment's Python and a fresh, migrated site to copy. Made once, under a lock."""
    folder = _CACHE / f"spirit-{VERSION}-py{sys.version_info.major}.{sys.version_info.minor}"
    python, site, mark = folder / "env" / "bin" / "python", folder / "forum", folder / "ready"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock"), timeout=600):
        if not mark.exists() or not python.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _make_environment(folder / "env")
            # `spirit startproject` calls `django-admin` by name.
            path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
            run(
                [python.parent / "spirit", "startproject", "forum"],
                cwd=folder,
                env={**os.environ, "PATH": path},
            )
            run([python, "manage.py", "spiritinstall"], cwd=site)
            mark.touch()
    return python, site


def _make_environment(environment: Path) -> None:
    requirement = f"django-spirit=={VERSION}"
    python = environment / "bin" / "python"
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    try:
        if uv:
            run([uv, "venv", "--quiet", "--python", sys.executable, environment])
            run([uv, "pip", "install", "--quiet", "--python", python, requirement], timeout_s=600)
        else:
            run([sys.executable, "-m", "venv", environment])
            run([python, "-m", "pip", "install", "--quiet", requirement], timeout_s=600)
    except RealSoftwareError as error:
        raise RealSoftwareError(
            f"{requirement} could not be installed from PyPI; this test needs it. {error}"
        ) from error


def _seed(python: Path, site: Path, request: dict[str, Any]) -> Any:
    output = run(
        # -P: the folder of the script holds a spirit.py of ours, which is not Spirit.
        [python, "-P", _SEED_SCRIPT],
        cwd=site,
        input=json.dumps(request),
        env={"PYTHONPATH": str(site), "DJANGO_SETTINGS_MODULE": "forum.settings.local", "PYTHONUTF8": "1"},
    )
    return json.loads(output.splitlines()[-1])


def _topics(threads: tuple[SeedThread, ...]) -> list[dict[str, Any]]:
    return [
        {
            "title": thread.title,
            "category": thread.lang,
            "posts": [
                {
                    "author": post.author,
                    "text": escaped(post.text),
                    "published_at": post.published_at.isoformat(),
                    "quotes": post.quotes,
                    "edited_text": escaped(post.edited_text),
                    "is_removed": post.is_removed,
                }
                for post in thread.posts
            ],
        }
        for thread in threads
    ]


def _expected(threads: tuple[SeedThread, ...], ids: list[dict[str, Any]]) -> list[RealPost]:
    return [
        RealPost(
            id=comment_id,
            thread_id=made["topic"],
            title=thread.title,
            author=post.author,
            text=post.edited_text or post.text,
            quoted=thread.posts[post.quotes].text if post.quotes is not None else "",
            published_at=post.published_at,
            shames=post.shames,
            is_removed=post.is_removed,
        )
        for thread, made in zip(threads, ids, strict=True)
        for post, comment_id in zip(thread.posts, made["comments"], strict=True)
    ]
