"""The list of files says exactly what lies there, in the form that ``sha256sum -c`` reads."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.evidence import sums


def write(folder: Path, **files: bytes) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)


def test_sha256sum_accepts_the_list(tmp_path: Path) -> None:
    write(tmp_path, a=b"1", b=b"2")
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "论坛.pem").write_bytes(b"3")
    listed = sums.sums_of_folder(tmp_path)
    (tmp_path / sums.SUMS_NAME).write_text(sums.text_from_sums(listed))
    assert list(listed) == ["a", "b", "tls/论坛.pem"]
    checked = subprocess.run(["sha256sum", "--strict", "-c", sums.SUMS_NAME], cwd=tmp_path, check=False)
    assert checked.returncode == 0


def test_the_list_its_signature_and_its_stamps_are_not_in_it(tmp_path: Path) -> None:
    names = ("SHA256SUMS", "SHA256SUMS.p7s", "SHA256SUMS.tsa.example.tsr", "SHA256SUMS.txt")
    write(tmp_path, **dict.fromkeys(names, b"x"))
    assert list(sums.sums_of_folder(tmp_path)) == ["SHA256SUMS.txt"]


def test_a_link_in_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(sums.SumsError, match="link is a link"):
        sums.sums_of_folder(tmp_path)


def test_a_name_with_a_line_break_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a\nb").write_bytes(b"x")
    with pytest.raises(sums.SumsError, match="no name that every system reads alike"):
        sums.sums_of_folder(tmp_path)


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../b", "a\\b", "", "a//b", "./a", "a/", "a\x00"])
def test_unsafe_names_are_told(name: str) -> None:
    assert not sums.is_safe_name(name)


names = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\\/"), min_size=1).filter(
    lambda name: sums.is_safe_name(name) and sums.is_listed(name)
)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(st.dictionaries(names, digests, min_size=1))
def test_a_list_that_was_written_is_read_back(listed: dict[str, str]) -> None:
    assert sums.sums_from_text(sums.text_from_sums(listed)) == listed


LINE = f"{'0' * 64}  a\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (LINE.removesuffix("\n"), "cut off"),
        (LINE.replace("\n", "\r\n"), "Line 1"),
        (LINE + LINE, "a second time"),
        (LINE.replace("  ", " *"), "Line 1"),
        (LINE.upper(), "Line 1|cut off"),
        (LINE + "\n", "Line 2"),
        (LINE + f"{'1' * 64}  SHA256SUMS\n", "Line 2"),
        (LINE + f"{'1' * 64}  ../x\n", "Line 2"),
    ],
)
def test_a_list_that_was_never_written_so_is_refused(text: str, what: str) -> None:
    if text == LINE.upper():
        text = f"{'A' * 64}  a\n"
    with pytest.raises(sums.SumsError, match=what):
        sums.sums_from_text(text)


def test_a_stamp_is_named_after_its_authority() -> None:
    assert sums.stamp_name("tsa.example-8080") == "SHA256SUMS.tsa.example-8080.tsr"
    assert sums.tsa_from_stamp_name("SHA256SUMS.tsa.example-8080.tsr") == "tsa.example-8080"
    with pytest.raises(sums.SumsError):
        sums.stamp_name("../x")
