"""The whole search: from subjects and documents to mentions in the original text."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detection.mentions import DocumentMentions
from monitor.detection.model import Associate, Document, TermKind, WatchedSubject
from monitor.detection.terms import InvalidTermError
from monitor.detection.watchlist import compile_watchlist

IDENTITY_CASES = Path(__file__).parents[3] / "corpus" / "identity"
SUBJECT = WatchedSubject(
    id="maria",
    names=("Maria Luisa dela Cruz",),
    aliases=("Aling Maloi",),
    phones=("+639175502816",),
    handles=("@maloi.dc",),
    places=("Cavite",),
    associates=(Associate(name="Ramon Villafuerte", phones=("+639285510937",)),),
)
OTHER = WatchedSubject(id="wei", names=("张伟",), phones=("+8613800138000",))
WATCHLIST = compile_watchlist([SUBJECT, OTHER])


def find(**fields: str) -> list[DocumentMentions]:
    return list(WATCHLIST.find([Document(id="d", **{"untrusted_text": "", **fields})]))


@pytest.mark.parametrize("path", sorted(IDENTITY_CASES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_identity_cases_find_exactly_the_spans_that_they_list(path: Path) -> None:
    wrong = []
    for case in map(json.loads, path.read_text("utf-8").splitlines()):
        if case.get("known_miss"):
            continue  # counted by tests/corpus/test_yardstick.py
        subject = WatchedSubject(id="x", **{field: tuple(terms) for field, terms in case["subject"].items()})
        found = compile_watchlist([subject]).find([Document(id="d", untrusted_text=case["text"])])
        spans = [mention.text for one in found for mention in one.mentions if mention.certainty >= 0.25]
        if spans != case["found"]:
            wrong.append((case["text"], case["found"], spans, case["why"]))
    assert wrong == []


def test_mentions_index_the_original_string_in_every_field() -> None:
    (found,) = find(
        untrusted_title="WANTED: ＭＡＲＩＡ Luisa de la Cruz",
        untrusted_text="tel. 0917\u200b-550-2816 😀 Aling Maloi",
        untrusted_quoted="@maloi.dc in Cavite",
    )
    texts = {
        "title": "WANTED: ＭＡＲＩＡ Luisa de la Cruz",
        "text": "tel. 0917\u200b-550-2816 😀 Aling Maloi",
        "quoted": "@maloi.dc in Cavite",
    }
    assert [(mention.kind, mention.field, mention.text) for mention in found.mentions] == [
        (TermKind.NAME, "title", "ＭＡＲＩＡ Luisa de la Cruz"),
        (TermKind.PHONE, "text", "0917\u200b-550-2816"),
        (TermKind.ALIAS, "text", "Aling Maloi"),
        (TermKind.HANDLE, "quoted", "@maloi.dc"),
        (TermKind.PLACE, "quoted", "Cavite"),
    ]
    for mention in found.mentions:
        assert texts[mention.field][mention.start : mention.end] == mention.text
    assert found.identity > 0.99


def test_an_author_is_no_mention_but_is_reported_beside_one() -> None:
    assert find(untrusted_text="nothing here", untrusted_author="Maria Luisa dela Cruz") == []
    (own,) = find(untrusted_text="my number 0917 550 2816", untrusted_author="maria luisa DELA CRUZ")
    (handle,) = find(untrusted_text="my number 0917 550 2816", untrusted_author="maloi.dc")
    (stranger,) = find(untrusted_text="her number 0917 550 2816", untrusted_author="collector")
    assert (own.is_by_subject, handle.is_by_subject, stranger.is_by_subject) == (True, True, False)


def test_places_are_reported_only_beside_something_that_identifies() -> None:
    assert find(untrusted_text="sunny in Cavite today") == []
    (found,) = find(untrusted_text="Aling Maloi in Cavite")
    assert [mention.kind for mention in found.mentions] == [TermKind.ALIAS, TermKind.PLACE]


def test_a_given_name_alone_supports_a_number() -> None:
    assert find(untrusted_text="Luisa is late") == []
    (found,) = find(untrusted_text="Luisa, 0917 550 2816")
    assert [mention.text for mention in found.mentions] == ["Luisa", "0917 550 2816"]


def test_associates_are_mentions_of_the_subject_with_little_identity() -> None:
    (found,) = find(untrusted_text="Ramon Villafuerte 0928 551 0937 is the guarantor")
    assert [mention.kind for mention in found.mentions] == [TermKind.ASSOCIATE_NAME, TermKind.ASSOCIATE_PHONE]
    assert found.identity == 0.4


def test_namesakes_are_all_reported() -> None:
    watchlist = compile_watchlist([WatchedSubject(id=str(index), names=("欧阳雪梅",)) for index in range(3)])
    found = watchlist.find([Document(id="d", untrusted_text="欧阳雪梅欠款")])
    assert [one.subject.id for one in found] == ["0", "1", "2"]


def test_documents_come_back_in_order_however_many_batches_they_make() -> None:
    documents = [Document(id=str(index), untrusted_text=f"{'x ' * 500}张伟 {index}") for index in range(400)]
    assert [one.document.id for one in WATCHLIST.find(documents)] == [document.id for document in documents]


def test_a_generator_of_documents_is_read_in_batches() -> None:
    read = 0

    def documents() -> object:
        nonlocal read
        for index in range(10_000):
            read += 1
            yield Document(id=str(index), untrusted_text="张伟欠钱 " * 20)

    next(WATCHLIST.find(documents()))  # type: ignore[arg-type]
    assert 0 < read < 5_000


def test_terms_that_are_parts_of_each_other_are_each_found_where_they_stand() -> None:
    watchlist = compile_watchlist(
        [
            WatchedSubject(id="long", names=("Ana Maria Kovi",)),
            WatchedSubject(id="short", names=("Ana Kovi",)),
        ]
    )
    found = {
        one.subject.id: one for one in watchlist.find([Document(id="d", untrusted_text="Ana Maria Kovi")])
    }
    assert set(found) == {"long"}
    found = {one.subject.id: one for one in watchlist.find([Document(id="d", untrusted_text="Ana Kovi")])}
    assert found["short"].identity > found["long"].identity


def test_a_term_that_cannot_be_watched_for_stops_the_compilation_with_the_reason() -> None:
    with pytest.raises(InvalidTermError, match="too short to be told apart"):
        compile_watchlist([WatchedSubject(id="x", names=("王",))])


def test_a_least_identity_leaves_out_nobody_who_reaches_it() -> None:
    texts = (
        "Luisa, 0917 550 2816",
        "M. dela Cruz in Cavite",
        "张伟",
        "Aling Maloi",
        "Ramon Villafuerte",
        "Zhang Wei",
    )
    documents = [Document(id=str(number), untrusted_text=text) for number, text in enumerate(texts)]
    everybody = list(WATCHLIST.find(documents))
    for least in (0.2, 0.35, 0.5, 0.8):
        chosen = list(WATCHLIST.find(documents, least_identity=least))
        assert [one for one in chosen if one.identity >= least] == [
            one for one in everybody if one.identity >= least
        ]
        assert ("wei", 0.3) in {(one.subject.id, one.identity) for one in everybody}
        assert (least <= 0.3) == (("wei", 0.3) in {(one.subject.id, one.identity) for one in chosen})


PIECES = st.sampled_from(
    ["Luisa", "M. dela Cruz", "Maria L.", "M4r1a dela Cruz", "Cavite", "0917 550 2816", "0917****816", "nine one seven",
     "Ramon Villafuerte", "R. Villafuerte", "0928 551 0937", "@maloi.dc", "Aling Maloi", "张伟", "zhang wei", "张*", "章维",
     "13800138000", "wanted", "\n", ", ", "🙃"]
)  # fmt: skip
FIELDS = st.lists(PIECES, max_size=5).map(" ".join)


@given(
    st.lists(st.tuples(FIELDS, FIELDS, FIELDS), min_size=1, max_size=4),
    st.sampled_from([0.15, 0.3, 0.45, 0.7]),
)
@settings(max_examples=200, deadline=None)
def test_whatever_stands_together_a_least_identity_leaves_out_nobody_who_reaches_it(
    posts: list[tuple[str, str, str]], least: float
) -> None:
    documents = [
        Document(id=str(number), untrusted_title=title, untrusted_text=text, untrusted_quoted=quoted)
        for number, (title, text, quoted) in enumerate(posts)
    ]
    everybody = [one for one in WATCHLIST.find(documents) if one.identity >= least]
    chosen = [one for one in WATCHLIST.find(documents, least_identity=least) if one.identity >= least]
    assert [(one.document.id, one.subject.id, one.identity) for one in chosen] == [
        (one.document.id, one.subject.id, one.identity) for one in everybody
    ]


def test_an_empty_watch_list_finds_nothing() -> None:
    assert (
        list(compile_watchlist([]).find([Document(id="d", untrusted_text="张伟 0917 550 2816 m4ria")])) == []
    )


@given(
    st.lists(
        st.text(st.sampled_from("张伟 0917550281mari@\u200b\ud800*😀,.\nＭдA①१"), max_size=80), max_size=4
    )
)
@settings(max_examples=200, deadline=None)
def test_any_text_is_searched_and_every_span_is_exact(texts: list[str]) -> None:
    documents = [
        Document(id=str(index), untrusted_text=text, untrusted_title=text[::-1])
        for index, text in enumerate(texts)
    ]
    for found in WATCHLIST.find(documents):
        fields = {"text": found.document.untrusted_text, "title": found.document.untrusted_title}
        for mention in found.mentions:
            assert fields[mention.field][mention.start : mention.end] == mention.text
            assert mention.text
            assert 0.0 < mention.certainty <= 1.0


@pytest.mark.parametrize(
    "unit", ["张伟 ", "0917 550 2816, ", "M@r1a Lu1sa d3la Cruz ", "1 3 8 0 0 ", "Mаria ", "138***"]
)
def test_the_time_for_a_text_grows_with_its_length_and_no_faster(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        begin = time.process_time()
        for _ in WATCHLIST.find([Document(id="d", untrusted_text=text)]):
            pass
        return time.process_time() - begin

    seconds(10_000)
    assert seconds(400_000) < 12 * max(seconds(80_000), 0.02)


def test_a_watch_list_of_a_hundred_thousand_duplicates_compiles() -> None:
    watchlist = compile_watchlist([WatchedSubject(id="x", names=("张伟",) * 100_000)])
    (found,) = watchlist.find([Document(id="d", untrusted_text="张伟欠钱")])
    assert len(found.mentions) == 1
