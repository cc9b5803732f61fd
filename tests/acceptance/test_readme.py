"""What the READMEs and the generated pages say is true of the program."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.practice import PracticeForum
from monitor.practice.mailbox import Mailbox
from tests.acceptance.conftest import Shamewatch

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")


def commands(readme: str) -> list[list[str]]:
    """The ``shamewatch …`` lines of the usage block, without their comments."""
    text = (ROOT / readme).read_text("utf-8")
    lines = re.findall(r"^shamewatch .*$", text, re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in lines]


@pytest.mark.parametrize("readme", READMES)
def test_the_first_screen_begins_with_the_two_commands(readme: str) -> None:
    head = "\n".join((ROOT / readme).read_text("utf-8").splitlines()[:12])
    assert "make demo" in head
    assert "make test" in head


@pytest.mark.parametrize("readme", READMES)
def test_the_targets_that_it_names_exist(readme: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make (\S+)", (ROOT / readme).read_text("utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("readme", [READMES[0], pytest.param(READMES[1], marks=pytest.mark.slow)])
def test_its_commands_run_in_the_order_they_stand_in(
    readme: str, shamewatch: Shamewatch, mailbox: Mailbox
) -> None:
    """With the practice forum in the place of the forum, and ids that were printed in the place of SUBJECT and HIT."""
    (shamewatch.folder / "sms.xml").write_text('<?xml version="1.0"?><smses/>')
    with PracticeForum() as forum:
        installation = shamewatch.with_settings(allowed_networks=forum.network, smtp_url=mailbox.smtp_url)
        subject = item = ""
        wanted = commands(readme)
        assert len(wanted) >= 10
        for words in wanted:
            filled = [
                {"SUBJECT": subject, "HIT": item}.get(word, forum.url if "forum.example" in word else word)
                for word in words
                if word not in ("call.mp3", "通话.mp3")
            ]
            filled = ["sms.xml" if word == "短信.xml" else word for word in filled]
            done = installation.run(*filled)
            # The doctor may find this machine wanting, and no authority stamps here; both must still run.
            is_well = (
                done.returncode == 0
                or words[0] == "doctor"
                or (words[1:2] == ["verify"] and done.returncode == 11)
            )
            assert is_well, f"{words}\n{done.stdout}\n{done.stderr}"
            assert "Traceback" not in done.stderr
            if words[:2] == ["subjects", "add"]:
                subject = done.stdout.strip()
            if words[:2] == ["evidence", "import"]:
                item = re.findall(r"e-[2-9a-z]{12}", done.stdout)[0]
        assert subject


@pytest.mark.parametrize("readme", READMES)
def test_its_links_lead_to_files(readme: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / readme).read_text("utf-8")):
        assert (ROOT / target).exists(), target


def test_links_between_the_documents_lead_to_files() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_generated_pages_have_not_drifted() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_list_of_commands_says_what_each_command_says_of_itself(shamewatch: Shamewatch) -> None:
    listed = dict(
        re.findall(r"^  (\w+)\s{2,}(.+)$", shamewatch.ok("--help").partition("Commands")[2], re.MULTILINE)
    )
    assert len(listed) >= 14
    for name, line in listed.items():
        said = " ".join(shamewatch.ok(name, "--help").split())
        assert line.split(".")[0].split(",")[0].split(":")[0][:20] in said, name
