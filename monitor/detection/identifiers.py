"""Decides whether an e-mail address, a handle or a national id stands in a text; never who uses it."""

from __future__ import annotations

import dataclasses
import re

from monitor.detection.folding import FoldedBatch, fold_term, skeleton_term
from monitor.detection.names import View

_HANDLE_TAIL = re.compile(r"[a-z0-9_]|\.[a-z0-9_]")
_PROFILE = re.compile(
    r"^(?:https?://)?(?:www\.|m\.|mobile\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+/(?:@|in/|u/|user/|profile/)?([^/?#\s]+)"
)
_ADDRESS_BEFORE = re.compile(r"[a-z0-9._+]$")
_ADDRESS_AFTER = re.compile(r"[a-z0-9]|[.-][a-z0-9]")
_ID_GAPS = frozenset(" -./()·–_")
_SPOKEN_SIGNS = (("at", "dot"), ("arroba", "punto"), ("arroba", "ponto"), ("艾特", "点"), ("et", "dot"))
_PADDING = str.maketrans("", "", " \n[](){}<>")


@dataclasses.dataclass(frozen=True, slots=True)
class IdentifierForm:
    """``skeleton`` is what to find, ``exact`` what must then stand in the folded text ("" for free gaps)."""

    skeleton: str
    exact: str
    certainty: float


def handle_from_text(raw: str) -> str:
    """The bare handle of "@name", "name", "t.me/name" or a profile URL, folded."""
    folded = fold_term(raw).strip().removeprefix("@")
    profile = _PROFILE.match(folded)
    return (profile.group(1) if profile else folded).removeprefix("@").rstrip("/")


def handle_forms(raw: str) -> list[IdentifierForm]:
    handle = handle_from_text(raw)
    return [IdentifierForm(skeleton_term(handle), handle, 0.9)]


def email_forms(raw: str) -> list[IdentifierForm]:
    """The address as it is, and as people spell it against harvesters: name [at] host [dot] org."""
    address = fold_term(raw)
    forms = [IdentifierForm(skeleton_term(address), address, 0.97)]
    for at, dot in _SPOKEN_SIGNS:
        local, _, host = address.partition("@")
        spoken = (
            address.replace("@", at).replace(".", dot),
            address.replace("@", at),
            local + at + host.replace(".", dot),
        )
        forms.extend(IdentifierForm(skeleton_term(text), "", 0.9) for text in spoken)
    return list({form.skeleton: form for form in reversed(forms)}.values())


def national_id_form(raw: str) -> IdentifierForm:
    """An id that holds letters; ids of digits alone are looked for as numbers."""
    return IdentifierForm(skeleton_term(raw), "", 0.97)


def handle_certainty(batch: FoldedBatch, view: View, first: int, last: int, form: IdentifierForm) -> float:
    """0.0 unless the handle stands there by itself, with its own dots and underscores."""
    begin, end = int(view.places[first]), int(view.places[last - 1]) + 1
    begin -= len(form.exact) - len(form.exact.lstrip("._-"))
    end += len(form.exact) - len(form.exact.rstrip("._-"))
    text = batch.text
    if begin < 0 or text[begin:end] != form.exact:
        return 0.0
    before = text[begin - 1] if begin else " "
    if _HANDLE_TAIL.match(text[end : end + 2]) or (
        before.isascii() and (before.isalnum() or before in "_.-")
    ):
        return 0.0
    if before in "@/":
        is_mail_host = before == "@" and begin > 1 and text[begin - 2].isalnum() and text[begin - 2].isascii()
        return 0.0 if is_mail_host else form.certainty
    is_telling = any(not char.isalpha() for char in form.exact) or len(form.exact) >= 10
    return form.certainty * 0.9 if is_telling and len(form.exact) >= 5 else 0.0


def email_certainty(batch: FoldedBatch, view: View, first: int, last: int, form: IdentifierForm) -> float:
    """0.0 unless the address stands there by itself, no part of a longer one."""
    begin, end = int(view.places[first]), int(view.places[last - 1]) + 1
    text = batch.text
    if _ADDRESS_BEFORE.search(text[max(0, begin - 2) : begin]) or _ADDRESS_AFTER.match(text[end : end + 2]):
        return 0.0
    written = text[begin:end]
    if form.exact:
        return form.certainty if written.translate(_PADDING) == form.exact else 0.0
    return form.certainty if len(written) <= 2 * len(form.skeleton) else 0.0


def id_certainty(batch: FoldedBatch, view: View, first: int, last: int, form: IdentifierForm) -> float:
    places = view.places[first:last].tolist()
    text = batch.text
    begin, end = places[0], places[-1] + 1
    between = text[begin:end]
    if len(between) > 2 * len(places) or any(not char.isalnum() and char not in _ID_GAPS for char in between):
        return 0.0
    edges = text[max(0, begin - 1) : begin] + text[end : end + 1]
    return 0.0 if any(char.isascii() and char.isalnum() for char in edges) else form.certainty
