"""A person's own material by nothing but the command: what is kept, what is told, and what a stranger can check."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.acceptance.conftest import Shamewatch
from tests.tsa.local_tsa import LocalTsa, serving_tsa

MATERIAL = Path(__file__).parents[1] / "integration" / "evidence" / "material"


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalTsa]:
    with serving_tsa(tmp_path_factory.mktemp("tsa")) as served:
        yield served


@pytest.fixture
def installation(shamewatch: Shamewatch, tsa: LocalTsa) -> Shamewatch:
    ready = shamewatch.with_settings(tsa_urls=tsa.url, tsa_roots=str(tsa.root))
    ready.ok("init")
    return ready


def person(installation: Shamewatch) -> str:
    return installation.ok("subjects", "add", "Case 7", "--declare", "self", "--declared-by", "7", "--region", "PH")  # fmt: skip


def test_one_bad_file_does_not_stop_the_others(installation: Shamewatch, tmp_path: Path) -> None:
    subject = person(installation)
    sms, empty, odd = tmp_path / "sms.csv", tmp_path / "empty.mp3", tmp_path / "x\x1b[31m.txt"
    sms.write_text("date,number,text\n2031-03-01,+630000,Pay now\n")
    empty.touch()
    odd.write_bytes("还钱".encode("gb18030"))
    files = (sms, empty, tmp_path / "gone.m4a", MATERIAL / "call.m4a", sms, odd)
    done = installation.run(
        "evidence", "import", *files, "--subject", subject, "--note", "From my phone", "--json"
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one.get("media_type") for one in told] == ["text/csv", None, None, "audio/mp4", "", "text/plain"]
    assert [one.get("is_new") for one in told] == [True, None, None, True, False, True]
    assert told[4]["id"] == told[0]["id"]
    assert "is empty" in told[1]["failure"]
    assert "\x1b" not in done.stdout + done.stderr
    events = installation.lines("evidence", "timeline", "--subject", subject)
    assert [(one["event"], one["page"], one["note"]) for one in events] == [
        ("imported", name, "From my phone") for name in ("sms.csv", "call.m4a", odd.name)
    ]
    again = installation.run("evidence", "import", sms, "--subject", subject)
    assert again.returncode == 0
    assert f"is kept for this person already, as {told[0]['id']}." in again.stderr


def test_a_person_or_hit_that_is_not_there_stops_it_at_once(installation: Shamewatch, tmp_path: Path) -> None:
    path = tmp_path / "sms.txt"
    path.write_text("Pay now")
    for who in (("s-222222222222",), (person(installation), "--about", "h-222222222222")):
        code, said = installation.refused("evidence", "import", path, "--subject", *who)
        assert (code, who[-1] in said) == (3, True)


@pytest.mark.slow
def test_bad_input_gets_one_sentence_and_keeps_nothing(installation: Shamewatch, tmp_path: Path) -> None:
    subject = person(installation)
    for words, code, what in (
        (("import", tmp_path, "--subject", subject), 1, "is a folder"),
        (("compare", "e-222222222222", "e-333333333333"), 3, "e-222222222222"),
        (("timeline",), 2, "--subject ID or --hit ID"),
        (("timeline", "--subject", "s-222222222222"), 3, "s-222222222222"),
    ):
        refused = installation.refused("evidence", *words)
        assert refused[0] == code, refused
        assert what in refused[1]
    assert installation.ok("evidence", "timeline", "--subject", subject) == "No evidence yet."


@pytest.mark.slow
def test_material_goes_into_a_pack_that_a_stranger_checks(
    installation: Shamewatch, tsa: LocalTsa, tmp_path: Path
) -> None:
    photo = tmp_path / "截图.png"
    Image.new("RGB", (900, 600), "white").save(photo)
    raw = tmp_path / os.fsdecode(b"\xff\xfe.bin")
    raw.write_bytes(b"\0\1\2\xff" * 500)
    files = (photo, raw, MATERIAL / "call.amr", MATERIAL / "photo.heic")
    made = installation.lines("evidence", "import", *files, "--subject", person(installation))
    pack, into = tmp_path / "pack.zip", tmp_path / "unpacked"
    installation.ok("evidence", "pack", *(one["id"] for one in made), "--out", pack)
    stranger = Shamewatch(tmp_path / "stranger").with_settings(tsa_roots=str(tsa.root))
    stranger.folder.mkdir()
    stranger.ok("evidence", "verify", pack)
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(into)
    (top,) = into.iterdir()
    folders = [top / f"imported-{one['id']}" for one in made]
    for path, folder in zip(files, folders, strict=True):
        (original,) = (folder / "original").iterdir()
        assert original.read_bytes() == path.read_bytes()
        subprocess.run(
            ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, check=True
        )
    assert (folders[0] / "thumbnail.png").exists()
