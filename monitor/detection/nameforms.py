"""Lists the forms under which a registered name may be written, each with how surely it means the person."""

from __future__ import annotations

import dataclasses

from monitor.detection.folding import fold_term
from monitor.detection.hanzi import is_hanzi
from monitor.detection.hanziforms import hanzi_forms
from monitor.detection.nameform import NameForm, Shape, tokens_of
from monitor.detection.ordinary import Commonness, commonness
from monitor.detection.wordforms import PARTICLES, word_forms


def name_forms(name: str) -> list[NameForm]:
    """All forms of a name; the first is the name as it was given. Empty if the name has no letters."""
    folded = fold_term(name)
    hanzi = "".join(char for char in folded if is_hanzi(char))
    if hanzi and all(is_hanzi(char) or not char.isalnum() for char in folded):
        forms = hanzi_forms(name, hanzi)
    else:
        tokens = tokens_of(folded)
        forms = word_forms(name, tokens) if tokens else []
    if forms and commonness(name) is Commonness.ORDINARY_WORD:
        forms[0] = dataclasses.replace(forms[0], is_ordinary=True)
    return _unique(forms)


def weak_forms(name: str) -> list[NameForm]:
    """Forms that only support another identifier in the same post: a given or family name alone."""
    tokens = [token for token in tokens_of(fold_term(name)) if len(token) > 2 and token not in PARTICLES]
    if len(tokens) < 2:
        return []
    return [NameForm(token, Shape.WORDS, (), (), 0.2) for token in dict.fromkeys(tokens)]


def _unique(forms: list[NameForm]) -> list[NameForm]:
    """The surest form for each skeleton, in order of first appearance."""
    best: dict[str, NameForm] = {}
    for form in forms:
        held = best.get(form.skeleton)
        if form.skeleton and (held is None or form.certainty > held.certainty):
            best[form.skeleton] = form
    return list(best.values())
