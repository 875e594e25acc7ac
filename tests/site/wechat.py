"""WeChat's built-in browser, as a context: what it calls itself, and what it lacks.

There is no passkey, no Ed25519 in WebCrypto, no service worker (so nothing is installed or pushed), no other
window, and a download does nothing at all.
"""

from __future__ import annotations

from playwright.sync_api import BrowserContext

from tests.site.town import PHONE, Site

AGENT = (
    "Mozilla/5.0 (Linux; Android 12; M2012K11AC Build/SKQ1; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160 MMWEBSDK/20240301 MicroMessenger/8.0.48.2580 Language/zh_CN"
)
LACKS = """
    delete window.PublicKeyCredential;
    delete window.PushManager;
    delete window.Notification;
    for (const name of ["credentials", "serviceWorker", "clipboard", "share"]) {
        Object.defineProperty(Navigator.prototype, name, { get: () => undefined, configurable: true });
    }
    window.open = () => null;
    const known = window.SubtleCrypto?.prototype ?? {};
    const name = how => (typeof how === "string" ? how : how?.name ?? "").toLowerCase();
    for (const [deed, at] of [["generateKey", 0], ["importKey", 2], ["sign", 0], ["verify", 0]]) {
        const real = known[deed];
        known[deed] = async function (...given) {
            if (name(given[at]) === "ed25519") throw new DOMException("Unrecognized name.", "NotSupportedError");
            return await real.apply(this, given);
        };
    }
    // A page cannot save a file, and a link to another window leads nowhere.
    addEventListener("click", event => {
        const link = event.target instanceof Element ? event.target.closest("a[download], a[target=_blank]") : null;
        if (link !== null) event.preventDefault();
    });
"""


def wechat(site: Site, **more: object) -> BrowserContext:
    """A telephone on which a link was opened in WeChat, in Chinese."""
    context = site.context(PHONE, "zh-CN", user_agent=AGENT, is_mobile=True, has_touch=True, **more)
    context.add_init_script(LACKS)
    return context
