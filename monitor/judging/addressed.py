"""Decides whether a post speaks to a machine that might judge it; such a post is judged by nobody but the scorer.

A language model reads what it judges and what it was told in one stream, and no wording of ours makes it deaf to
orders inside the post (Greshake et al. 2023, "Not what you've signed up for"). A post that gives such orders is
therefore never shown to it. Being wrong here costs a second opinion and nothing else.
"""

from __future__ import annotations

import re

from monitor.detection.folding import fold_term

_TEMPLATE = re.compile(
    r"<\|[^|\n]{1,40}\|>|\[/?inst\]|<</?sys>>|</?s>|<(?:start|end)_of_turn>|\b(?:system|assistant|developer|user)\s*:"
    r"|###\s*(?:system|instruction|response|human)|\{\s*\"?verdict|\"?verdict\"?\s*[:=]",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\b(?:ignor\w*|disregard|forget|forg[eé]t\w*|olvida\w*|abaikan|lupakan|huwag pansinin|kalimutan|bo qua|oublie\w*|esquec\w*"
    r"|игнориру\w*|забудь\w*|yok say|unut|puuza|sahau)\b[^.!?\n]{0,40}"
    r"\b(?:instruct\w*|instruc\w*|prompt\w*|previous|above|rules?|instruksi|perintah|anterior\w*|regras|reglas|huong dan"
    r"|consignes?|инструкц\w*|правила?|talimat\w*|maagizo|panuto)\b"
    r"|(?:忽略|无视|忘记|忘掉).{0,12}(?:指令|指示|提示|规则|要求|上文|以上|之前)"
    r"|(?:निर्देश|नियम).{0,20}(?:अनदेखा|भूल|नज़रअंदाज़)|(?:تجاهل|انس).{0,20}(?:التعليمات|الأوامر)"
    r"|\b(?:not[_ -]?shaming|classif\w+|label(?:l?ed)?|moderat\w+|llm|language model|ai model|chatgpt|gpt-?\d|llama|qwen|jailbreak)\b"
    r"|(?:语言模型|大模型|人工智能助手|判定为|标记为|分类为|输出json)",
    re.IGNORECASE | re.DOTALL,
)


def speaks_to_a_judge(untrusted_text: str) -> bool:
    """Whether the text holds marks of a chat template, or orders to whoever classifies it, in some languages."""
    return bool(
        _TEMPLATE.search(untrusted_text)
        or _ORDERS.search(untrusted_text)
        or _ORDERS.search(fold_term(untrusted_text))
    )
