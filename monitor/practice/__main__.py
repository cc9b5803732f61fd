"""`python -m monitor.practice`: the practice forum by itself, to look at in a browser."""

from __future__ import annotations

import signal

import typer
from rich.console import Console

from monitor.practice.forum import PracticeForum


def serve(port: int = 8101) -> None:
    """Serve the practice forum on 127.0.0.1 until it is interrupted."""
    with PracticeForum(port) as forum:
        Console().print(f"The practice forum is open at {forum.url}. Stop it with Ctrl-C.")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    typer.run(serve)
