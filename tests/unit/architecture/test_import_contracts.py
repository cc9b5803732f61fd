"""The import contracts hold, and each of them fails where somebody breaks it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("spiders", "monitor", "storage")
BANNED = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    script = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", script, "--no-cache", "--config", "pyproject.toml"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    result = lint_imports(copy)
    assert result.returncode == 0, result.stdout
    assert " 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("spiders/items.py", "import monitor.errors", "The monitor may use spiders and storage"),
        ("storage/errors.py", "import spiders.items", "The monitor may use spiders and storage"),
        ("monitor/detection/model.py", "import monitor.stages.record_hits", "High rooms of the monitor"),
        (
            "monitor/stages/record_hits.py",
            "import monitor.stages.raise_alerts",
            "Stages do not know each other",
        ),
        ("monitor/detection/folding.py", "import scrapy", "Pure cores do no I/O"),
        ("monitor/alerts/policy.py", "import sqlmodel", "Pure cores do no I/O"),
        ("spiders/platforms/spirit.py", "import playwright", "Pure cores do no I/O"),
        ("monitor/alerts/policy.py", "import apprise", "Only the sender's child process speaks Apprise"),
        ("monitor/cli/app.py", "import playwright", "Only the evidence browser drives a browser"),
        ("monitor/stages/record_hits.py", "import sqlalchemy", "Only storage and what builds it"),
        ("monitor/evidence/verify/sealed.py", "import requests", "Verification runs with no database"),
        ("monitor/evidence/sums.py", "import storage.database", "Verification runs with no database"),
    ],
)
def test_a_planted_violation_is_caught(copy: Path, module: str, statement: str, contract: str) -> None:
    path = copy / module
    assert path.exists(), f"{module} has moved: plant the violation elsewhere"
    path.write_text(path.read_text("utf-8") + f"\n{statement}\n", "utf-8")
    result = lint_imports(copy)
    assert result.returncode != 0
    assert re.search(rf"{re.escape(contract)}.*BROKEN", result.stdout), result.stdout


def test_no_module_hides_behind_a_name_that_says_nothing() -> None:
    modules = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert modules
    assert not [path for path in modules if path.stem in BANNED]
