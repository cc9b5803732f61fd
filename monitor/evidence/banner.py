"""Consent banners: what they are called and which of their buttons is pressed, in the product's languages. Presses nothing.

A refusal is preferred to a consent, and "necessary only" to both being left open. Links that lead away and
buttons outside of an overlay are never candidates: see page_script.js.
"""

from __future__ import annotations

# What an overlay must speak of.
ABOUT = (
    r"cookie|gdpr|dsgvo|lgpd|consent|privacy|datenschutz|隐私|隱私|个人信息|個人資料|プライバシー|privasi|kuki|pagkapribado|"
    r"riêng tư|ความเป็นส่วนตัว|คุกกี้|faragha|privacidad|privacidade|confidentialité|خصوصية|الارتباط|gizlilik|çerez|конфиденциальн|"
    r"куки|गोपनीयता|कुकी|কুকি|গোপনীয়তা|کوکی|رازداری|குக்கீ|தனியுரிமை|కుకీ|గోప్యత"
)
REFUSE = (
    r"reject|refuse|decline|deny|disagree|do not consent|don'?t accept|only necessary|necessary only|essential only|only essential|"
    r"strictly necessary|拒绝|拒絕|不同意|仅必要|僅必要|只接受必要|tolak|hanya yang (?:penting|perlu)|tanggihan|huwag tanggapin|"
    r"từ chối|chỉ (?:cần thiết|bắt buộc)|ปฏิเสธ|kataa|rechazar|solo (?:las )?necesarias|recusar|rejeitar|apenas (?:os )?necessários|"
    r"refuser|continuer sans accepter|رفض|reddet|yalnızca gerekli|отклонить|отказаться|только необходимые|अस्वीकार|केवल आवश्यक|"
    r"প্রত্যাখ্যান|مسترد|நிராகரி|తిరస్కరించు"
)
CLOSE = r"^(?:×|✕|✖|x|close|dismiss|关闭|關閉|tutup|isara|đóng|ปิด|funga|cerrar|fechar|fermer|إغلاق|kapat|закрыть|बंद करें|বন্ধ|بند کریں|மூடு|మూసివేయి)$"
ACCEPT = (
    r"accept|agree|allow|got it|ok(?:ay)?$|i understand|同意|接受|知道了|我知道|setuju|terima|mengerti|sumang-ayon|tanggapin|đồng ý|chấp nhận|"
    r"ยอมรับ|ตกลง|kubali|aceptar|acepto|entendido|aceitar|concordo|entendi|accepter|j'accepte|موافق|قبول|kabul|принять|согласен|स्वीकार|"
    r"सहमत|স্বীকার|সম্মত|قبول کریں|ஏற்கிறேன்|అంగీకరి"
)
# Refusing buttons of well-known consent managers, then their accepting ones.
KNOWN = (
    "#onetrust-reject-all-handler", "#CybotCookiebotDialogBodyButtonDecline", "#didomi-notice-disagree-button",
    ".qc-cmp2-summary-buttons [mode=secondary]", ".cmplz-deny", "#tarteaucitronAllDenied2", ".cky-btn-reject",
    ".fc-cta-do-not-consent", ".osano-cm-denyAll", "#truste-consent-required", ".iubenda-cs-reject-btn", ".cc-deny",
    "#onetrust-accept-btn-handler", "#CybotCookiebotDialogBodyLevelButtonLevelOptinAllowAll", "#didomi-notice-agree-button",
    ".cmplz-accept", ".cky-btn-accept", ".fc-cta-consent", ".osano-cm-accept-all", ".iubenda-cs-accept-btn", ".cc-allow",
    ".cc-dismiss",
)  # fmt: skip


def search_terms() -> dict[str, object]:
    """As page_script.js takes them."""
    return {"about": ABOUT, "refuse": REFUSE, "close": CLOSE, "accept": ACCEPT, "known": list(KNOWN)}
