"""Takes the parts of a watch list apart into named arrays and plain data, and puts them together again."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from monitor.detection.catalogue import Catalogue
from monitor.detection.screen import Screen
from monitor.detection.segment import Segment
from monitor.detection.stretches import Salt

Array = npt.NDArray[Any]
_Part = TypeVar("_Part")
_SCREEN = "screen"
_FIRSTS = f"{_SCREEN}.firsts"


def arrays_of(catalogue: Catalogue, segment: Segment) -> dict[str, Array]:
    """All arrays, by the path of the field that holds each."""
    arrays: dict[str, Array] = {_FIRSTS: catalogue.screen.firsts}
    arrays |= {f"{_SCREEN}.{level}": masks for level, masks in enumerate(catalogue.screen.masks)}
    _collect(segment, "", arrays)
    return arrays


def plain_data_of(catalogue: Catalogue) -> dict[str, Any]:
    """Everything else, as JSON can hold it."""
    return {
        "salt": list(catalogue.salt.words),
        "forms": catalogue.forms.as_plain_data(),
        "prefixes": catalogue.prefixes,
        "number_lengths": sorted(catalogue.number_lengths),
        "long_lengths": sorted(catalogue.screen.long_lengths),
    }


def put_together(arrays: dict[str, Array], data: dict[str, Any]) -> tuple[Catalogue, Segment]:
    """The inverse of both."""
    salt = Salt(tuple(data["salt"]))
    masks = tuple(arrays[f"{_SCREEN}.{level}"] for level in range(len(Screen.for_terms(1, salt).masks)))
    catalogue = Catalogue(salt, Screen(arrays[_FIRSTS], masks, set(data["long_lengths"]), salt))
    catalogue.restore(
        data["forms"], [tuple(prefixes) for prefixes in data["prefixes"]], data["number_lengths"]
    )
    return catalogue, _assembled(Segment, "", arrays)


def _collect(part: Any, path: str, arrays: dict[str, Array]) -> None:
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if isinstance(value, np.ndarray):
            arrays[path + field.name] = np.ascontiguousarray(value)
        else:
            _collect(value, f"{path}{field.name}.", arrays)


def _assembled(kind: type[_Part], path: str, arrays: dict[str, Array]) -> _Part:
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        name = path + field.name
        if name in arrays:
            values[field.name] = arrays[name]
        else:
            values[field.name] = _assembled(hints[field.name], f"{name}.", arrays)
    return kind(**values)
