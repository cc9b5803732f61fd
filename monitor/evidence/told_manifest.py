"""What a sealed manifest says, of whichever kind and version: for papers that are made of it. Checks nothing.

``verify`` holds manifests to their schemas; here a field that an early version lacks is simply empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel


class ToldClock(BaseModel):
    is_synchronised: bool | None = None
    maximum_error_ms: int | None = None


class ToldMachine(BaseModel):
    operating_system: str = ""
    resolvers: tuple[str, ...] = ()
    hosts_file_sha256: str = ""
    packages_sha256: str = ""
    clock: ToldClock = ToldClock()


class ToldBrowser(BaseModel):
    name: str = ""
    version: str = ""
    proxy: str = ""
    is_fresh_profile: bool | None = None


class ToldOperator(BaseModel):
    name: str = ""
    role: str = ""
    device: str = ""


class ToldTls(BaseModel):
    protocol: str = ""
    issuer: str = ""
    subject: str = ""


class ToldPage(BaseModel):
    title: str = ""


class ToldFile(BaseModel):
    name: str
    media_type: str = ""
    origin: str = ""


class Told(BaseModel):
    """The fields of captures' and imports' manifests that papers need."""

    tool: str = ""
    tool_version: str = ""
    tool_commit: str = ""
    case_reference: str = ""
    requested_url: str = ""
    final_url: str = ""
    server_address: str = ""
    tls: ToldTls | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    imported_at: datetime | None = None
    verdict: str = "imported"
    reason: str = ""
    access: str = ""
    operator: ToldOperator = ToldOperator()
    browser: ToldBrowser = ToldBrowser()
    machine: ToldMachine = ToldMachine()
    page: ToldPage = ToldPage()
    files: tuple[ToldFile, ...] = ()
    notes: tuple[str, ...] = ()
    modifications: tuple[str, ...] = ()
    missing_pictures: tuple[str, ...] = ()
    name: str = ""
    note: str = ""
    media_type: str = ""
    modified_at: datetime | None = None
    metadata: Mapping[str, str] = {}
    reading_failure: str = ""
