"""Consent banners: what they speak of and which of their buttons may be pressed, in the product's languages. Presses nothing.

A button that refuses comes first, then one that closes, and consent only where there is nothing else. What is
an overlay, and what no button may do, is decided in banner_script.js.
"""

from __future__ import annotations

import functools
import re
import tomllib
from importlib import resources

# Scripts that do not part words: a phrase counts wherever it stands.
_UNPARTED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_LETTER = r"[\p{L}\p{M}\p{N}]"  # of JavaScript's regular expressions
# Where a well-known consent manager puts its banner, then the buttons that refuse and those that accept.
_MANAGERS = (
    ("#onetrust-banner-sdk", "#onetrust-reject-all-handler, .ot-pc-refuse-all-handler", "#onetrust-accept-btn-handler"),
    ("#CybotCookiebotDialog", "#CybotCookiebotDialogBodyButtonDecline, #CybotCookiebotDialogBodyLevelButtonLevelOptinDeclineAll",
     "#CybotCookiebotDialogBodyLevelButtonLevelOptinAllowAll, #CybotCookiebotDialogBodyButtonAccept"),
    ("#didomi-notice, #didomi-popup", "#didomi-notice-disagree-button, .didomi-continue-without-agreeing", "#didomi-notice-agree-button"),
    ("#qc-cmp2-ui", ".qc-cmp2-summary-buttons [mode=secondary]:not(#more-options-btn)", ".qc-cmp2-summary-buttons [mode=primary]"),
    ("#usercentrics-root, #uc-center-container, [data-testid=uc-default-wall]", "[data-testid=uc-deny-all-button]", "[data-testid=uc-accept-all-button]"),
    ("#truste-consent-track, #consent_blackbar", "#truste-consent-required", "#truste-consent-button"),
    (".fc-consent-root", ".fc-cta-do-not-consent", ".fc-cta-consent"),
    (".osano-cm-dialog", ".osano-cm-denyAll, .osano-cm-deny", ".osano-cm-accept-all, .osano-cm-accept"),
    (".cky-consent-container", ".cky-btn-reject", ".cky-btn-accept"),
    (".cmplz-cookiebanner", ".cmplz-deny", ".cmplz-accept"),
    (".klaro .cookie-notice, .klaro .cookie-modal", ".cn-decline, .cm-btn-decline", ".cm-btn-success"),
    ("#tarteaucitronRoot", "#tarteaucitronAllDenied2", "#tarteaucitronPersonalize2"),
    ("#cookie-notice", "#cn-refuse-cookie", "#cn-accept-cookie"),
    ("#cookie-law-info-bar", "#cookie_action_close_header_reject", "#cookie_action_close_header"),
    ("#cookiescript_injected", "#cookiescript_reject", "#cookiescript_accept"),
    ("#cc-main", ".cm__btn[data-role=necessary]", ".cm__btn[data-role=all]"),
    (".cc-window", ".cc-deny", ".cc-allow, .cc-dismiss"),
    (".termsfeed-com---nb", ".cc-nb-reject", ".cc-nb-okagree"),
    ("#BorlabsCookieBox", "[data-cookie-refuse]", "[data-cookie-accept-all], [data-cookie-accept]"),
    ("#iubenda-cs-banner", ".iubenda-cs-reject-btn", ".iubenda-cs-accept-btn"),
    ("#moove_gdpr_cookie_info_bar", ".moove-gdpr-infobar-reject-btn", ".moove-gdpr-infobar-allow-all"),
    ("#ccc", "#ccc-reject-settings, .ccc-reject-button", "#ccc-recommended-settings"),
    ("#shopify-pc__banner", "#shopify-pc__banner__btn-decline", "#shopify-pc__banner__btn-accept"),
    ("#ppms_cm_popup_overlay", "#ppms_cm_reject-all", "#ppms_cm_agree-to-all"),
)  # fmt: skip
# Marks of managers whose banner comes a moment after the page.
_HERALDS = (
    'iframe[name="__tcfapiLocator"], iframe[name="__gppLocator"], iframe[name="__uspapiLocator"], '
    + ", ".join(
        f'script[src*="{host}"]'
        for host in (
            "cookielaw.org", "onetrust.com", "cookiebot.com", "privacy-center.org", "quantcast.mgr.consensu.org", "cmp.inmobi.com",
            "usercentrics.eu", "trustarc.com", "fundingchoicesmessages.google.com", "osano.com", "cookieyes.com", "cookiehub.net",
            "iubenda.com", "consentmanager.net", "termly.io", "cookie-script.com",
        )
    )
)  # fmt: skip


@functools.cache
def search_terms() -> dict[str, object]:
    """As banner_script.js takes them: regular expressions of JavaScript (flags "iu"), and selectors."""
    text = resources.files("monitor.evidence").joinpath("data/consent_words.toml").read_text("utf-8")
    words = tomllib.loads(text)
    never = words.pop("never")["words"]
    terms: dict[str, object] = {
        kind: _pattern([phrase for language in words.values() for phrase in language[kind]])
        for kind in ("about", "refuse", "close", "accept")
    }
    return terms | {
        "never": _pattern(never),
        "managers": [list(manager) for manager in _MANAGERS],
        "heralds": _HERALDS,
    }


def _pattern(phrases: list[str]) -> str:
    """Any of the phrases, as whole words where their script parts words."""
    unparted = [_quoted(phrase) for phrase in phrases if _UNPARTED.search(phrase)]
    parted = [_quoted(phrase) for phrase in phrases if not _UNPARTED.search(phrase)]
    found = [f"(?<!{_LETTER})(?:{'|'.join(dict.fromkeys(parted))})(?!{_LETTER})"] if parted else []
    return "|".join([*found, *dict.fromkeys(unparted)])


def _quoted(phrase: str) -> str:
    """For JavaScript's "u" flag, which knows fewer escapes than Python writes. A space stands for any."""
    return re.sub(r"([\\^$.*+?()\[\]{}|/])", r"\\\1", phrase).replace(" ", r"\s+")
