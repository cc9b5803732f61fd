"""Whether a page is a wall instead of content: a CAPTCHA, a bot check or a log-in form. Pure; never reads posts.

It must not fire on a forum page that has a log-in box in its header or a CAPTCHA below its reply form:
challenges are known by marks that only the challenge itself carries, log-in walls by having next to
nothing else to read.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from spiders.items import RefusalKind
from spiders.platforms.base import Page

Wall = tuple[RefusalKind, str]

_MAX_WALL_CHARS = 400_000
_MAX_CHALLENGE_TEXT = 1_500
_MAX_LOGIN_TEXT = 1_200
_MAX_LOGIN_LINKS = 40

# Written into interstitials only, whatever the page's language.
_CHALLENGE_MARKS = (
    ("/cdn-cgi/challenge-platform/h/", "Cloudflare"),
    ("window._cf_chl_opt", "Cloudflare"),
    ("cf-browser-verification", "Cloudflare"),
    ("cf_chl_prog", "Cloudflare"),
    ("_incapsula_resource", "Imperva"),
    ("geo.captcha-delivery.com", "DataDome"),
    ("px-captcha", "PerimeterX"),
    ("awswafintegration", "AWS WAF"),
    ("/.well-known/ddos-guard/", "DDoS-Guard"),
    ("sec-if-cpt-container", "Akamai"),
    ("techaro.lol/anubis", "Anubis"),
    ("/.within.website/x/cmd/anubis", "Anubis"),
)
# Also found below reply forms: a wall only where the page holds nothing else.
_WIDGET_MARKS = (
    ("challenges.cloudflare.com/turnstile", "Turnstile"),
    ("cf-turnstile", "Turnstile"),
    ("g-recaptcha", "reCAPTCHA"),
    ("google.com/recaptcha/", "reCAPTCHA"),
    ("recaptcha.net/recaptcha/", "reCAPTCHA"),
    ("h-captcha", "hCaptcha"),
    ("hcaptcha.com/1/api.js", "hCaptcha"),
    ("gt.js", "GeeTest"),
    ("captcha.qcloud.com", "Tencent CAPTCHA"),
    ("aliyuncaptcha", "Aliyun CAPTCHA"),
)
_CHALLENGE_WORDS = re.compile(
    r"(?i)just a moment|checking (?:if the site connection is secure|your browser)|verify(?:ing)? (?:that )?you are (?:a )?human"
    r"|are you a robot|unusual traffic|attention required|security check|prove you are human"
    r"|安全验证|人机验证|请完成验证|滑动验证|访问过于频繁|安全驗證|人機驗證|ロボットではありません"
    r"|verifikasi bahwa anda (?:adalah )?manusia|no soy un robot|verifica(?:r)? que (?:eres|usted es) humano"
)
_LOGIN_WORDS = re.compile(
    r"(?i)(?:log|sign)[ -]?in|you (?:must|need to) be (?:logged|registered)|members only|not authori[sz]ed to view"
    r"|登录|登入|登陆|请先登录|需要登录|会员专用|无权(?:浏览|访问)|没有权限"
    r"|masuk|silakan (?:masuk|login)|mag-?log ?in|iniciar sesi[oó]n|inicia sesi[oó]n|acceder|identificarse"
    r"|ログイン|로그인|đăng nhập|войти|вход|connexion|se connecter|anmelden"
)
# Log in to read, not to reply: "you must be logged in to reply" stands below every thread.
_MUST_LOGIN_WORDS = re.compile(
    r"(?i)(?:you (?:must|need to|have to) (?:be )?(?:logged|log|sign|register)[^.]{0,40}|(?:log|sign) ?in )to (?:view|continue|see|read|access|browse)"
    r"|only (?:registered|logged[ -]in) (?:users|members) (?:can|may) (?:view|see|read|access)"
    r"|board requires you to be registered|not logged in or (?:you )?do not have permission to access"
    r"|登[录陆]后?(?:才|再|即)?(?:可以?|能)?(?:查看|浏览|访问|阅读|继续)|尚未登录|没有权限(?:查看|浏览|访问|阅读)"
    r"|登入後?(?:才|再|即)?(?:可以?|能)?(?:查看|瀏覽|訪問|閱讀|繼續)|尚未登入|沒有權限(?:查看|瀏覽|訪問|閱讀)"
    r"|(?:silakan|anda harus) (?:masuk|login)[^.]{0,20}untuk (?:melihat|membaca|melanjutkan|mengakses)"
    r"|mag-?log ?in[^.]{0,20}para (?:makita|mabasa|magpatuloy)"
    r"|(?:inici(?:a|ar) sesi[oó]n|estar (?:registrado|identificado|conectado))[^.]{0,20}para (?:ver|leer|continuar|acceder)"
    r"|見るにはログイン|閲覧するにはログイン|보려면 로그인|로그인 후 (?:이용|열람)"
)
_LOGIN_PATH = re.compile(
    r"(?i)/(?:log-?in|sign-?in|auth/login|accounts/login|user/login|users/sign_in|wp-login\.php)(?:[/?.]|$)|[?&](?:action|mode|mod)=(?:login|logging)\b"
)


def wall_from_page(page: Page) -> Wall | None:
    """The wall that this page is, with a sentence for people, or None.

    For pages of any status: a 403 with a challenge is a CAPTCHA rather than forbidden.
    """
    body = page.untrusted_body[:_MAX_WALL_CHARS]
    if page.headers.get("cf-mitigated", "").lower() == "challenge":
        return RefusalKind.CAPTCHA, "The site asks visitors to pass a Cloudflare check."
    if page.content_type not in ("", "text/html", "application/xhtml+xml"):
        return None
    tree = LexborHTMLParser(body)
    return _challenge(body, tree) or _login_wall(page, tree)


def _challenge(body: str, tree: LexborHTMLParser) -> Wall | None:
    lowered = body.lower()
    vendor = _first_mark(lowered, _CHALLENGE_MARKS)
    widget = _first_mark(lowered, _WIDGET_MARKS)
    if vendor is None and widget is None and not _CHALLENGE_WORDS.search(body):
        return None
    text = _readable_text(tree)
    if len(text) > _MAX_CHALLENGE_TEXT:
        return None
    # Cloudflare puts its beacon into ordinary pages too, which may be short: words or a bare page decide.
    says_so = _CHALLENGE_WORDS.search(_title(tree) + " " + text) is not None
    if vendor is not None and (says_so or len(text) < 300):
        return RefusalKind.CAPTCHA, f"The site asks visitors to pass a check ({vendor})."
    if widget is not None and (says_so or (len(text) < 300 and not _has_message_box(tree))):
        return RefusalKind.CAPTCHA, f"The site asks visitors to solve a CAPTCHA ({widget})."
    if says_so and len(text) < 500 and len(tree.css("a[href]")) < 10:
        return RefusalKind.CAPTCHA, "The site asks visitors to prove that they are human."
    return None


def _login_wall(page: Page, tree: LexborHTMLParser) -> Wall | None:
    text = _readable_text(tree)
    has_password = tree.css_first("input[type=password]") is not None
    is_short = len(text) <= _MAX_LOGIN_TEXT
    if has_password and _LOGIN_PATH.search(page.url) and not _LOGIN_PATH.search(page.requested_url):
        return RefusalKind.LOGIN_WALL, "The page leads to a log-in form."
    if not is_short:
        return None
    if len(tree.css("a[href]")) >= _MAX_LOGIN_LINKS or _has_message_box(tree):
        return None
    if _MUST_LOGIN_WORDS.search(text) and (has_password or len(text) < 600):
        return RefusalKind.LOGIN_WALL, "The page can be read only by those who are logged in."
    if has_password and _is_login_page(tree, text):
        return RefusalKind.LOGIN_WALL, "The page is a log-in form."
    return None


def _is_login_page(tree: LexborHTMLParser, text: str) -> bool:
    """Whether the page is about logging in, or holds next to nothing beside the form with the password."""
    headings = " ".join([_title(tree), *(_collapsed(node) for node in tree.css("h1, h2, h3")[:5])])
    password = tree.css_first("input[type=password]")
    form = password.parent if password is not None else None
    while form is not None and form.tag != "form":
        form = form.parent
    beside = len(text) - (len(_collapsed(form)) if form is not None else 0)
    return beside < 400 and (_LOGIN_WORDS.search(headings) is not None or beside < 20)


def _has_message_box(tree: LexborHTMLParser) -> bool:
    """A reply form: the CAPTCHA belongs to it, and the page is an ordinary one."""
    return tree.css_first("textarea[name]:not([name*=captcha]):not([name*=recaptcha])") is not None


def _readable_text(tree: LexborHTMLParser) -> str:
    for node in tree.css("script, style, noscript, template, option"):
        node.decompose()
    return _collapsed(tree.body) if tree.body is not None else ""


def _title(tree: LexborHTMLParser) -> str:
    title = tree.css_first("title")
    return title.text() if title is not None else ""


def _collapsed(node: LexborNode) -> str:
    return " ".join(node.text(separator=" ").split())


def _first_mark(lowered: str, marks: tuple[tuple[str, str], ...]) -> str | None:
    return next((vendor for mark, vendor in marks if mark in lowered), None)
