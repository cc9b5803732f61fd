"""Says how probably a passage shames the PERSON in it, by what it means rather than by its words alone.

A multilingual sentence encoder under one linear layer, tuned on the labelled cases of ``tests/corpus``
(``benchmarks/train_reader.py``). Runs on this machine; the text goes nowhere. It holds no lexicon and knows no
list of people: mentions reach it as placeholders.
"""

from __future__ import annotations

import threading
from functools import lru_cache
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
    """Immutable; may be shared between threads. See `semantic_reader`."""

    def __init__(
        self, encoder: Encoder, pieces: WordPieces, weights: Floats, bias: float, version: str
    ) -> None:
        self._encoder, self._pieces = encoder, pieces
        self._weights, self._bias = weights, bias
        self.version = version

    def logit(self, untrusted_passage: str) -> float:
        """The log-odds that the passage shames PERSON. Of long passages the first 222 pieces are read."""
        numbers = self._pieces.numbers(_PROMPT + untrusted_passage)[:_MOST_PIECES]
        return float(self._encoder.vector(numbers) @ self._weights) + self._bias


_LOADING = threading.Lock()


def semantic_reader() -> SemanticReader:
    """The reader of this process, loaded when first asked for (about half a second, 170 MB).

    Raises ReaderUnavailableError where the model or its tuning is missing or does not fit.
    """
    with _LOADING:
        return _loaded(installed_model(), _DATA)


@lru_cache(maxsize=1)
def _loaded(model_file: Path, data: Path) -> SemanticReader:
    model = PackedModel(model_file)
    try:
        with np.load(data, allow_pickle=False) as arrays:
            values = {name: arrays[name].astype(np.float32) for name in arrays.files}
    except (OSError, ValueError) as error:
        raise ReaderUnavailableError(why=f"{data.name} cannot be read ({error})") from None
    names = {name.rpartition("/")[0] for name in values if name.endswith("/left")}
    tuning = Tuning(
        shifts={name: (values[f"{name}/left"], values[f"{name}/right"]) for name in names},
        vectors={name: vector for name, vector in values.items() if "/" not in name and name[0] == "l"},
    )
    return SemanticReader(
        Encoder(model, tuning),
        WordPieces(model.vocabulary),
        values["head.weights"],
        float(values["head.bias"][0]),
        version=f"multilingual-e5-small, tuning {int(values['version'][0])}",
    )
