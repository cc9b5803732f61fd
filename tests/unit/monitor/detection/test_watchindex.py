"""Watch lists that grow and shrink find what one compiled anew would find."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detection.model import Associate, Document, WatchedSubject
from monitor.detection.terms import InvalidTermError
from monitor.detection.watchindex import WatchIndex
from monitor.detection.watchlist import Watchlist, compile_watchlist

NAMES = ["Ana Kovi", "Maria Kovimo", "张伟", "Berta Salo", "Ana Maria Kovi"]
TEXT = "Ana Kovi, Ana Maria Kovi; 张伟 Berta Salo 0917 550 2816 Maria Kovimo 0917****816"
FULL = WatchedSubject(
    id="full", names=("Ana Kovi", "安娜"), aliases=("Aling Ana",), phones=("+639175502816",), ids=("AB123456",),
    emails=("ana@example.org",), handles=("@ana.k",), places=("Cavite",), employers=("Toko Maju",),
    associates=(Associate(name="Ramon Salo", phones=("+639285510937",)), Associate(phones=("+6591234567",))),
)  # fmt: skip


def found_by(watchlist: Watchlist, text: str = TEXT) -> list[tuple[str, list[str], float]]:
    return sorted(
        (one.subject.id, [mention.text for mention in one.mentions], one.identity)
        for one in watchlist.find([Document(id="d", untrusted_text=text)])
    )


def person(number: int, name: str) -> WatchedSubject:
    return WatchedSubject(id=str(number), names=(name,), phones=(f"+63917550{2816 + number}",))


def test_a_subject_comes_back_as_it_was_registered() -> None:
    assert list(compile_watchlist([person(0, "Ana Kovi"), FULL]).subjects) == [person(0, "Ana Kovi"), FULL]


def test_a_new_subject_is_found_at_once_and_the_older_watch_list_stays_as_it_was() -> None:
    older = compile_watchlist([person(0, "Ana Kovi")])
    newer = older.with_subject(person(1, "Berta Salo"))
    assert [one[0] for one in found_by(older)] == ["0"]
    assert [one[0] for one in found_by(newer)] == ["0", "1"]


def test_a_subject_that_was_taken_out_is_found_no_more() -> None:
    watchlist = compile_watchlist([person(0, "Ana Kovi"), person(1, "Berta Salo")])
    assert [one[0] for one in found_by(watchlist.without_subject("0"))] == ["1"]
    assert [one[0] for one in found_by(watchlist)] == ["0", "1"]


def test_a_subject_of_the_same_id_takes_the_place_of_the_older_one() -> None:
    watchlist = compile_watchlist([person(0, "Ana Kovi")]).with_subject(person(0, "Berta Salo"))
    assert list(watchlist.subjects) == [person(0, "Berta Salo")]
    assert [one[1][0] for one in found_by(watchlist)] == ["Berta Salo"]


def test_taking_out_somebody_unknown_says_so() -> None:
    with pytest.raises(KeyError, match="No subject 'x' is watched"):
        compile_watchlist([]).without_subject("x")


def test_a_term_that_cannot_be_watched_for_is_refused_and_changes_nothing() -> None:
    watchlist = compile_watchlist([person(0, "Ana Kovi")])
    with pytest.raises(InvalidTermError):
        watchlist.with_subject(WatchedSubject(id="y", names=("王",)))
    assert [one[0] for one in found_by(watchlist)] == ["0"]


@given(
    st.lists(st.sampled_from(NAMES), max_size=4),
    st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.sampled_from(NAMES)), max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_added_and_taken_out_the_finds_are_those_of_a_new_watch_list(
    names: list[str], changes: list[tuple[bool, int, str]]
) -> None:
    held = {str(number): person(number, name) for number, name in enumerate(names)}
    watchlist = compile_watchlist(list(held.values()))
    for is_added, number, name in changes:
        if is_added:
            held.pop(str(number), None)
            held[str(number)] = person(number, name)
            watchlist = watchlist.with_subject(person(number, name))
        elif str(number) in held:
            del held[str(number)]
            watchlist = watchlist.without_subject(str(number))
    anew = compile_watchlist(list(held.values()))
    assert found_by(watchlist) == found_by(watchlist.compacted()) == found_by(anew)
    assert list(watchlist.subjects) == list(watchlist.compacted().subjects) == list(held.values())


def test_nothing_of_a_subject_that_was_taken_out_is_left_once_compacted() -> None:
    index = WatchIndex.of([FULL, person(1, "Berta Salo")]).without_subject("full").compacted()
    (segment,) = index.segments
    assert segment.subject_count == 1
    blocks = [segment.ids.block, segment.term_texts.block, segment.text.skeletons.block]
    left = b"".join(block.tobytes() for block in blocks)
    assert b"ana" not in left.lower()
    assert "安".encode() not in left
    assert len(segment.numbers.tails.rows) == len(segment.numbers.terms) == 1


def test_a_watch_list_that_outgrows_its_screen_still_finds_everybody() -> None:
    watchlist = compile_watchlist([person(0, "Ana Kovi")])
    room = watchlist._index.catalogue.screen.has_room_for
    for number in range(room):
        name = f"Salo{chr(97 + number // 26)}{chr(97 + number % 26)} Berta Ann"
        watchlist = watchlist.with_subject(WatchedSubject(id=f"n{number}", names=(name,)))
        if watchlist._index.catalogue.screen.has_room_for > room:
            break
    assert watchlist._index.catalogue.screen.has_room_for > room
    assert "0" in [one[0] for one in found_by(watchlist)]
    assert "n3" in [one[0] for one in found_by(watchlist, "Saload Berta Ann")]


def test_thousands_of_namesakes_cost_one_check_where_the_name_does_not_stand() -> None:
    watchlist = compile_watchlist(
        [WatchedSubject(id=str(number), names=("Xu Kovimo",)) for number in range(3_000)]
    )
    begin = time.process_time()
    assert list(watchlist.find([Document(id="d", untrusted_text="Xu (Kovimo) " * 200)])) == []
    assert time.process_time() - begin < 5
