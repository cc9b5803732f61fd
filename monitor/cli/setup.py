"""``shamewatch setup``: finds or installs what the machine needs beside Python. A second run only checks."""

from __future__ import annotations

import typer

from monitor import machine
from monitor.cli.output import say
from monitor.cli.session import settings


def register(app: typer.Typer) -> None:
    app.command()(setup)


def setup(
    for_tests: bool = typer.Option(False, "--for-tests", help="Also what the tests need."),
    for_slow_tests: bool = typer.Option(False, "--for-slow-tests", help="Also what the slow tests need."),
) -> None:
    """Find or install Chromium and fonts. Says which system packages and why before it installs any."""
    outcomes = [machine.install_browser(settings(), say), *machine.ensure(machine.font_needs(), say)]
    if for_tests or for_slow_tests:
        outcomes += machine.ensure(machine.packages_for_tests(), say)
    if for_slow_tests:
        outcomes += machine.ensure(machine.packages_for_slow_tests(), say)
    for outcome in outcomes:
        if outcome.state is machine.State.INSTALLED:
            say(f"✓ {outcome.detail}", "green")
    if not outcomes[0].is_met:
        raise typer.Exit(7)
