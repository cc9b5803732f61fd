"""``shamewatch crawl``: reads pages now and prints their posts. Stores nothing and needs no monitor."""

from __future__ import annotations

import dataclasses
import sys

import typer

from monitor.bootstrap import crawl_template
from monitor.cli.output import out, print_json, shown, warn
from monitor.cli.session import settings
from monitor.errors import RefusedError
from spiders.crawl import CrawlJob, SourceJob, crawl, recognise
from spiders.gate import GateRefusedError
from spiders.items import Post, Refusal, SourceDone, fields_from_record


def register(app: typer.Typer) -> None:
    app.command("crawl")(crawl_urls)


def crawl_urls(
    urls: list[str] = typer.Argument(help="Addresses of boards, threads, blogs or feeds."),
    as_json: bool = typer.Option(
        False, "--json", help="Posts as JSON lines. Also where the output is no terminal."
    ),
) -> None:
    """Read pages now and print every post once, with author, time and permalink. Nothing is stored."""
    template = crawl_template(settings())
    jobs: list[SourceJob] = []
    refused = 0
    for url in urls:
        check_address(url, template)
    for url in dict.fromkeys(urls):
        found = recognise(url, allowed_networks=template.allowed_networks, limits=template.limits)
        if isinstance(found, Refusal):
            _warn_of(found)
            refused += 1
        else:
            jobs.append(SourceJob(source_url=url, platform=found.platform, start_url=found.start_url))
    as_json = as_json or not sys.stdout.isatty()
    if jobs:
        refused += _print_posts(dataclasses.replace(template, sources=tuple(jobs)), as_json=as_json)
    if refused:
        raise typer.Exit(8)


def check_address(url: str, template: CrawlJob) -> None:
    """Refuse at once what the gate will never let through. Raises RefusedError."""
    try:
        template.gate().check_url(url)
    except GateRefusedError as error:
        hint = " Write it with https:// in front." if "://" not in url else ""
        raise RefusedError(url=shown(url), why=f"{error}{hint}") from None


def _print_posts(job: CrawlJob, *, as_json: bool) -> int:
    """Print what comes; the number of sources of which nothing could be read."""
    refused = 0
    for record in crawl(job):
        match record:
            case Post() if as_json:
                print_json(fields_from_record(record))
                sys.stdout.flush()
            case Post():
                _print_post(record)
            case Refusal():
                _warn_of(record)
            case SourceDone():
                refused += record.posts == 0 and record.requests == 0
                if record.is_cut:
                    warn(
                        f"{shown(record.source_url)}: cut by the limit of {job.limits.max_pages_per_source} pages."
                    )
            case _:
                pass
    return refused


def _print_post(post: Post) -> None:
    when = f"{post.published_at:%Y-%m-%d %H:%M} UTC" if post.published_at else "time unknown"
    out.print(
        f"{shown(post.untrusted_author) or '?'} · {when} · {shown(post.url)}", markup=False, style="bold"
    )
    if post.untrusted_title:
        out.print(f"  [{shown(post.untrusted_title, 100)}]", markup=False, style="cyan")
    out.print(f"  {shown(post.untrusted_text, 300)}", markup=False)


def _warn_of(refusal: Refusal) -> None:
    detail = f" {shown(refusal.detail)}" if refusal.detail else ""
    warn(f"{shown(refusal.url)} was not read: {refusal.kind.value}.{detail}")
