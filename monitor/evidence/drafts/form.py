"""A form as its TOML file says it: parts, lines, blanks and the court's own time; knows no fact of any case."""

from __future__ import annotations

import functools
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

FORMS = ("us-fre-902", "india-bsa-63", "kenya-106b", "philippines-affidavit", "china-quzheng")


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Closed):
    """A paragraph, or names of fields to fill in by hand. ``only``: for packs that have such items."""

    text: str = ""
    fields: tuple[str, ...] = ()
    only: Literal["", "captures", "imports"] = ""


class Part(_Closed):
    """A part under its heading. ``is_own_page``: it is another person's to sign."""

    heading: str
    is_own_page: bool = False
    lines: tuple[Line, ...]

    @field_validator("lines", mode="before")
    @classmethod
    def _plain(cls, lines: list[Any]) -> list[Any]:
        return [{"text": line} if isinstance(line, str) else line for line in lines]


class Form(_Closed):
    """What a court asks for. ``notes``: for whoever completes it, no part of the paper. ``zone``: the court's time, where it has one."""

    language: Literal["en", "zh-Hans"]
    title: str
    law: str
    check: str
    notes: tuple[str, ...]
    schedule: str
    zone: str = ""
    zone_offset_minutes: int = 0
    parts: tuple[Part, ...] = Field(alias="part")

    def when(self, moment: datetime) -> str:
        """In UTC, and beside it in the court's time. The zones of these courts know no summer time."""
        utc = moment.astimezone(UTC)
        text = f"{utc:%Y-%m-%d %H:%M:%S} UTC"
        if not self.zone:
            return text
        local = utc.astimezone(timezone(timedelta(minutes=self.zone_offset_minutes)))
        return f"{text} ({local:%Y-%m-%d %H:%M:%S} {self.zone})"


@functools.cache
def form(name: str) -> Form:
    """The form of that name."""
    return Form.model_validate(tomllib.loads(read(f"forms/{name}.toml")))


class Words(_Closed):
    """The words around a form in its language. ``verdicts``: a verdict's word, where it is not the program's own."""

    draft: str
    edit: str
    notes: str
    nothing: str
    yes: str
    no: str
    same: str
    captured: str
    imported: str
    item: str
    page: str
    file_in: str
    title: str
    note: str
    began: str
    ended: str
    taken_in: str
    verdict: str
    server: str
    stamps: str
    unstamped: str
    tool: str
    browser: str
    system: str
    operator: str
    device: str
    access: str
    proxy: str
    resolvers: str
    hosts: str
    packages: str
    profile: str
    clock: str
    clock_error: str
    signer: str
    file: str
    size: str
    verdicts: dict[str, str] = {}


@functools.cache
def words(language: str) -> Words:
    """The words of that language."""
    return Words.model_validate(tomllib.loads(read("words.toml"))[language])


def read(name: str) -> str:
    """A text file of this package."""
    return resources.files("monitor.evidence.drafts").joinpath(name).read_text("utf-8")
