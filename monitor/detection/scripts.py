"""Decides in which script the letters of mixed words are read: Latin, Cyrillic or Greek; changes no others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import Bytes, Codes, Script, tables

_Positions = npt.NDArray[np.int64]


def settled_scripts(codes: Codes, starts: _Positions, original_codes: Codes, begins: _Positions) -> Codes:
    """Folded codes with one script for every word: look-alikes of another script are read as the word's own.

    A word with a letter that only Cyrillic has is Cyrillic, one with a letter that only Latin has is
    Latin; where every letter passes for both, the document's majority decides. ``begins`` are the places
    in ``codes`` where documents begin, ``starts`` lead into ``original_codes``.
    """
    scripts = tables().script[codes]
    is_foreign = scripts > Script.LATIN
    mixed = np.flatnonzero(
        is_foreign[1:] & (scripts[:-1] == Script.LATIN) | (scripts[1:] == Script.LATIN) & is_foreign[:-1]
    )
    codes = codes.copy()
    looks = _looks(codes, starts, original_codes)
    majority = _Majority(scripts, begins)
    done = -1
    for place in mixed:
        if place > done:
            begin, done = _word_around(scripts, int(place))
            _settle_word(codes, scripts, looks, slice(begin, done), majority)
    _settle_documents(codes, _looks(codes, starts, original_codes), begins)
    return codes


def _looks(codes: Codes, starts: _Positions, original_codes: Codes) -> Codes:
    """The Latin letter each character passes for, 0 for none; capitals may look otherwise (Н, η)."""
    by_original = tables().look[original_codes[starts]]
    return np.where(by_original, by_original, tables().look[codes])


def _settle_documents(codes: Codes, looks: Codes, begins: _Positions) -> None:
    """In a document that is mostly Latin and whose few Cyrillic letters all pass for Latin, read them so."""
    scripts = tables().script[codes]
    lengths = np.diff(np.append(begins, len(codes)))
    documents = np.repeat(np.arange(len(begins)), lengths)
    is_other, is_latin = scripts > Script.LATIN, scripts == Script.LATIN
    others = np.bincount(documents[is_other], minlength=len(begins))
    latins = np.bincount(documents[is_latin], minlength=len(begins))
    plain = np.bincount(documents[is_other & (looks == 0)], minlength=len(begins))
    chosen = np.flatnonzero(is_other & ((latins > others) & (plain == 0))[documents])
    codes[chosen] = looks[chosen]


def _word_around(scripts: Bytes, place: int) -> tuple[int, int]:
    begin, end = place, place + 1
    while begin > 0 and scripts[begin - 1]:
        begin -= 1
    while end < len(scripts) and scripts[end]:
        end += 1
    return begin, end


def _settle_word(codes: Codes, scripts: Bytes, looks: Codes, word: slice, majority: _Majority) -> None:
    swap = tables().latin_as_cyrillic
    script, look, letters = scripts[word], looks[word], codes[word]
    other = script > Script.LATIN
    if bool((look[other] > 0).all()):
        is_all_double = all(int(code) in swap for code in letters[~other])
        if not (is_all_double and majority.is_cyrillic_at(word.start)):
            codes[word] = np.where(other, look, letters)
            return
    codes[word] = [swap.get(int(code), int(code)) for code in letters]


class _Majority:
    """Which documents are mostly Cyrillic, asked once per document however many mixed words it has."""

    def __init__(self, scripts: Bytes, begins: _Positions) -> None:
        self._scripts, self._begins = scripts, begins
        self._known: dict[int, bool] = {}

    def is_cyrillic_at(self, place: int) -> bool:
        document = int(np.searchsorted(self._begins, place, side="right")) - 1
        if document not in self._known:
            is_last = document + 1 == len(self._begins)
            end = len(self._scripts) if is_last else int(self._begins[document + 1])
            part = self._scripts[int(self._begins[document]) : end]
            self._known[document] = int((part == Script.CYRILLIC).sum()) > int((part == Script.LATIN).sum())
        return self._known[document]
