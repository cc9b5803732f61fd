"""A saved watch list opens to its key alone, whole or not at all, and holds nobody who was erased."""

import os
import stat
from pathlib import Path

import pytest

from monitor.detection import saved_index
from monitor.detection.model import Associate, Document, WatchedSubject
from monitor.detection.saved_index import SavedIndexError
from monitor.detection.watchlist import Watchlist, compile_watchlist

KEY = bytes(range(32))
ANA = WatchedSubject(
    id="ana", names=("Ana Kovi",), phones=("+639175502816",), handles=("@ana.k",), emails=("ana@example.org",)
)
WEI = WatchedSubject(
    id="wei", names=("张伟", "An Đỗ"), ids=("11010519491231002X",), associates=(Associate(name="Berta Salo"),)
)
TEXT = "Ana Kovi 0917 550 2816 @ana.k 张伟 An Do 11010519491231002X Berta Salo, 4n4 K0vi 0917****816"


def found_by(watchlist: Watchlist) -> list[tuple[str, list[tuple[str, float]]]]:
    return [
        (one.subject.id, [(mention.text, mention.certainty) for mention in one.mentions])
        for one in watchlist.find([Document(id="d", untrusted_text=TEXT)])
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index"


def test_what_was_saved_finds_what_it_found_before_and_can_be_changed(path: Path) -> None:
    watchlist = compile_watchlist([ANA]).with_subject(WEI)
    watchlist.save(path, KEY)
    loaded = Watchlist.load(path, KEY)
    assert found_by(loaded) == found_by(watchlist) != []
    assert list(loaded.subjects) == [ANA, WEI]
    other = WatchedSubject(id="berta", names=("Berta Salo",))
    assert {one[0] for one in found_by(loaded.with_subject(other))} == {"ana", "wei", "berta"}
    assert {one[0] for one in found_by(loaded.without_subject("ana"))} == {"wei"}


def test_an_empty_watch_list_can_be_saved(path: Path) -> None:
    compile_watchlist([]).save(path, KEY)
    assert found_by(Watchlist.load(path, KEY)) == []


def test_only_the_owner_may_read_the_file_and_no_term_stands_in_it(path: Path) -> None:
    compile_watchlist([ANA, WEI]).save(path, KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = path.read_bytes()
    assert not any(word in written for word in (b"kovi", b"Kovi", b"9175502816", "张伟".encode(), b"salt"))


def test_a_subject_that_was_taken_out_is_not_even_in_the_decrypted_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[bytes] = []
    original = saved_index._chunked

    def spied(parts: object) -> object:
        for is_last, chunk in original(parts):  # type: ignore[arg-type]
            pieces.append(chunk)
            yield is_last, chunk

    monkeypatch.setattr(saved_index, "_chunked", spied)
    compile_watchlist([ANA, WEI]).without_subject("ana").save(path, KEY)
    plain = b"".join(pieces)
    assert "张伟".encode() in plain
    assert not any(word in plain for word in (b"kovi", b"Kovi", b"ana.k", b"anak", b"9175502816"))


def test_another_key_opens_nothing(path: Path) -> None:
    compile_watchlist([ANA]).save(path, KEY)
    with pytest.raises(SavedIndexError, match="the key is not the one that it was saved with"):
        Watchlist.load(path, bytes(32))


def test_a_key_of_another_length_is_refused_before_anything_is_written(path: Path) -> None:
    with pytest.raises(ValueError, match="has 32 bytes, not 16"):
        compile_watchlist([ANA]).save(path, bytes(16))
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("place", [12, 20, 60, -1])
def test_a_changed_byte_anywhere_is_noticed(path: Path, place: int) -> None:
    compile_watchlist([ANA]).save(path, KEY)
    written = bytearray(path.read_bytes())
    written[place] ^= 1
    path.write_bytes(written)
    with pytest.raises(SavedIndexError):
        Watchlist.load(path, KEY)


def test_chunks_that_were_cut_off_or_swapped_are_noticed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_index, "_CHUNK", 1_000)
    compile_watchlist([ANA]).save(path, KEY)
    written = path.read_bytes()
    start, size = saved_index._HEADER.size, 1_000 + saved_index._TAG
    first, second = written[start : start + size], written[start + size : start + 2 * size]
    for changed in (
        written[: start + size],
        written[: start + size] + written[start + 2 * size :],
        written[:start] + second + first + written[start + 2 * size :],
        written + b"x",
    ):
        path.write_bytes(changed)
        with pytest.raises(SavedIndexError):
            Watchlist.load(path, KEY)


@pytest.mark.parametrize(
    "written", [b"", b"SHWINDEX", b"not an index of any kind, but long enough to be one"]
)
def test_another_file_is_called_what_it_is(path: Path, written: bytes) -> None:
    path.write_bytes(written)
    with pytest.raises(SavedIndexError, match="it is no saved watch list"):
        Watchlist.load(path, KEY)


def test_a_file_of_a_later_version_is_not_guessed_at(path: Path) -> None:
    compile_watchlist([ANA]).save(path, KEY)
    written = bytearray(path.read_bytes())
    written[9] += 1
    path.write_bytes(written)
    with pytest.raises(SavedIndexError, match="it is of version 3, not 2"):
        Watchlist.load(path, KEY)


def test_a_save_that_fails_leaves_the_older_file_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_watchlist([ANA]).save(path, KEY)
    before = path.read_bytes()

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        compile_watchlist([WEI]).save(path, KEY)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
