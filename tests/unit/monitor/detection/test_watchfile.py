"""What `shamewatch scan` accepts, and the sentences it refuses with."""

import json

import pytest

from monitor.detection.watchfile import PostLineError, WatchFileError, document_from_line, subjects_from_json


def test_a_full_subject_is_read_with_every_field() -> None:
    raw = [
        {
            "id": "a", "names": [" Ana Reyes "], "aliases": ["Anning"], "phones": ["+639175550182"], "ids": ["X1"],
            "emails": ["a@mail.example"], "handles": ["@ana"], "places": ["Cebu"], "employers": ["Sari Shop"],
            "associates": [{"name": "Ben Reyes", "phones": ["+639175550183"]}], "lang": "tl",
        }
    ]  # fmt: skip
    (subject,) = subjects_from_json(json.dumps(raw))
    assert subject.names == ("Ana Reyes",)
    assert subject.associates[0].name == "Ben Reyes"
    assert subject.associates[0].phones == ("+639175550183",)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{", "it is not JSON"),
        ("{}", "must be a list"),
        ("[1]", "subject 1"),
        ('[{"names": ["A B"]}]', "subject 1: id"),
        ('[{"id": "a", "names": "A B"}]', "subject 1: names"),
        ('[{"id": "a", "names": ["A B"]}, {"id": "b", "phones": [5]}]', "subject 2: phones.0"),
        ('[{"id": "a"}]', "nothing to watch for"),
        ('[{"id": "a", "names": ["A B"]}, {"id": "a", "names": ["C D"]}]', "occurs twice"),
        ('[{"id": "a", "names": ["A B"], "associates": [{"nom": "C"}]}]', "subject 1: associates.0.nom"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff\xfe[", "it is not JSON"),
    ],
)
def test_a_bad_watch_file_says_what_is_wrong_where(text: str | bytes, part: str) -> None:
    with pytest.raises(WatchFileError) as caught:
        subjects_from_json(text)
    assert part in str(caught.value)


def test_the_message_never_repeats_the_value_which_may_be_personal() -> None:
    with pytest.raises(WatchFileError) as caught:
        subjects_from_json('[{"id": "a", "phones": [639175550182]}]')
    assert "639175550182" not in str(caught.value)


def test_all_but_id_and_text_of_a_post_is_optional() -> None:
    document = document_from_line('{"id": 7, "text": "hello", "title": null, "url": "https://x.example"}')
    assert (document.id, document.untrusted_text, document.untrusted_title) == ("7", "hello", "")


@pytest.mark.parametrize(
    "line", ["", "[]", "7", '{"id": "a"}', '{"text": "a"}', '{"id": "a", "text": 5}', "[" * 100_000]
)
def test_a_bad_line_is_refused_with_a_reason(line: str) -> None:
    with pytest.raises(PostLineError):
        document_from_line(line)
