from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detection import detect
from monitor.detection.detect import Detector
from monitor.detection.model import Document, Finding, Severity, WatchedSubject
from monitor.detection.watchlist import compile_watchlist

SUBJECT = WatchedSubject(
    id="a",
    names=("Corvina Aldamar", "欧阳砚秋"),
    phones=("+8613900017264",),
    employers=("Tidewell Bakery",),
)
OTHER = WatchedSubject(id="b", names=("Osgood Fennimore",))


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(compile_watchlist([SUBJECT, OTHER]))


def findings(detector: Detector, text: str, **fields: str) -> list[Finding]:
    return list(detector.detect([Document(id="1", untrusted_text=text, **fields)], with_non_hits=True))


def only(detector: Detector, text: str, **fields: str) -> Finding:
    (finding,) = findings(detector, text, **fields)
    return finding


@pytest.mark.parametrize(
    "text",
    [
        "BEWARE of Corvina Aldamar, this shameless thief ran away with our chama money. Share until she pays!",
        "曝光老赖欧阳砚秋，电话13900017264，欠钱不还玩失联，大家认清这个骗子，转发！",
        "欧·阳·砚·秋，一三九零零零一七二六四，lao赖一个，欠米不还，扩散！",
        "C0rvina Ald@mar is a sc4mmer and a th1ef, refuses to pay her debt, expose her",
        "You are receiving this because Corvina Aldamar listed you as guarantor. Tell her to pay today or all contacts will be informed.",
    ],
)
def test_plain_and_disguised_shaming_is_a_hit(detector, text):
    assert only(detector, text).is_hit


@pytest.mark.parametrize(
    "text",
    [
        "Thank you Corvina Aldamar for returning my wallet, every coin still inside. God bless you!",
        "感谢欧阳砚秋老师的帮助，祝您生活愉快！",
        "Happy birthday Corvina Aldamar! You still owe me a coffee haha 😂",
        "My name is Corvina Aldamar. A lending app called me a thief and texted my contacts. What can I do? Please help.",
    ],
)
def test_kind_words_jokes_and_pleas_are_no_hits(detector, text):
    assert not only(detector, text).is_hit


@pytest.mark.parametrize("text", ["Corvina Aldamar", "13900017264", "欧阳砚秋 13900017264 ."])
def test_a_bare_name_or_number_is_never_a_hit(detector, text):
    assert not only(detector, text).is_hit


def test_shaming_of_somebody_who_is_not_watched_gives_nothing(detector):
    assert findings(detector, "Beware of Balthazar Quill, thief and fraudster, refuses to pay!") == []


def test_a_number_in_a_sex_advert_is_enough(detector):
    finding = only(detector, "寂寞少妇可上门，包夜特殊服务，打电话约：139-0001-7264")
    assert finding.is_hit
    assert finding.severity is Severity.CRITICAL


def test_a_list_post_reaches_its_last_item(detector):
    lines = "\n".join(f"{number}. 某某{number} 欠{number}千 失联" for number in range(1, 300))
    assert only(
        detector, f"老赖曝光名单，欠债不还，转发扩散！\n{lines}\n300. 欧阳砚秋 13900017264 欠5万 失联"
    ).is_hit


def test_a_title_that_accuses_counts_for_a_reply_that_names(detector):
    finding = only(
        detector, "是欧阳砚秋，电话13900017264", untrusted_title="曝光卷款跑路的老赖骗子，大家转发"
    )
    assert finding.is_hit
    assert any(cue.field == "title" for cue in finding.cues)


def test_each_subject_of_a_post_gets_a_finding_of_their_own(detector):
    text = "Corvina Aldamar is a thief and a fraudster, refuses to pay, share!! Thanks to Osgood Fennimore for the tea."
    assert {finding.subject_id for finding in findings(detector, text)} == {"a", "b"}


def test_posts_that_are_no_hits_are_left_out_unless_asked_for(detector):
    document = Document(id="1", untrusted_text="Congratulations Corvina Aldamar on the bakery!")
    assert list(detector.detect([document])) == []
    assert len(list(detector.detect([document], with_non_hits=True))) == 1


def test_a_lower_threshold_lets_more_through():
    document = Document(id="1", untrusted_text="Does anybody know Corvina Aldamar? She borrowed money.")
    strict, lenient = (
        Detector(compile_watchlist([SUBJECT]), threshold=threshold) for threshold in (0.9999, 0.0)
    )
    assert list(strict.detect([document])) == []
    assert len(list(lenient.detect([document]))) == 1


def test_spans_of_cues_index_the_original_string(detector):
    text = "😀 ＢＥＷＡＲＥ\u200b of Corvina Aldamar, th\u200bief 和 骗🐟子"
    finding = only(detector, text, untrusted_title="曝\u200b光")
    assert {cue.family for cue in finding.cues} >= {"exposure", "accusation"}
    for cue in finding.cues:
        source = "曝\u200b光" if cue.field == "title" else text
        assert source[cue.start : cue.end] == cue.text


def test_reasons_are_sentences_and_name_the_evidence(detector):
    finding = only(detector, "Corvina Aldamar is a thief and refuses to pay, share this!")
    assert all(reason.endswith(".") for reason in finding.reasons)
    assert all(reason[0].isupper() or reason[0] == '"' for reason in finding.reasons)
    assert any('"is a thief" (an accusation)' in reason for reason in finding.reasons)


def test_findings_come_in_the_order_of_the_documents(detector):
    documents = [
        Document(id=str(number), untrusted_text=f"post {number}: Corvina Aldamar says hello")
        for number in range(50)
    ]
    ids = [finding.document_id for finding in detector.detect(documents, with_non_hits=True)]
    assert ids == [str(number) for number in range(50)]


def test_a_very_long_post_is_read_around_the_mention(detector):
    text = (
        "lorem ipsum dolor " * 20_000
        + "thief Corvina Aldamar refuses to pay, beware, share "
        + "sit amet " * 20_000
    )
    began = time.perf_counter()
    finding = only(detector, text)
    assert time.perf_counter() - began < 20
    (accusation,) = [cue for cue in finding.cues if cue.family == "accusation"]
    assert text[accusation.start : accusation.end] == "thief"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=30))
def test_no_text_makes_detection_raise(detector, before, after, title):
    document = Document(
        id="1",
        untrusted_text=f"{before} Corvina Aldamar {after}",
        untrusted_title=title,
        untrusted_quoted=after,
    )
    for finding in detector.detect([document], with_non_hits=True):
        assert 0 <= finding.score <= 1
        for cue in finding.cues:
            source = {"title": title, "quoted": after}.get(cue.field, document.untrusted_text)
            assert source[cue.start : cue.end] == cue.text


NEIGHBOUR = WatchedSubject(
    id="n",
    names=("Perpetua Salcedilla",),
    phones=("+639170000821",),
    places=("Barangay Santa Ysidra",),
)


@pytest.fixture(scope="module")
def of_neighbour() -> Detector:
    return Detector(compile_watchlist([NEIGHBOUR]))


@pytest.mark.parametrize(
    "text",
    [
        "Perpetua Salcedilla was a poetess of the 19th century; a jealous critic once called her a thief of sonnets.",
        "Night watch rota:\n1. Monday: Tomas\n2. Tuesday: Perpetua Salcedilla (0917-000-0821)\n3. Wednesday: Nena",
        "The lost puppy is home! Big thanks to Perpetua Salcedilla, who heard him crying under the bakery stairs.",
    ],
)
def test_namesakes_rotas_and_thanks_are_no_hits(of_neighbour, text):
    assert not only(of_neighbour, text).is_hit


def test_a_kind_reply_to_a_quoted_post_is_no_hit(of_neighbour):
    finding = only(
        of_neighbour,
        "What a relief. Under the stairs, of course.",
        untrusted_quoted="Found! Thanks to Perpetua Salcedilla, we owe you!",
    )
    assert not finding.is_hit


def test_a_reply_that_only_quotes_shaming_is_judged_by_its_own_words(of_neighbour):
    quoted = "WANTED: Perpetua Salcedilla, estafadora, tumakas sa utang! Share!"
    assert not only(of_neighbour, "Please, not here.", untrusted_quoted=quoted).is_hit
    assert only(
        of_neighbour, "That shameless thief owes me too, she refuses to pay.", untrusted_quoted=quoted
    ).is_hit


def test_a_cue_inside_a_mention_is_none(of_neighbour):
    finding = only(of_neighbour, "Perpetua Salcedilla of Barangay Santa Ysidra is a scammer, beware!")
    assert all("Barangay" not in cue.text for cue in finding.cues)


def test_cues_are_whole_words(of_neighbour):
    text = "Perpetua Salcedilla, deudora morosa y sinvergüenza, estafadoras todas, no paga"
    for cue in only(of_neighbour, text).cues:
        assert not text[cue.end : cue.end + 1].isalpha()
        assert cue.start == 0 or not text[cue.start - 1].isalpha()


def test_posts_that_no_wording_could_make_a_hit_are_still_told_on_request(of_neighbour):
    document = Document(id="1", untrusted_text="Perpetua came by with bread.")
    assert list(of_neighbour.detect([document])) == []


def test_each_subject_of_a_post_gets_what_they_would_get_alone() -> None:
    people = [
        WatchedSubject(id="1", names=("Corvina Aldamar",), phones=("+8613900017264",)),
        WatchedSubject(id="2", names=("Corvina Aldamar",)),
        WatchedSubject(id="3", names=("Osgood Fennimore",)),
    ]
    documents = [
        Document(id="a", untrusted_text="Corvina Aldamar is a thief. 13900017264. Share! Osgood Fennimore told me."),
        Document(id="b", untrusted_title="Thieves", untrusted_text="Osgood Fennimore\nCorvina Aldamar", untrusted_author="x"),
    ]  # fmt: skip
    together = list(Detector(compile_watchlist(people)).detect(documents, with_non_hits=True))
    alone = [
        finding
        for document in documents
        for person in people
        for finding in Detector(compile_watchlist([person])).detect([document], with_non_hits=True)
    ]
    assert [
        (one.document_id, one.subject_id, one.score, one.is_hit, one.mentions, one.cues, one.reasons)
        for one in together
    ] == [
        (one.document_id, one.subject_id, one.score, one.is_hit, one.mentions, one.cues, one.reasons)
        for one in alone
    ]
    assert len(together) == 6


def test_a_post_that_repeats_the_name_of_many_namesakes_is_read_once_for_all_of_them(monkeypatch) -> None:
    people = [WatchedSubject(id=str(number), names=("Corvina Aldamar",)) for number in range(50)]
    scenes = []
    original = detect.scene_from_fields
    monkeypatch.setattr(
        detect, "scene_from_fields", lambda *given, **more: scenes.append(1) or original(*given, **more)
    )
    text = "Corvina Aldamar is a thief, share! " * 300
    found = list(
        Detector(compile_watchlist(people)).detect(
            [Document(id="1", untrusted_text=text)], with_non_hits=True
        )
    )
    assert len(found) == 50
    assert len(scenes) == 1
