"""Which platforms there are, and which one a page belongs to. Decides by asking each in turn, the surest first."""

from __future__ import annotations

from spiders.platforms import feeds, generic, spirit, wordpress
from spiders.platforms.base import Page, Platform, Recognition

# A reader of exact markup before one that reads any page of a kind, and guessed structure last.
PLATFORMS: tuple[Platform, ...] = (spirit.PLATFORM, wordpress.PLATFORM, feeds.PLATFORM, generic.PLATFORM)


def recognise(page: Page) -> tuple[Platform, Recognition] | None:
    """The first platform that knows the page, and what it would read of it; None where nobody does."""
    for platform in PLATFORMS:
        recognition = platform.recognise(page)
        if recognition is not None:
            return platform, recognition
    return None


def platform_by_name(name: str) -> Platform | None:
    """The platform with this name, None where there is none."""
    return next((platform for platform in PLATFORMS if platform.name == name), None)
