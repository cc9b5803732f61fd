"""A real WordPress (Debian packages) on a private MariaDB: installed, seeded through its own API, served on loopback."""

from __future__ import annotations

import dataclasses
import json
import os
import pwd
import re
import shutil
import tempfile
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.real.conversation import RealPost, SeedThread, seed_threads
from tests.real.processes import RealSoftwareError, Server, answers, free_port, run

COMMENTS_PER_PAGE = 20
ZONE = "Asia/Shanghai"
_PACKAGES = "wordpress wordpress-theme-twentytwentythree mariadb-server php-cli php-mysql"
_SOFTWARE = Path("/usr/share/wordpress")
_THEME = _SOFTWARE / "wp-content" / "themes" / "twentytwentythree"
_SEED_SCRIPT = Path(__file__).with_name("wordpress_seed.php")
_ROUTER = Path(__file__).with_name("wordpress_router.php")
_CONFIG = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'wordpress');
define('DB_PASSWORD', 'practice');
define('DB_HOST', 'localhost:{socket}');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('WP_HOME', '{origin}');
define('WP_SITEURL', '{origin}');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
define('WP_DEBUG', false);
foreach (array('AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT',
    'LOGGED_IN_SALT', 'NONCE_SALT') as $name) {{
    define($name, 'only for tests: ' . $name);
}}
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {{
    define('ABSPATH', __DIR__ . '/');
}}
require_once ABSPATH . 'wp-settings.php';
"""

_DATABASE = """
CREATE DATABASE wordpress CHARACTER SET utf8mb4;
CREATE USER wordpress@localhost IDENTIFIED BY 'practice';
GRANT ALL ON wordpress.* TO wordpress@localhost;
"""


@dataclasses.dataclass
class WordPressSite:
    """A running WordPress. ``posts`` holds its comments: ``thread_id`` is the article that each belongs to."""

    url: str
    network: str
    posts: list[RealPost]
    articles: dict[int, str]
    _root: Path
    _servers: tuple[Server, ...]
    _data: Path

    def add_comment(self, article_id: int, author: str, text: str, parent: int = 0) -> RealPost:
        """Comment on an article now, as a visitor does: by the form below it."""
        form = {
            "comment_post_ID": article_id,
            "author": author,
            "email": "visitor@example.com",
            "comment": text,
            "comment_parent": parent,
        }
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"{self.url}wp-comments-post.php", data, timeout=60) as answer:
            found = re.search(r"#comment-(\d+)$", answer.url)
        if found is None:
            raise RealSoftwareError(f"WordPress did not take the comment; it answered with {answer.url}.")
        post = RealPost(
            id=int(found.group(1)),
            thread_id=article_id,
            title=self.articles[article_id],
            author=author,
            text=text,
            quoted="",
            published_at=datetime.now(UTC),
        )
        self.posts.append(post)
        return post

    def edit_comment(self, comment_id: int, text: str) -> RealPost:
        """Edit a comment now, as its moderator would."""
        _seed(self._root, self.network, {"command": "edit", "comment": comment_id, "text": text})
        index = next(index for index, post in enumerate(self.posts) if post.id == comment_id)
        self.posts[index] = dataclasses.replace(self.posts[index], text=text)
        return self.posts[index]

    def stop(self) -> None:
        """End both servers and remove the database."""
        for server in self._servers:
            server.stop()
        shutil.rmtree(self._data, ignore_errors=True)


def start_wordpress(tmp_path: Path) -> WordPressSite:
    """Install, seed and serve a WordPress below ``tmp_path``. Raises RealSoftwareError."""
    _require_packages()
    # The database runs as another user where we are root, and pytest's own folders are closed to it.
    data = Path(tempfile.mkdtemp(prefix="wp-db-"))
    servers: list[Server] = []
    try:
        socket = data / "db.sock"
        servers.append(_start_database(data, socket, tmp_path / "mariadb.log"))
        network = f"127.0.0.1:{free_port()}"
        root = tmp_path / "wordpress"
        _lay_out(root, network, socket)
        servers.append(_start_php(root, network, tmp_path / "php.log"))
        _install(network)
        threads = seed_threads()
        made = _seed(
            root,
            network,
            {"command": "seed", "zone": ZONE, "per_page": COMMENTS_PER_PAGE, "articles": _articles(threads)},
        )
    except BaseException:
        for server in servers:
            server.stop()
        shutil.rmtree(data, ignore_errors=True)
        raise
    return WordPressSite(
        url=f"http://{network}/",
        network=network,
        posts=_expected(threads, made),
        articles={entry["article"]: thread.title for thread, entry in zip(threads, made, strict=True)},
        _root=root,
        _servers=tuple(reversed(servers)),
        _data=data,
    )


def _require_packages() -> None:
    programs = ("mariadbd", "mariadb-install-db", "mariadb", "php")
    missing = [program for program in programs if _program(program) is None]
    missing += [str(path) for path in (_SOFTWARE / "wp-load.php", _THEME) if not path.exists()]
    if missing:
        raise RealSoftwareError(
            f"This test needs real WordPress, and {', '.join(missing)} cannot be found. "
            f"On Debian: apt-get install --no-install-recommends {_PACKAGES}"
        )


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


def _start_database(data: Path, socket: Path, log: Path) -> Server:
    folder = data / "files"
    folder.mkdir()
    as_user: list[str] = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("mysql")
        for path in (data, folder):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        as_user = ["--user=mysql"]
    run(
        [
            "mariadb-install-db",
            "--no-defaults",
            *as_user,
            f"--datadir={folder}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]
    )
    server = Server.start(
        [
            str(_program("mariadbd")),
            "--no-defaults",
            *as_user,
            f"--datadir={folder}",
            f"--socket={socket}",
            f"--pid-file={data / 'db.pid'}",
            "--skip-networking",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=32M",
            "--character-set-server=utf8mb4",
        ],
        log,
        data,
    )
    client = ["mariadb", "--no-defaults", f"--socket={socket}", "--user=root"]
    server.wait_until(lambda: _works([*client, "--execute=SELECT 1"]))
    run([*client, f"--execute={_DATABASE}"])
    return server


def _works(arguments: list[str]) -> bool:
    try:
        run(arguments, timeout_s=10)
    except RealSoftwareError:
        return False
    return True


def _lay_out(root: Path, network: str, socket: Path) -> None:
    """A copy of the package's files with a configuration of its own, so that /etc is left alone."""
    shutil.copytree(
        _SOFTWARE, root, ignore_dangling_symlinks=True, ignore=shutil.ignore_patterns(".htaccess")
    )
    (root / "wp-config.php").write_text(_CONFIG.format(socket=socket, origin=f"http://{network}"), "utf-8")


def _start_php(root: Path, network: str, log: Path) -> Server:
    server = Server.start(
        ["php", "-d", "sendmail_path=/bin/true", "-S", network, "-t", root, _ROUTER],
        log,
        root,
        {"PHP_CLI_SERVER_WORKERS": "3"},
    )
    server.wait_until(lambda: answers(f"http://{network}/readme.html"))
    return server


def _install(network: str) -> None:
    form = {
        "weblog_title": "Ferry Lane Gazette",
        "user_name": "editor",
        "admin_password": "only-for-tests-83",
        "admin_password2": "only-for-tests-83",
        "admin_email": "editor@example.com",
        "blog_public": "1",
        "language": "",
    }
    data = urllib.parse.urlencode(form).encode()
    url = f"http://{network}/wp-admin/install.php?step=2"
    with urllib.request.urlopen(url, data, timeout=120) as answer:
        page = answer.read().decode("utf-8", "replace")
    if "wp-login.php" not in page:
        raise RealSoftwareError(f"WordPress could not be installed; its page says:\n{page[-2000:]}")


def _seed(root: Path, network: str, request: dict[str, Any]) -> Any:
    output = run(
        ["php", "-d", "sendmail_path=/bin/true", _SEED_SCRIPT, root, network],
        cwd=root,
        input=json.dumps(request),
    )
    return json.loads(output.splitlines()[-1])


def _articles(threads: tuple[SeedThread, ...]) -> list[dict[str, Any]]:
    """Each thread as an article that opens it, with every post as a comment; an answer hangs below what it quotes."""
    return [
        {
            "title": thread.title,
            "text": f"The conversation of the week: {thread.title}",
            "published_at": thread.posts[0].published_at.isoformat(),
            "comments": [
                {
                    "author": post.author,
                    "text": post.edited_text or post.text,
                    "published_at": post.published_at.isoformat(),
                    "parent": post.quotes,
                    "is_removed": post.is_removed,
                }
                for post in thread.posts
            ],
        }
        for thread in threads
    ]


def _expected(threads: tuple[SeedThread, ...], made: list[dict[str, Any]]) -> list[RealPost]:
    return [
        RealPost(
            id=comment_id,
            thread_id=entry["article"],
            title=thread.title,
            author=post.author,
            text=post.edited_text or post.text,
            quoted="",
            published_at=post.published_at,
            shames=post.shames,
            is_removed=post.is_removed,
        )
        for thread, entry in zip(threads, made, strict=True)
        for post, comment_id in zip(thread.posts, entry["comments"], strict=True)
    ]
