"""How Chromium is started: its flags, its scrubbed environment, and under which user id; starts nothing itself.

The sandbox stays on. Chromium refuses to keep it as root, so as root the browser is started through a
small generated script that hands the profile folder to an unprivileged user id, takes that id and
becomes Chromium. Each browser gets an id of its own, so two of them cannot touch each other's files.
"""

from __future__ import annotations

import dataclasses
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from monitor.evidence.run_folder import RunFolder
from spiders.settings import USER_AGENT


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BrowserOptions:
    """How pages are shown, and on whose behalf. Recorded in every manifest."""

    user_agent: str = USER_AGENT
    locale: str = "en-US"
    timezone: str = "UTC"
    viewport_width: int = 1280
    viewport_height: int = 900
    is_sandboxed: bool = True
    captures_per_start: int = 100
    operator: str = ""
    operator_role: str = ""
    device: str = ""


# Playwright's own list (chromiumSwitches.ts) is repeated, because the last --disable-features wins.
_DISABLED_FEATURES = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch",
    "DialMediaRouteProvider", "Translate", "AutofillServerCommunication", "CertificateTransparencyComponentUpdater",
    "InterestFeedContentSuggestions", "SignedHTTPExchange", "WebBluetooth", "DirectSockets",
)  # fmt: skip
# Systemd's range for dynamic users: no distribution gives these to a person or a service (uids-gids(7)).
_FIRST_FREE_UID = 61184
_LAST_FREE_UID = 65519
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "FONTCONFIG_PATH", "FONTCONFIG_FILE")

_WRAPPER = """\
#!{python} -IS
import os, sys
uid, chromium, arguments = {uid}, {chromium!r}, sys.argv[1:]
profile = next((a.partition("=")[2] for a in arguments if a.startswith("--user-data-dir=")), "")
if not profile or not os.path.isdir(profile):
    sys.exit("no profile folder was given")
for folder, _, files in os.walk(profile):
    for name in (folder, *(os.path.join(folder, file) for file in files)):
        os.lchown(name, uid, uid)
os.setgroups([])
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
os.umask(0o077)
os.chdir("/")
os.environ["HOME"] = profile
os.execv(chromium, [chromium, *arguments])
"""


def flags() -> list[str]:
    """Chromium's switches beside Playwright's own."""
    return [
        # Loopback goes through the proxy like everything else.
        "--proxy-bypass-list=<-loopback>",
        # Tried: only this one keeps WebRTC from sending UDP past the proxy.
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        # No name is looked up by the browser itself: the proxy does that, once, and checks the answer.
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
        "--disable-quic",
        "--dns-prefetch-disable",
        "--no-pings",
        "--block-new-web-contents",
        "--deny-permission-prompts",
        "--disable-notifications",
        "--disable-client-side-phishing-detection",
        "--disable-domain-reliability",
        "--disable-logging",
        "--mute-audio",
        "--disable-features=" + ",".join(_DISABLED_FEATURES),
    ]


# Playwright turns these protections of Chromium off; a hostile page is a reason to have them.
DROPPED_DEFAULTS = ("--disable-popup-blocking", "--disable-ipc-flooding-protection")


def environment(scratch: Path) -> dict[str, str]:
    """What Chromium may see of our environment: no settings, no credential, no proxy; its temporary files in ``scratch``."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", **kept, "LANG": "C.UTF-8", "TMPDIR": str(scratch)}


def program_for(chromium: Path, folder: RunFolder, *, is_sandboxed: bool) -> Path:
    """What to start: Chromium itself, or as root the script in ``folder`` that gives up root first.

    The scratch folder is emptied, and as root it is handed to the new user id. Raises OSError.
    """
    shutil.rmtree(folder.scratch, ignore_errors=True)  # a Chromium that is just dying may still write there
    folder.scratch.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() != 0 or not is_sandboxed:
        return chromium
    uid = free_uid(running_uids())
    os.chown(folder.scratch, uid, uid)
    return write_wrapper(folder.path, chromium, uid)


def free_uid(used: frozenset[int]) -> int:
    """An unprivileged user id under which nothing runs."""
    while True:
        uid = _FIRST_FREE_UID + secrets.randbelow(_LAST_FREE_UID - _FIRST_FREE_UID + 1)
        if uid not in used:
            return uid


def running_uids() -> frozenset[int]:
    """The user ids of all processes that can be seen."""
    return frozenset(_owners(Path("/proc")))


def _owners(proc: Path) -> Iterator[int]:
    for folder in proc.iterdir() if proc.is_dir() else ():
        if folder.name.isdigit():
            try:
                yield folder.stat().st_uid
            except FileNotFoundError:
                continue  # ended meanwhile


def write_wrapper(folder: Path, chromium: Path, uid: int) -> Path:
    """The script that becomes Chromium under ``uid``. It keeps the file descriptors of Playwright's pipe."""
    path = folder / "chromium-unprivileged"
    path.write_text(_WRAPPER.format(python=sys.executable, uid=uid, chromium=str(chromium)), encoding="utf-8")
    path.chmod(0o700)
    return path


def is_reachable_by_others(path: Path) -> bool:
    """Whether an unprivileged user may run the program: every folder above it and the file itself."""
    real = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (real, *real.parents))
