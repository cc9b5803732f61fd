"""A wall is told from an ordinary page that has a log-in box or a CAPTCHA below its reply form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from spiders.items import RefusalKind
from spiders.platforms.base import Page
from spiders.walls import wall_from_page

URL = "https://forum.test/thread/1"


def page(body, *, url=URL, status=200, headers=None):
    return Page(
        url=url,
        requested_url=URL,
        source_url=URL,
        status=status,
        headers={"content-type": "text/html; charset=utf-8", **(headers or {})},
        untrusted_body=f"<html>{body}</html>",
        fetched_at=datetime(2026, 11, 25, tzinfo=UTC),
    )


LOGIN_BOX = (
    '<form action="/login"><input name="user"><input type="password" name="pw"><button>Log in</button></form>'
)
POSTS = "".join(
    f'<article id="p{n}"><b>Member {n}</b><p>{"Some ordinary words about the weather and the price of rice. " * 4}</p></article>'
    for n in range(6)
)

CHALLENGES = {
    "cloudflare": "<head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and cookies to continue</noscript>"
    '<script>window._cf_chl_opt = {cvId: "3"};</script><script src="/cdn-cgi/challenge-platform/h/g/orchestrate/chl_page/v1"></script></body>',
    "turnstile": '<head><title>forum.test</title></head><body><h1>Verify you are human</h1><div class="cf-turnstile"></div>'
    '<script src="https://challenges.cloudflare.com/turnstile/v0/api.js"></script></body>',
    "recaptcha": '<body><form action="/sorry"><div class="g-recaptcha" data-sitekey="k"></div></form>'
    "<p>Our systems have detected unusual traffic from your network.</p></body>",
    "hcaptcha": '<body><p>Please prove you are human.</p><div class="h-captcha"></div><script src="https://js.hcaptcha.com/1/api.js"></script></body>',
    "imperva": '<body><iframe src="/_Incapsula_Resource?SWUDNSAI=31"></iframe></body>',
    "datadome": '<body><script src="https://geo.captcha-delivery.com/captcha.js"></script>Please enable JS and disable any ad blocker</body>',
    "ddos-guard": "<head><title>DDoS-Guard</title></head><body>Checking your browser before accessing"
    '<script src="/.well-known/ddos-guard/js-challenge/index.js"></script></body>',
    "anubis": '<head><title>Making sure you are not a bot!</title></head><body><script id="anubis_version" '
    'src="/.within.website/x/cmd/anubis/static/js/main.mjs"></script>Loading...</body>',
    "chinese": "<head><title>安全验证</title></head><body><p>访问过于频繁，请完成验证后继续</p></body>",
    "geetest": '<body><p>人机验证</p><script src="https://static.geetest.com/static/js/gt.js"></script></body>',
}

LOGIN_WALLS = {
    "discuz": '<head><title>提示信息</title></head><body><div id="messagetext">抱歉，您尚未登录，没有权限访问该版块</div>'
    + LOGIN_BOX
    + "</body>",
    "phpbb": "<body><h2>The board requires you to be registered and logged in to view this forum.</h2>"
    + LOGIN_BOX
    + "</body>",
    "plain": "<head><title>Log in</title></head><body>"
    + LOGIN_BOX
    + '<a href="/register">Register</a></body>',
    "traditional": "<body><p>請先登入後再瀏覽</p>" + LOGIN_BOX + "</body>",
    "indonesian": "<body><p>Silakan masuk untuk melihat topik ini.</p>" + LOGIN_BOX + "</body>",
    "tagalog": "<body><p>Kailangan mong mag-log in para makita ito.</p>" + LOGIN_BOX + "</body>",
    "spanish": "<body><p>Debes iniciar sesión para ver este tema.</p>" + LOGIN_BOX + "</body>",
    "japanese": "<body><p>このページを見るにはログインが必要です。</p>" + LOGIN_BOX + "</body>",
}

ORDINARY = {
    "login box in the header": "<body><header>" + LOGIN_BOX + "</header>" + POSTS + "</body>",
    "recaptcha below the reply form": "<body>"
    + POSTS
    + '<form><textarea name="message"></textarea><div class="g-recaptcha"></div>'
    '<script src="https://www.google.com/recaptcha/api.js"></script></form></body>',
    "short thread with a turnstile reply form": "<body><p>One short post.</p><form><textarea name='message'></textarea>"
    '<div class="cf-turnstile"></div><script src="https://challenges.cloudflare.com/turnstile/v0/api.js"></script></form></body>',
    "cloudflare beacon": "<body>"
    + POSTS
    + '<script>a.src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"</script></body>',
    "posts that speak of log-ins": "<body>"
    + POSTS
    + "<p>You must be logged in to reply. Please log in to view attachments.</p>"
    + LOGIN_BOX
    + "</body>",
    "posts that speak of robots": "<body>"
    + POSTS
    + "<p>Just a moment... are you a robot? 人机验证</p></body>",
    "short thread": "<body><a href='/login'>Log in</a><p>He owes me 300 and does not answer the phone.</p></body>",
    "short thread with a header log-in": "<body><header>"
    + LOGIN_BOX
    + "</header><nav>"
    + "".join(f'<a href="/f{n}">Board {n}</a> ' for n in range(45))
    + "</nav><p>He owes me 300.</p></body>",
    "short Chinese thread with a prompt to reply": "<body>"
    + LOGIN_BOX
    + "<div>楼主 发表于 昨天</div><div>欠钱的人不接电话</div>"
    '<form id="reply"><textarea name="message"></textarea>您需要登录后才可以回帖 登录 | 注册</form></body>',
    "short Chinese thread with a prompt and no form": "<body>"
    + LOGIN_BOX
    + "<div>楼主 发表于 昨天</div><div>欠钱的人不接电话</div>"
    "<p>您需要登录后才可以回帖</p><p>登录后才可以评论</p></body>",
    "a message of the site below a header log-in": "<head><title>Board</title></head><body>"
    + LOGIN_BOX
    + "<nav>"
    + "".join(f'<a href="/f{n}">Board {n}</a> ' for n in range(12))
    + "</nav><p>This feature is switched off.</p></body>",
    "empty": "<body></body>",
}


@pytest.mark.parametrize("name", CHALLENGES)
@pytest.mark.parametrize("status", [200, 403, 503])
def test_a_challenge_is_a_captcha(name, status):
    wall = wall_from_page(page(CHALLENGES[name], status=status))

    assert wall is not None
    assert wall[0] is RefusalKind.CAPTCHA
    assert wall[1].endswith(".")


@pytest.mark.parametrize("name", LOGIN_WALLS)
def test_a_page_for_members_is_a_login_wall(name):
    wall = wall_from_page(page(LOGIN_WALLS[name]))

    assert wall is not None
    assert wall[0] is RefusalKind.LOGIN_WALL


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_page_is_no_wall(name):
    assert wall_from_page(page(ORDINARY[name])) is None


def test_a_redirect_to_a_login_form_is_a_login_wall():
    long_footer = "<p>" + "All about this site and its rules. " * 60 + "</p>"

    wall = wall_from_page(
        page("<body>" + LOGIN_BOX + long_footer + "</body>", url="https://forum.test/login?next=/thread/1")
    )

    assert wall is not None
    assert wall[0] is RefusalKind.LOGIN_WALL


def test_the_header_of_cloudflare_is_enough():
    wall = wall_from_page(page("<body>anything</body>", status=403, headers={"cf-mitigated": "challenge"}))

    assert wall is not None
    assert wall[0] is RefusalKind.CAPTCHA


def test_json_and_feeds_are_never_walls():
    body = '{"content": "Just a moment... window._cf_chl_opt g-recaptcha"}'

    assert wall_from_page(page(body, headers={"content-type": "application/json"})) is None


def test_a_hundred_thousand_nested_tags_are_no_trouble():
    assert wall_from_page(page("<div>" * 100_000 + "Some words.")) is None
