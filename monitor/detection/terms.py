"""Decides whether what a person registers can be watched for, and in which normal form; watches nothing."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable

import phonenumbers
import stdnum.exceptions
import stdnum.util

from monitor.detection.folding import fold, fold_term, skeleton_term
from monitor.detection.hanzi import is_hanzi
from monitor.detection.identifiers import handle_from_text
from monitor.detection.model import TermKind
from monitor.detection.ordinary import Commonness, commonness, commonness_sentence
from monitor.errors import BadInputError

_LONGEST = {
    TermKind.NAME: 80,
    TermKind.ALIAS: 60,
    TermKind.ASSOCIATE_NAME: 80,
    TermKind.PHONE: 40,
    TermKind.ASSOCIATE_PHONE: 40,
    TermKind.NATIONAL_ID: 40,
    TermKind.EMAIL: 254,  # RFC 5321 §4.5.3.1.3, without the angle brackets
    TermKind.HANDLE: 200,
    TermKind.PLACE: 120,
    TermKind.EMPLOYER: 120,
}
_EMAIL = re.compile(r"[^\s@\"<>()\[\],;:\\]{1,64}@(?:[^\s@.]{1,63}\.)+[^\s@.]{2,63}")
_HANDLE = re.compile(r"[\w.\-]{2,64}")
_FEWEST_ID_CHARACTERS = 6
# Modules of python-stdnum that know a national id of persons, by region.
_ID_MODULES = {
    "CN": ("cn", "ric"),
    "ID": ("id", "nik"),
    "IN": ("in_", "aadhaar"),
    "BR": ("br", "cpf"),
    "MX": ("mx", "curp"),
    "TH": ("th", "pin"),
    "TR": ("tr", "tckimlik"),
    "ES": ("es", "dni"),
    "PE": ("pe", "cui"),
    "PK": ("pk", "cnic"),
    "ZA": ("za", "idnr"),
    "EG": ("eg", "tn"),
}


class InvalidTermError(BadInputError):
    """{raw!r} cannot be watched for: {why}"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WatchTermValue:
    """A watch term that can be used. ``value`` is shown, ``normal`` is compared, ``warnings`` are sentences."""

    kind: TermKind
    value: str
    normal: str
    warnings: tuple[str, ...] = ()


def term_from_text(kind: TermKind, raw: str, *, region: str | None = None) -> WatchTermValue:
    """The watch term that a person typed. ``region`` (ISO 3166, "PH") reads numbers without a country code.

    Raises InvalidTermError with a sentence that says what is wrong and what to do.
    """
    value = " ".join(raw.split())
    if not value:
        raise InvalidTermError(raw=raw, why="it is empty. Give at least one letter or digit.")
    if len(raw) > _LONGEST[kind]:
        raise InvalidTermError(
            raw=raw[:40] + "…", why=f"it is longer than {_LONGEST[kind]} characters. Shorten it."
        )
    if any(unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} for char in value):
        raise InvalidTermError(
            raw=value, why="it holds control characters. Type it again instead of pasting it."
        )
    return _READERS[kind](kind, value, region)


def _phone(kind: TermKind, value: str, region: str | None) -> WatchTermValue:
    folded = fold(value).text
    is_international = folded.lstrip(" (").startswith("+")
    if not is_international and region is None:
        raise InvalidTermError(
            raw=value, why="a phone number without + needs its country. Write +63 917 …, or give the region."
        )
    try:
        number = phonenumbers.parse(folded, None if is_international else region)
    except phonenumbers.NumberParseException as error:
        raise InvalidTermError(
            raw=value, why=f"it is no phone number ({error}). Check its digits."
        ) from error
    normal = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise InvalidTermError(
            raw=value, why=f"{normal} has too few or too many digits for its country. Check them."
        )
    warnings: list[str] = []
    if not phonenumbers.is_valid_number(number):
        warnings.append(f"No operator is known to hand out {normal}. Check its digits.")
    if len(phonenumbers.national_significant_number(number)) < 7:
        warnings.append(f"{normal} is so short that other numbers will be taken for it.")
    return WatchTermValue(kind=kind, value=normal, normal=normal, warnings=tuple(warnings))


def _name(kind: TermKind, value: str, region: str | None) -> WatchTermValue:
    del region
    normal = fold_term(value)
    skeleton = skeleton_term(value)
    if not any(char.isalpha() for char in skeleton):
        raise InvalidTermError(raw=value, why="a name needs letters. Register numbers as phone or id.")
    if len(skeleton) < 2:
        raise InvalidTermError(
            raw=value,
            why="a name of one character is too short to be told apart from other words. Give the full name.",
        )
    warnings: list[str] = []
    if len(skeleton) == 2 and not all(map(is_hanzi, skeleton)):
        warnings.append(f"{value!r} is very short. Add the full name, a phone number or another identifier.")
    level = commonness(value)
    if level in {Commonness.VERY_COMMON, Commonness.ORDINARY_WORD}:
        sentence = commonness_sentence(value)
        warnings.append(f"{sentence} Add a second identifier, such as a phone number.")
    return WatchTermValue(kind=kind, value=value, normal=normal, warnings=tuple(warnings))


def _email(kind: TermKind, value: str, region: str | None) -> WatchTermValue:
    del region
    normal = fold_term(value).replace(" ", "").removeprefix("mailto:")
    if not _EMAIL.fullmatch(normal):
        raise InvalidTermError(raw=value, why="it is no e-mail address. It must look like name@example.org.")
    return WatchTermValue(kind=kind, value=value, normal=normal)


def _handle(kind: TermKind, value: str, region: str | None) -> WatchTermValue:
    del region
    normal = handle_from_text(value)
    if not _HANDLE.fullmatch(normal) or len(skeleton_term(normal)) < 2:
        raise InvalidTermError(
            raw=value, why="it is no handle. Give @name, or the address of the profile page."
        )
    warnings = (
        () if len(normal) >= 4 else (f"The handle {normal!r} is short and will be found only as @{normal}.",)
    )
    return WatchTermValue(kind=kind, value=value, normal=normal, warnings=warnings)


def _national_id(kind: TermKind, value: str, region: str | None) -> WatchTermValue:
    normal = skeleton_term(value).upper()
    if len(normal) < _FEWEST_ID_CHARACTERS or sum(char.isdecimal() for char in normal) < 4:
        raise InvalidTermError(
            raw=value, why="a national id has at least 6 characters, 4 of them digits. Check it."
        )
    warnings = (
        ()
        if _has_valid_checksum(normal, region)
        else (f"The check digit of {value!r} does not fit. Check it.",)
    )
    return WatchTermValue(kind=kind, value=value, normal=normal, warnings=warnings)


def _has_valid_checksum(normal: str, region: str | None) -> bool:
    """Whether a checksum rule of the region allows the id; True where none is known. Evidence, not a gate."""
    if region not in _ID_MODULES:
        return True
    country, name = _ID_MODULES[region]
    module = stdnum.util.get_cc_module(country.rstrip("_"), name)
    return module is None or bool(module.is_valid(normal))


def _words(kind: TermKind, value: str, region: str | None) -> WatchTermValue:
    del region
    if len(skeleton_term(value)) < 2:
        raise InvalidTermError(
            raw=value, why="it is too short to be told apart from other words. Give it in full."
        )
    return WatchTermValue(kind=kind, value=value, normal=fold_term(value))


_READERS: dict[TermKind, Callable[[TermKind, str, str | None], WatchTermValue]] = {
    TermKind.NAME: _name,
    TermKind.ALIAS: _name,
    TermKind.ASSOCIATE_NAME: _name,
    TermKind.PHONE: _phone,
    TermKind.ASSOCIATE_PHONE: _phone,
    TermKind.NATIONAL_ID: _national_id,
    TermKind.EMAIL: _email,
    TermKind.HANDLE: _handle,
    TermKind.PLACE: _words,
    TermKind.EMPLOYER: _words,
}
