"""Every language has every word, with the same placeholders; every tag has a language; no word is idle."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from monitor.detection.lexicon import SHAMING_FAMILIES
from monitor.detection.model import Severity, TermKind
from monitor.evidence.manifest import Origin
from monitor.evidence.report.wording import LANGUAGES, known_language, language_of, wording
from monitor.evidence.timeline import _FIRST, _KEYS
from monitor.evidence.verdict import Verdict
from storage.vault.custody import Action

# What may be the same in another language as in English: loan words, signs, names of techniques.
_MAY_BE_ENGLISH = {
    "address", "browser", "comma", "date", "file", "item", "kind_email", "moment", "number", "origin_original", "post", "quotation", "server",
    "site", "size", "stamped", "term_archive", "term_hash", "term_manifest", "term_utc",
}  # fmt: skip


def words_in_use() -> set[str]:
    """The template's words, and those that the program asks for by what it has found."""
    folder = resources.files("monitor.evidence.report")
    template = folder.joinpath("templates/report.html").read_text()
    used = set(re.findall(r"words\.(\w+)", template)) | {"items"}
    terms = re.search(r"for term in \(([^)]+)\)", template)
    assert terms
    for term in re.findall(r'"(\w+)"', terms[1]):
        used |= {f"term_{term}", f"term_{term}_is"}
    used |= {f"proves_{number}" for number in range(1, 8)} | {str(one) for one in Severity}
    used |= {f"kind_{one}" for one in TermKind} | {f"family_{one}" for one in SHAMING_FAMILIES}
    used |= {f"verdict_{one.value.replace(' ', '_')}" for one in Verdict} | {"verdict_imported"}
    used |= {f"act_{one}" for one in Action}
    used |= {f"origin_{one}" for one in (*Origin, "record", "seal")}
    used |= {*_FIRST.values(), *_KEYS.values(), "failed", "imported"}
    in_code = re.compile(r'words\[\s*"(\w+)"|words\["(\w+)" if .* else "(\w+)"\]')
    for name in ("page.py", "figures.py", "signs.py", "moments.py"):
        for found in in_code.finditer(folder.joinpath(name).read_text()):
            used |= {one for one in found.groups() if one}
    return used | {
        "picture_cut", "post", "months", "date", "moment", "against", "picture_small", "picture_page_one", "custody", "files", "verify", "timeline", "proves",
        "terms",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language: str) -> None:
    words = wording(language)
    assert words.keys() == wording("en").keys()
    assert all(text.strip() for text in words.values())
    assert len(words["months"].split("|")) == 12
    if language != "en":
        same = {key for key, text in words.items() if text == wording("en")[key]}
        assert same <= _MAY_BE_ENGLISH, same - _MAY_BE_ENGLISH


def test_no_word_is_missing_and_none_is_idle() -> None:
    assert words_in_use() == wording("en").keys()


def test_no_language_says_that_a_post_was_deleted() -> None:
    deleted = re.compile(r"(?i)\bdeleted?\b|删除|刪除|\bdihapus pada|eliminad[ao] el|xóa lúc|apagad[ao] em")
    for language in LANGUAGES:
        assert not deleted.search(wording(language)["absent"])
        assert {"{before}", "{at}"} <= set(re.findall(r"\{\w+\}", wording(language)["absent"]))


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh-TW", "zh-Hant"), ("zh", "zh-Hans"), ("pt-BR", "pt"), ("fil", "tl"), ("es-MX", "es"), ("sw", "en"), ("", "en"), ("zh-Hant-HK", "zh-Hant"), ("zh_CN", "zh-Hans")],
)  # fmt: skip
def test_a_tag_has_a_language(tag: str, language: str) -> None:
    assert language_of(tag) == language


def test_a_language_that_there_is_not_is_not_guessed() -> None:
    assert known_language("xx") is None
    assert known_language("es-CO") == "es"
