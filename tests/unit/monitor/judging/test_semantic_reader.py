"""The shipped reader: it tells shaming from its look-alikes, in many languages, and says when it cannot be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.judging.errors import ReaderUnavailableError
from monitor.judging.packed_model import installed_model
from monitor.judging.semantic_reader import SemanticReader, semantic_reader


@pytest.fixture(scope="module")
def reader() -> SemanticReader:
    return semantic_reader()


@pytest.mark.parametrize(
    ("shaming", "benign"),
    [
        (
            "PERSON borrowed from six lenders and ran. Share this face everywhere until PERSON pays. PHONE",
            "PERSON here. The lenders shared my face everywhere and I do not know what to do, please help.",
        ),
        (
            "老赖PERSON，电话PHONE，借钱不还，大家转发让他全家丢脸",
            "律师PERSON提醒：遇到爆通讯录的催收，请保留证据并报警，咨询PHONE",
        ),
        (
            "SE BUSCA PERSON por ratero, debe en todas las tiendas, difundan PHONE",
            "Gracias a PERSON que me devolvió hasta el último peso. Recomendado, PHONE",
        ),
        (
            "PERSON tukang ngutang, kabur bawa duit arisan, tolong sebarkan biar malu PHONE",
            "Info lowongan kerja bagian penagihan, hubungi PERSON PHONE",
        ),
        (
            "Si PERSON hindi nagbabayad ng utang, makapal ang mukha, i-share nyo PHONE",
            "Salamat kay PERSON sa pagtulong sa mga biktima ng online lending",
        ),
    ],
)
def test_the_target_of_shaming_scores_above_who_is_only_named(
    reader: SemanticReader, shaming: str, benign: str
) -> None:
    assert reader.logit(shaming) > 0 > reader.logit(benign)


@pytest.mark.parametrize("text", ["", "\x00", "\ud800 lone", "a" * 50_000, "\u0301" * 3_000, "PERSON" * 999])
def test_any_string_is_read(reader: SemanticReader, text: str) -> None:
    assert -100 < reader.logit(text) < 100


def test_a_missing_model_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnavailableError, match="is missing"):
        SemanticReader(tmp_path / "model.bin")


def test_a_broken_tuning_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "reader.npz").write_bytes(b"PK no archive")
    with pytest.raises(ReaderUnavailableError, match="cannot be read"):
        SemanticReader(installed_model(), tmp_path / "reader.npz")


def test_the_tuning_is_small_and_holds_numbers_only() -> None:
    import numpy as np  # noqa: PLC0415

    path = Path(__file__).parents[4] / "monitor" / "judging" / "data" / "reader.npz"
    assert path.stat().st_size < 10_000_000
    with np.load(path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "fi" for name in arrays.files)
