"""The pages that captures are measured on, from a server in a process of its own, so that it shares nobody's time.

A plain thread of 60 KB, a page with 40 pictures of 30 to 100 KB, and a page whose posts a script fetches and
renders. Run as a program it serves them on a free port of loopback, which it prints, until its input ends.
"""

from __future__ import annotations

import http.server
import io
import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

# Of somebody who does not exist.
NAME = "Amina Mfano"
_POST = f"{NAME} of Kijiji Street still owes us 4,000, do not lend to her."
_TALK = "Ordinary talk about the weather, the harvest and the price of rice at the market near the bridge."
_PICTURES = 40
_PIXELS_OF_BYTE = 1.62
_STYLE = (
    "body{font:15px sans-serif;max-width:900px;margin:2em auto}article{border:1px solid #ccc;padding:1em;margin:1em 0}"
    "h3{margin:0;color:#246}img{width:280px;height:210px;margin:4px}"
)


def pages() -> dict[str, tuple[str, bytes]]:
    """Path -> media type and bytes. The same at every call."""
    rng = random.Random(20260103)
    found = {
        "/plain": _html(_posts(rng, 122)),
        "/images": _html(
            _posts(rng, 10) + "".join(f"<img src=/picture/{number}.jpg>" for number in range(_PICTURES))
        ),
        "/script": _html(
            "<div id=app>Loading…</div><script>"
            "fetch('/posts.json').then(answer => answer.json()).then(posts => setTimeout(() => {"
            "app.replaceChildren(...posts.map(post => { const made = document.createElement('article');"
            "made.innerHTML = `<h3></h3><p></p>`; made.firstChild.textContent = post.author;"
            "made.lastChild.textContent = post.text; return made }))}, 150))</script>"
        ),
        "/posts.json": ("application/json", json.dumps(list(_threads(rng, 60))).encode()),
    }
    for number in range(_PICTURES):
        found[f"/picture/{number}.jpg"] = ("image/jpeg", _picture(rng, 30_000 + number * 70_000 // _PICTURES))
    return found


def _html(body: str) -> tuple[str, bytes]:
    text = f"<!doctype html><html lang=en><head><meta charset=utf-8><title>A thread</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    return "text/html; charset=utf-8", text.encode()


def _threads(rng: random.Random, count: int) -> Iterator[dict[str, str]]:
    for number in range(count):
        talk = " ".join([_TALK] * rng.randint(2, 7))
        yield {"author": f"neighbour{number}", "text": f"{_POST} {talk}" if number == count // 2 else talk}


def _posts(rng: random.Random, count: int) -> str:
    return "".join(
        f"<article id=post-{number}><h3>{post['author']}</h3><p>{post['text']}</p></article>"
        for number, post in enumerate(_threads(rng, count))
    )


def _picture(rng: random.Random, size_bytes: int) -> bytes:
    """A JPEG of about that size: soft noise, as hard to pack as a photograph."""
    width = round((size_bytes * _PIXELS_OF_BYTE * 4 / 3) ** 0.5)
    height = width * 3 // 4
    small = Image.frombytes("RGB", (width // 2, height // 2), rng.randbytes((width // 2) * (height // 2) * 3))
    target = io.BytesIO()
    small.resize((width, height), Image.Resampling.BICUBIC).save(target, "JPEG", quality=85)
    return target.getvalue()


@contextmanager
def served() -> Iterator[int]:
    """The port of a server that runs until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, Path(__file__)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def _serve() -> None:
    contents = pages()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            media_type, data = contents.get(self.path, ("text/plain", b""))
            self.send_response(200 if data else 404)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
