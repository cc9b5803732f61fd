"""Files that are not the model: one clear reason each."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.judging.errors import ReaderUnavailableError
from monitor.judging.packed_model import PackedModel, installed_model


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "cannot be read"), (b"E5S1", "cannot be read"), (b"GGUF" + bytes(200), "another format")],
)
def test_a_file_that_is_no_model_is_refused_with_a_reason(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(ReaderUnavailableError, match=why):
        PackedModel(path)


def test_a_missing_file_is_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnavailableError, match="cannot be read"):
        PackedModel(tmp_path / "none.bin")


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.judging.packed_model._PACKAGE", "no_such_package_anywhere")
    with pytest.raises(ReaderUnavailableError, match="not installed"):
        installed_model()


def test_the_table_of_words_is_read_row_by_row() -> None:
    import numpy as np  # noqa: PLC0415

    model = PackedModel(installed_model())
    rows = model.rows("emb.word", np.array([5, 7, 5]), model.shape.hidden)
    assert rows.shape == (3, model.shape.hidden)
    assert (rows[0] == rows[2]).all()
    assert not (rows[0] == rows[1]).all()
