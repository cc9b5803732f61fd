"""Reads what ``shamewatch scan`` is given: a watch file and lines of posts. Decides what is well-formed, never what is shaming."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, StringConstraints, ValidationError

from monitor.detection.model import FIELD_OF_KIND, Associate, Document, TermKind, WatchedSubject
from monitor.detection.terms import InvalidTermError, term_from_text

_Term = Annotated[StrictStr, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
_Terms = tuple[_Term, ...]


class WatchFileError(ValueError):
    """The watch file cannot be used. The message says what is wrong where."""


class PostLineError(ValueError):
    """One line of posts cannot be used. The message says why."""


class _AssociateIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: StrictStr = ""
    phones: _Terms = ()


class _SubjectIn(BaseModel):
    model_config = ConfigDict(extra="ignore")  # files may carry notes of their own, a language say
    id: Annotated[StrictStr, StringConstraints(min_length=1, max_length=200)]
    names: _Terms = ()
    aliases: _Terms = ()
    phones: _Terms = ()
    ids: _Terms = ()
    emails: _Terms = ()
    handles: _Terms = ()
    places: _Terms = ()
    employers: _Terms = ()
    associates: tuple[_AssociateIn, ...] = ()


class _PostIn(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: StrictStr | StrictInt = Field(union_mode="left_to_right")
    text: StrictStr
    title: StrictStr | None = None
    quoted: StrictStr | None = None
    author: StrictStr | None = None


def subjects_from_json(text: str | bytes) -> list[WatchedSubject]:
    """Parse a watch file: a list of subjects as ``docs/scan.md`` shows it.

    Raises WatchFileError that names the subject and the field.
    """
    try:
        raw = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        where = (
            f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        )
        raise WatchFileError(f"it is not JSON{where}: {_first_line(str(error))}") from None
    except RecursionError:
        raise WatchFileError("it is nested too deeply to be a list of subjects") from None
    if not isinstance(raw, list):
        raise WatchFileError('it must be a list of subjects: [{"id": "a", "names": ["…"]}]')
    subjects = [_subject(index, item) for index, item in enumerate(raw)]
    _refuse_repeated_ids(subjects)
    return subjects


def _subject(index: int, item: Any) -> WatchedSubject:
    try:
        parsed = _SubjectIn.model_validate(item)
    except ValidationError as error:
        raise WatchFileError(_sentence(f"subject {index + 1}", error)) from None
    subject = WatchedSubject(
        id=parsed.id,
        **{name: getattr(parsed, name) for name in FIELD_OF_KIND.values()},
        associates=tuple(Associate(name=a.name.strip(), phones=a.phones) for a in parsed.associates),
    )
    if not any(getattr(subject, name) for name in ("names", "aliases", "phones", "ids", "emails", "handles")):
        raise WatchFileError(
            f"subject {index + 1} ({parsed.id!r}) has nothing to watch for: give names, aliases, phones, ids, emails or handles"
        )
    return subject


def _refuse_repeated_ids(subjects: Iterable[WatchedSubject]) -> None:
    seen: set[str] = set()
    for subject in subjects:
        if subject.id in seen:
            raise WatchFileError(f"the id {subject.id!r} occurs twice")
        seen.add(subject.id)


def fault_of_terms(subjects: Sequence[WatchedSubject]) -> str:
    """Where the first term stands that cannot be watched for, and why; empty where all can."""
    for number, subject in enumerate(subjects, 1):
        of_associates = [
            (f"associates.{index}.{name}", kind, value)
            for index, associate in enumerate(subject.associates)
            for name, kind, values in (
                ("name", TermKind.ASSOCIATE_NAME, (associate.name,) if associate.name else ()),
                ("phones", TermKind.ASSOCIATE_PHONE, associate.phones),
            )
            for value in values
        ]
        own = [
            (f"{name}.{index}", kind, value)
            for kind, name in FIELD_OF_KIND.items()
            for index, value in enumerate(getattr(subject, name))
        ]
        for place, kind, value in (*own, *of_associates):
            try:
                term_from_text(kind, value)
            except InvalidTermError as error:
                return f"subject {number}: {place}: {error}"
    return ""


def document_from_line(line: str | bytes) -> Document:
    """Parse one line of posts. Raises PostLineError."""
    try:
        raw = json.loads(line)
        parsed = _PostIn.model_validate(raw)
    except ValidationError as error:
        raise PostLineError(_sentence("the post", error)) from None
    except (ValueError, RecursionError) as error:
        raise PostLineError(f"it is not JSON: {_first_line(str(error))}") from None
    return Document(
        id=str(parsed.id),
        untrusted_text=parsed.text,
        untrusted_title=parsed.title or "",
        untrusted_quoted=parsed.quoted or "",
        untrusted_author=parsed.author or "",
    )


def _sentence(what: str, error: ValidationError) -> str:
    """The first fault of a validation in words; never the value, which may be personal."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("str", "int"))) or "it"
    return f"{what}: {path}: {first['msg'].removeprefix('Value error, ')}"


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else "unreadable"
