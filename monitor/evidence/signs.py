"""What a page that shows no mention says about itself: a wall, a refusal, or that the post is gone. Pure.

Signs count only on short pages: an article may speak of CAPTCHAs, and a thread of deleted posts.
"""

from __future__ import annotations

import re

from monitor.evidence.observation import Visit
from spiders.items import RefusalKind
from spiders.platforms.base import Page
from spiders.walls import wall_from_page

_MAX_SIGN_CHARS = 1_500

_GONE = re.compile(
    r"(?i)(?:thread|topic|post|page|discussion|content|message|article|tweet) (?:you (?:are looking for|requested) )?"
    r"(?:has been|was|is|have been|were) (?:deleted|removed|taken down|no longer available|not found)"
    r"|(?:thread|topic|post|page|content) (?:does not exist|doesn't exist|no longer exists|could not be found|not found|unavailable)"
    r"|no longer (?:exists|available)|page not found|nothing (?:was )?found here"
    r"|(?:帖子|主题|文章|页面|内容|话题|微博|视频|该贴|本帖|此帖)[^。\n]{0,12}(?:已被删除|已删除|被删除|不存在|已失效|不可见|已被屏蔽|已下架)"
    r"|(?:貼文|帖子|主題|文章|頁面|內容|話題)[^。\n]{0,12}(?:已被刪除|已刪除|被刪除|不存在|已失效|已下架)"
    r"|页面不存在|頁面不存在|找不到(?:该|您|此|這個|这个)?(?:页面|頁面|帖子|主题|主題)"
    r"|(?:topik|thread|postingan|halaman|konten|artikel|pesan) (?:ini |yang anda cari |tersebut )?(?:telah |sudah )?(?:dihapus|tidak ditemukan|tidak tersedia|tidak ada)"
    r"|(?:tema|hilo|mensaje|publicaci[oó]n|p[aá]gina|contenido|discusi[oó]n)[^.\n]{0,30}(?:ha sido (?:eliminad|borrad)|fue (?:eliminad|borrad)|no existe|ya no (?:existe|est[aá])|no (?:se ha )?encontrad)"
    r"|(?:p[aá]gina|t[oó]pico|publica[cç][aã]o|conte[uú]do|mensagem)[^.\n]{0,30}(?:foi (?:removid|exclu[ií]d|apagad)|n[aã]o (?:existe|encontrad))"
    r"|(?:ang |itong )?(?:thread|post|pahina|mensahe)[^.\n]{0,20}(?:ay )?(?:binura|tinanggal|nabura|hindi (?:na )?(?:makita|mahanap|umiiral))"
    r"|(?:पोस्ट|पृष्ठ|थ्रेड|संदेश|पेज|सामग्री)[^।\n]{0,20}(?:हटा (?:दिया|दी|दिए) (?:गया|गई|गए)|मौजूद नहीं|नहीं मिल|उपलब्ध नहीं)"
    r"|(?:chủ đề|bài viết|trang|nội dung|bình luận)[^.\n]{0,20}(?:đã bị (?:xóa|xoá|gỡ)|không tồn tại|không tìm thấy)"
    r"|スレッドは削除|(?:投稿|記事|ページ|スレッド)(?:は|が)[^。\n]{0,10}(?:削除|存在しません|見つかりません)"
    r"|(?:게시물|게시글|페이지|글)[^.\n]{0,12}(?:삭제되었|존재하지 않|찾을 수 없)"
    r"|(?:тема|сообщение|страница|запись)[^.\n]{0,12}(?:удален|удалён|не существует|не найден)"
)
_BLOCKED = re.compile(
    r"(?i)access (?:to this (?:page|site|resource) )?(?:has been |is |was )?(?:denied|blocked|forbidden)"
    r"|you (?:have been|are) (?:blocked|banned)|your (?:ip|ip address|request|access) (?:address )?(?:has been|is|was) (?:blocked|banned|denied)"
    r"|too many requests|error 1020|request (?:has been )?blocked|web application firewall|not available in your (?:country|region)"
    r"|您的(?:访问|请求|ip)[^。\n]{0,10}(?:被拒绝|被拦截|被封|受限|已被)|访问被(?:拒绝|拦截)|拒绝访问|您的(?:訪問|請求)[^。\n]{0,10}被|拒絕存取"
    r"|akses (?:ditolak|diblokir)|acceso (?:denegado|bloqueado)|acesso (?:negado|bloqueado)|truy cập bị (?:từ chối|chặn)|доступ (?:запрещен|запрещён|ограничен)"
)

Sign = tuple[RefusalKind, str]


def sign_from_visit(visit: Visit) -> Sign | None:
    """A CAPTCHA, a login wall, a refusal or a note that the post is gone, with a sentence; else None."""
    wall = wall_from_page(_page_from_visit(visit))
    if wall is not None:
        return wall
    text = f"{visit.untrusted_title}\n{visit.untrusted_text}"
    if visit.search.visible_chars > _MAX_SIGN_CHARS:
        return None
    if _GONE.search(text):
        return RefusalKind.GONE, "The page says that the post is not there any more."
    if _BLOCKED.search(text):
        return RefusalKind.FORBIDDEN, "The page says that it refuses this visitor."
    return None


def _page_from_visit(visit: Visit) -> Page:
    headers = {name.lower(): value for name, value in visit.headers}
    # The DOM is HTML whatever it was rendered from.
    headers["content-type"] = "text/html"
    return Page(
        url=visit.final_url,
        requested_url=visit.requested_url,
        source_url=visit.requested_url,
        status=visit.status,
        headers=headers,
        untrusted_body=visit.untrusted_dom,
        fetched_at=visit.ended_at,
    )
