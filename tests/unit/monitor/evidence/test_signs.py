from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.evidence.observation import TextSearch, Visit
from monitor.evidence.signs import sign_from_visit
from spiders.items import RefusalKind


def _visit(text: str, dom: str = "") -> Visit:
    now = datetime.now(UTC)
    visit = Visit(
        requested_url="https://forum.example/t/1",
        started_at=now,
        ended_at=now,
        final_url="https://forum.example/t/1",
    )
    visit.untrusted_text = text
    visit.untrusted_dom = dom or f"<html><body><p>{text}</p></body></html>"
    visit.search = TextSearch(visible_chars=len(text))
    return visit


@pytest.mark.parametrize(
    "text",
    [
        "This thread has been deleted by its author.",
        "The page you requested could not be found. Page not found",
        "抱歉,该帖子已被删除或不存在",
        "您访问的页面不存在",
        "抱歉,這篇貼文已被刪除",
        "Maaf, topik ini telah dihapus",
        "El mensaje ha sido eliminado por un moderador",
        "La página no existe",
        "Esta publicação foi removida",
        "Ang post na ito ay tinanggal na",
        "यह पोस्ट हटा दी गई है",
        "Bài viết này đã bị xóa",
        "このスレッドは削除されました",
        "삭제된 글: 게시물이 삭제되었습니다",
    ],
)  # fmt: skip
def test_a_note_that_the_post_is_gone_is_read_in_many_languages(text: str) -> None:
    sign = sign_from_visit(_visit(text))
    assert sign is not None
    assert sign[0] is RefusalKind.GONE


@pytest.mark.parametrize(
    "text",
    [
        "Access denied. You don't have permission to access this server.",
        "Sorry, you have been blocked",
        "您的访问请求已被拦截",
        "Akses diblokir",
        "Acceso denegado",
    ],
)
def test_a_refusal_with_status_200_is_read(text: str) -> None:
    sign = sign_from_visit(_visit(text))
    assert sign is not None
    assert sign[0] is RefusalKind.FORBIDDEN


@pytest.mark.parametrize(
    "text",
    [
        "He borrowed money and deleted his number. Does anybody know where he lives?",
        "她欠了三个月房租,把我的微信删除了",
        "I was blocked by him on every app after the loan.",
        "La deuda no existe, dice la empresa",
    ],
)
def test_ordinary_posts_that_speak_of_deleting_are_no_sign(text: str) -> None:
    assert sign_from_visit(_visit(text)) is None


def test_a_long_page_that_mentions_a_deleted_post_is_no_sign() -> None:
    assert (
        sign_from_visit(_visit("This post has been deleted. " + "Ordinary words follow here. " * 100)) is None
    )
