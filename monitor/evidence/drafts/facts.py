"""What a draft may say: the facts that the program itself recorded, as plain values; words and looks are others' affair.

A field is empty, or None, where nothing was recorded. Nothing here is about a person who could sign.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """One file in the schedule of digests."""

    name: str
    sha256: str
    size_bytes: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HowMade:
    """With what an item was made, as its manifest says. ``operator`` and ``device``: what the settings said then."""

    tool: str = ""
    browser: str = ""
    system: str = ""
    operator: str = ""
    device: str = ""
    access: str = ""
    proxy: str = ""
    resolvers: str = ""
    hosts_file_sha256: str = ""
    packages_sha256: str = ""
    is_fresh_profile: bool | None = None
    is_clock_synchronised: bool | None = None
    clock_error_ms: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DraftItem:
    """One item in the schedule. ``stamps``: authority and stated time; empty: not yet stamped.

    ``untrusted_origin``: the page that was asked for, or the name of the file that was handed in. ``signer``:
    fingerprint of the certificate that the item was sealed with; keys of installations change.
    """

    id: str
    is_import: bool
    untrusted_origin: str
    untrusted_title: str = ""
    untrusted_note: str = ""
    server: str = ""
    began_at: datetime
    ended_at: datetime | None = None
    verdict: str
    reason: str = ""
    signer: str = ""
    stamps: Sequence[tuple[str, datetime]] = ()
    how: HowMade
    files: Sequence[DraftFile]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DraftFacts:
    """Everything that drafts are filled with."""

    items: Sequence[DraftItem]

    @property
    def captures(self) -> Sequence[DraftItem]:
        """What the program made itself."""
        return [item for item in self.items if not item.is_import]

    @property
    def imports(self) -> Sequence[DraftItem]:
        """What a person handed in."""
        return [item for item in self.items if item.is_import]
