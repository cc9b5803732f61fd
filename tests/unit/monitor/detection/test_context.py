from __future__ import annotations

from monitor.detection.context import Place, Scene, scene_from_fields
from monitor.detection.cues import CueSpan
from monitor.detection.model import TermKind


def scene_of(text: str, name: str, *words: tuple[str, str]) -> Scene:
    """A scene in which every occurrence of the name is a mention, and each (word, family) a cue."""
    places, begin = [], text.find(name)
    while begin >= 0:
        places.append(Place(begin, begin + len(name), TermKind.NAME, 0.9))
        begin = text.find(name, begin + 1)
    cues = [CueSpan(text.find(word), text.find(word) + len(word), family, 1.0) for word, family in words]
    return Scene(text=text, places=places, cues=sorted(cues))


def test_distance_is_to_the_nearest_mention():
    scene = scene_of("anna x. much later: thief anna", "anna", ("thief", "accusation"))
    assert scene.distance_chars(scene.cues[0]) == 1


def test_sentences_and_lines_tell_whether_words_belong_together():
    scene = scene_of("anna is kind. he is a thief\nbye", "anna", ("thief", "accusation"))
    assert scene.sentence_of(scene.cues[0].begin) not in scene.mention_sentences
    assert scene.line_of(scene.cues[0].begin) in scene.mention_lines


def test_chinese_sentences_end_without_a_space():
    scene = scene_of("王五来了。他是老赖", "王五", ("老赖", "accusation"))
    assert scene.sentence_of(scene.cues[0].begin) not in scene.mention_sentences


def test_an_insult_between_quotation_marks_is_quoted():
    scene = scene_of('they called anna "a thief" again', "anna", ("thief", "accusation"))
    assert scene.is_quoted(scene.cues[0].begin, scene.cues[0].end)


def test_a_quotation_that_names_the_subject_too_is_no_distance():
    scene = scene_of('"anna is a thief"', "anna", ("thief", "accusation"))
    assert not scene.is_quoted(scene.cues[0].begin, scene.cues[0].end)


def test_a_negation_right_before_a_word_negates_it():
    scene = scene_of("anna is not a thief", "anna", ("not", "negation"), ("thief", "accusation"))
    assert scene.is_negated(scene.cues[1])


def test_an_item_of_a_numbered_list_is_seen_as_one():
    assert scene_of("debtors\n1. bo 5k\n2. anna 3k\n3. cy 2k", "anna").is_list
    assert not scene_of("1. bring salt\nanna, thank you", "anna").is_list


def test_an_item_between_bars_is_in_a_list():
    assert scene_of("list: bo 5k | anna 3k | cy 1k | dee 9k", "anna").is_list


def test_a_name_after_a_dash_at_the_end_is_a_signature():
    assert scene_of("beware of the fake page. — anna", "anna").is_signed
    assert not scene_of("anna — beware of this thief, friends of the whole neighbourhood", "anna").is_signed


def test_fields_are_joined_and_positions_move_along():
    scene = scene_from_fields(
        ["thief", "anna", ""],
        [[CueSpan(0, 5, "accusation", 1.0)], [], []],
        [[], [Place(0, 4, TermKind.NAME, 0.9)], []],
    )
    assert scene.text[scene.places[0].begin : scene.places[0].end] == "anna"
    assert scene.text[scene.cues[0].begin : scene.cues[0].end] == "thief"


def test_ranges_around_close_mentions_become_one():
    scene = scene_of("anna and anna" + " x" * 200 + " anna", "anna")
    assert len(list(scene.around(20))) == 2


def _listed(caption: str) -> Scene:
    lines = "\n".join(f"{number}. somebody" for number in range(1, 80))
    text = f"\x1e{caption}\n{lines}\n80. anna\x1e"
    begin = text.index("anna")
    return Scene(
        text=text,
        places=[Place(begin, begin + 4, TermKind.NAME, 0.9)],
        cues=[CueSpan(1, 1 + len(caption), "accusation", 1.0)],
    )


def test_the_caption_of_a_list_stands_near_its_last_item():
    scene = _listed("thieves")
    assert scene.is_list
    assert scene.distance_chars(scene.cues[0]) < 20


def test_a_rota_without_a_charge_is_a_plain_roster():
    place = Place(12, 16, TermKind.NAME, 0.9)
    rota = CueSpan(0, 4, "roster", 1.0)
    assert Scene(text="rota monday anna", places=[place], cues=[rota]).is_plain_roster
    charged = Scene(text="rota thief:. anna", places=[place], cues=[rota, CueSpan(5, 10, "accusation", 1.0)])
    assert not charged.is_plain_roster


def test_only_the_authors_own_words_make_a_quoting_reply_unkind():
    place = Place(16, 20, TermKind.NAME, 0.9)
    quoted = CueSpan(21, 26, "accusation", 1.0)
    text = "title\x1eown words\x1eanna thief"
    assert text[16:20] == "anna"
    assert Scene(text=text, places=[place], cues=[quoted]).is_quoted_kindly
    own = CueSpan(6, 9, "insult", 1.0)
    assert not Scene(text=text, places=[place], cues=[own, quoted]).is_quoted_kindly
