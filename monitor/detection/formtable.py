"""Numbers the shapes that forms of terms have, so that a million forms need few objects; judges no find.

Very many forms differ in their letters alone. What else there is to a form of a name is kept once here.
"""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import Bytes
from monitor.detection.model import TermKind
from monitor.detection.nameform import NameForm, Shape
from monitor.detection.names import most_certainty
from monitor.detection.patterns import Form, forms_of_term

_SHORTEST_LEET = 4
_NO_BREAK = 0
Breaks = npt.NDArray[np.uint16]
Certainties = npt.NDArray[np.float32]

IS_WORD, NEEDS_END, MAY_BE_LEET, HAS_SHAPE = 1, 2, 4, 8
"""What the flags of a form say: it begins where a word does, it ends so too, it may be in leetspeak, and its
shape and its letters are all there is to it, whoever's it is."""


class FormTable:
    """Shapes of forms by number. Only ever grows, so watch lists made from each other share one."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._flags: list[int] = []
        self._flag_array: Bytes = np.zeros(0, dtype=np.uint8)
        self._break_table: Breaks = np.zeros((0, 1), dtype=np.uint16)
        self._most_certain: Certainties = np.zeros(0, dtype=np.float32)
        self._forms: list[NameForm | None] = []
        self._lock = threading.Lock()

    def number_of(self, form: Form) -> int:
        """The number of the form's shape."""
        key = _key(form)
        number = self._numbers.get(key)
        if number is None:
            with self._lock:
                number = self._numbers.get(key, len(self._forms))
                if number == len(self._forms):
                    self._forms.append(_shape(form))
                    self._flags.append(_flags(form))
                    self._numbers[key] = number
        return number

    @property
    def flags(self) -> Bytes:
        """The flags of every form, by number."""
        if len(self._flag_array) != len(self._flags):
            self._flag_array = np.array(self._flags, dtype=np.uint8)
        return self._flag_array

    @property
    def breaks(self) -> Breaks:
        """Where words begin inside the forms of each number, in ascending order; 0 where there are no more."""
        if len(self._break_table) != len(self._forms):
            found = [form.breaks if form else () for form in self._forms]
            width = max(1, *map(len, found), 1)
            padded = [breaks + (_NO_BREAK,) * (width - len(breaks)) for breaks in found]
            self._break_table = np.array(padded, dtype=np.uint16).reshape(len(found), width)
        return self._break_table

    @property
    def most_certain(self) -> Certainties:
        """How sure a find of the forms of each number can be at most."""
        if len(self._most_certain) != len(self._forms):
            most = [1.0 if form is None else most_certainty(form) for form in self._forms]
            self._most_certain = np.array(most, dtype=np.float32)
        return self._most_certain

    def form(self, number: int, skeleton: str, kind: TermKind, term: str) -> Form:
        """The form as it was before it became a number."""
        shape = self._forms[number]
        if shape is not None:
            return dataclasses.replace(shape, skeleton=skeleton)
        return next(form for form in forms_of_term(kind, term) if form.skeleton == skeleton)

    def as_plain_data(self) -> list[Any]:
        """What `from_plain_data` reads; JSON can hold it."""
        return [
            [flags, None if form is None else [form.shape.value, *dataclasses.astuple(form)[2:]]]
            for form, flags in zip(self._forms, self._flags, strict=True)
        ]

    @classmethod
    def from_plain_data(cls, data: list[Any]) -> FormTable:
        table = cls()
        for flags, values in data:
            shape = None
            if values is not None:
                breaks, soft, certainty, accented, ordinary, small, is_ordinary, *lacks = values[1:]
                shape = NameForm(
                    "",
                    Shape(values[0]),
                    tuple(breaks),
                    tuple(soft),
                    certainty,
                    accented,
                    tuple(ordinary),
                    tuple(small),
                    is_ordinary,
                    *lacks,
                )
            table._numbers[_key_of_shape(shape, flags)] = len(table._forms)
            table._forms.append(shape)
            table._flags.append(flags)
        return table


def _key(form: Form) -> tuple[Any, ...]:
    flags = _flags(form)
    if not isinstance(form, NameForm) or form.accented:
        return (flags,)
    return _key_of_shape(form, flags)


def _key_of_shape(form: NameForm | None, flags: int) -> tuple[Any, ...]:
    if form is None:
        return (flags,)
    words = (form.breaks, form.soft_breaks, form.ordinary_words, form.small_words)
    return flags, form.shape, form.certainty, form.is_ordinary, form.lacks_first, form.lacks_last, *words


def _shape(form: Form) -> NameForm | None:
    """The form without its letters; None for one that is found again from its term, as few are looked at."""
    if not isinstance(form, NameForm) or form.accented:
        return None
    return dataclasses.replace(form, skeleton="")


def _flags(form: Form) -> int:
    if not isinstance(form, NameForm):
        return 0
    has_shape = 0 if form.accented else HAS_SHAPE
    if form.shape is Shape.HANZI:
        return has_shape
    if not form.skeleton.isascii():
        return has_shape | IS_WORD
    may_be_leet = MAY_BE_LEET if len(form.skeleton) >= _SHORTEST_LEET else 0
    return has_shape | IS_WORD | NEEDS_END | may_be_leet
