"""The shipped content is what the demo promises."""

from __future__ import annotations

import copy
from collections import Counter

import pytest
from pydantic import ValidationError

from monitor.practice.content import POSTS_PER_PAGE, ForumContent, shipped_content
from monitor.practice.subjects import DEMO_SUBJECTS


def changed(**changes: object) -> dict[str, object]:
    return {**copy.deepcopy(shipped_content().model_dump()), **changes}


def test_every_language_of_the_first_release_has_a_thread() -> None:
    langs = {thread.lang for thread in shipped_content().threads}
    assert langs >= {"zh-Hans", "zh-Hant", "en", "id", "tl", "es", "hi"}


def test_several_threads_have_more_than_one_page_and_one_has_four() -> None:
    pages = [-(-len(thread.posts) // POSTS_PER_PAGE) for thread in shipped_content().threads]
    assert sum(count > 1 for count in pages) >= 4
    assert max(pages) == 4


def test_shaming_posts_are_few_among_many_ordinary_ones() -> None:
    posts = [post for thread in shipped_content().threads for post in thread.posts]
    shaming = [post for post in posts if post.shames]
    assert len(posts) >= 120
    assert 8 <= len(shaming) <= len(posts) // 10


def test_every_subject_of_the_demo_is_shamed_twice_or_more() -> None:
    counted = Counter(
        subject for thread in shipped_content().threads for post in thread.posts for subject in post.shames
    )
    assert set(counted) == {subject.id for subject in DEMO_SUBJECTS}
    assert min(counted.values()) >= 2


def test_every_subject_is_also_named_in_innocent_posts() -> None:
    innocent = " ".join(
        f"{post.by} {post.text}"
        for thread in shipped_content().threads
        for post in thread.posts
        if post.looks_bad
    )
    for subject in DEMO_SUBJECTS:
        assert any(name in innocent for name in (*subject.names, *subject.aliases)), subject.id


def test_two_threads_with_one_id_are_refused() -> None:
    threads = changed()["threads"]
    assert isinstance(threads, tuple)
    with pytest.raises(ValidationError, match="the same id"):
        ForumContent.model_validate(changed(threads=[*threads, threads[0]]))


def test_a_thread_on_an_unknown_board_is_refused() -> None:
    threads = [{**thread, "board": "attic"} for thread in changed()["threads"][:1]]  # type: ignore[index]
    with pytest.raises(ValidationError, match="no board 'attic'"):
        ForumContent.model_validate(changed(threads=threads))


def test_labels_that_lack_a_word_are_refused() -> None:
    labels = copy.deepcopy(dict(shipped_content().labels))
    labels["es"] = {word: text for word, text in labels["es"].items() if word != "next"}
    with pytest.raises(ValidationError, match="labels of es"):
        ForumContent.model_validate(changed(labels=labels))


@pytest.mark.parametrize(
    ("post", "complaint"),
    [
        ({"shames": ["somebody-else"]}, "no subject of the demo"),
        ({"shames": ["tao-yanqiu"], "looks_bad": "a joke"}, "cannot both"),
        ({"quotes": 5}, "not before it"),
        ({"edited_after_min": 60 * 24 * 400}, "end in the future"),
    ],
)
def test_a_post_that_contradicts_itself_is_refused(post: dict[str, object], complaint: str) -> None:
    thread = {
        "id": 1,
        "board": "commons",
        "title": "A thread",
        "lang": "en",
        "began_days_ago": 2,
        "posts": [{"by": "Odalys", "text": "Good morning", **post}],
    }
    with pytest.raises(ValidationError, match=complaint):
        ForumContent.model_validate(changed(threads=[thread]))
