"""The only place where adapters are built: settings in, a working monitor out. Holds no rule of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from monitor.alerts.channels import ChannelSettings
from monitor.alerts.message import DeliveryOutcome, OutgoingMessage
from monitor.alerts.sender import send
from monitor.config import Settings
from monitor.detection.detect import Detector
from monitor.errors import AlreadyRunningError, FolderNotWritableError
from monitor.evidence.browser import Browser
from monitor.evidence.capture import open_browser
from monitor.evidence.run_folder import sweep_leftovers
from monitor.evidence.seal import Sealing, Stamper
from monitor.evidence.signing import SigningKeys
from monitor.evidence.tsa import trust_from_settings, tsas_from_settings
from monitor.evidence.tsa_client import ask_tsa
from monitor.judging.errors import JudgeAddressError, ReaderUnavailableError
from monitor.judging.judge import Judge, JudgeSettings
from monitor.judging.panel import Bounds, Panel
from monitor.judging.semantic_reader import SemanticReader, semantic_reader
from monitor.scratch import Scratch
from monitor.stages.preserve_evidence import CaptureMeans
from spiders.crawl import CrawlJob, CrawlLimits
from storage import Keyring, Storage
from storage.errors import NotInitialisedError, StorageError
from storage.vault.blobs import Blobs
from storage.vault.quota import bytes_from_text
from storage.vault.s3 import S3Blobs
from storage.vault.s3_place import s3_place_from_url


def key_file(settings: Settings) -> Path:
    """Where the instance key lies: never beside the data."""
    default = Path(platformdirs.user_config_dir("shamewatch", appauthor=False)) / "instance.key"
    return settings.key_file or default


def database_url(settings: Settings) -> str | None:
    """The server's address with its password; None for SQLite in the data folder."""
    return settings.database_url.get_secret_value() if settings.database_url else None


def blobs_from_settings(settings: Settings) -> Blobs | None:
    """The object store where evidence files lie; None: in the data folder. Raises BadValueError."""
    if not settings.vault_url:
        return None
    place = s3_place_from_url(settings.vault_url)
    key_id, secret = settings.vault_key_id.get_secret_value(), settings.vault_secret.get_secret_value()
    return S3Blobs(place, key_id, secret)


def quota_bytes(settings: Settings) -> int | None:
    """What evidence files may take up; None: as much as there is room. Raises BadValueError."""
    return bytes_from_text(settings.vault_quota) if settings.vault_quota else None


def signing_keys(settings: Settings) -> SigningKeys:
    """The keys that evidence is signed with, beside the instance key: they need no database."""
    return SigningKeys(settings.signing_keys or key_file(settings).parent / "signing")


def stamper_from_settings(settings: Settings) -> Stamper:
    """Asks the authorities of the settings. Raises BadInputError where they cannot be used."""
    return Stamper(tsas_from_settings(settings), trust_from_settings(settings), ask_tsa)


def sealing_from_settings(settings: Settings) -> Sealing:
    """What evidence is sealed with; makes the key at the first call. Raises BadInputError, SigningKeyError, StorageError."""
    return Sealing(signing_keys(settings).signer(), stamper_from_settings(settings))


def crawl_template(settings: Settings) -> CrawlJob:
    """A crawl without sources: limits and exceptions as the operator set them."""
    limits = CrawlLimits(
        max_pages_per_source=settings.max_pages_per_source,
        max_response_bytes=settings.max_response_bytes,
        page_timeout_s=settings.page_timeout_s,
    )
    return CrawlJob(sources=(), limits=limits, allowed_networks=settings.allowed_networks)


def panel_from_settings(detector: Detector, settings: Settings) -> Panel:
    """The detector with the second readers that the operator has. Raises JudgeAddressError."""
    reader: SemanticReader | None = None
    if settings.semantic_reader:
        with contextlib.suppress(ReaderUnavailableError):  # `doctor` says so
            reader = semantic_reader()
    judge = judge_settings(settings)
    return Panel(
        detector,
        reader=reader,
        judge=Judge(judge) if judge else None,
        judged=Bounds(settings.judge_from, settings.judge_to),
    )


def judge_settings(settings: Settings) -> JudgeSettings | None:
    """The operator's own judge, None where there is none. Raises JudgeAddressError."""
    if settings.judge_url is None:
        return None
    if not settings.judge_model:
        raise JudgeAddressError(why="set SHAMEWATCH_JUDGE_MODEL to the name of its model")
    return JudgeSettings(
        url=settings.judge_url,
        model=settings.judge_model,
        key=settings.judge_key.get_secret_value() if settings.judge_key else "",
        public_allowed=settings.judge_public,
        timeout_s=settings.judge_timeout_s,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Monitor:
    """An opened monitor. Closing the storage is the caller's affair (``monitor_from_settings`` does it)."""

    settings: Settings
    storage: Storage

    def crawl_template(self) -> CrawlJob:
        return crawl_template(self.settings)

    def panel(self, detector: Detector) -> Panel:
        return panel_from_settings(detector, self.settings)

    def open_browser(self) -> Browser:
        """A warm browser behind the gate, as a context manager. Raises BrowserMissingError, BrowserStartError."""
        return open_browser(self.settings, self._browser_folder)

    def send(self, message: OutgoingMessage, channel: ChannelSettings) -> DeliveryOutcome:
        return send(message, channel, self.settings)

    def capture_means(self) -> CaptureMeans:
        """Browser, signing key, scratch folder and time limit for captures."""
        return CaptureMeans(
            self.open_browser, self.open_sealing, self.scratch, self.settings.capture_timeout_s
        )

    def stamper(self) -> Stamper:
        """Asks the timestamping authorities of the settings. Raises BadInputError."""
        return stamper_from_settings(self.settings)

    def open_sealing(self) -> Sealing:
        """What evidence is sealed with. Raises BadInputError, SigningKeyError, StorageError."""
        return sealing_from_settings(self.settings)

    def sweep(self) -> None:
        """Remove what killed processes left in the clear, and vault files that nothing names."""
        self.scratch.sweep()
        sweep_leftovers(self._browser_folder)
        self.storage.tidy_vault()

    @property
    def _browser_folder(self) -> Path:
        """Profiles of browsers lie here, or in the system's temporary folder where another user id has to reach them."""
        return self.settings.home / "browser"

    @property
    def scratch(self) -> Scratch:
        """Where captures lie before they are sealed away."""
        return Scratch(self.settings.home / "scratch")


@dataclasses.dataclass(frozen=True, slots=True)
class Initialised:
    """What ``initialise`` made. ``recovery_code`` is empty where the key was there already."""

    recovery_code: str
    is_new: bool


def initialise(settings: Settings) -> Initialised:
    """Make keys, database and folders, as far as they are not there. Raises StorageError."""
    path, url = key_file(settings), database_url(settings)
    # Settings that cannot be used are told before a key is made, whose recovery code is shown once.
    blobs, quota = blobs_from_settings(settings), quota_bytes(settings)
    recovery_code = ""
    is_new = not Storage.has_data(home=settings.home, database_url=url)
    if path.exists():
        keyring = Keyring.open(path, away_from=[settings.home])
    else:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        keyring = Storage.create_keyring(path, home=settings.home, database_url=url)
        recovery_code = keyring.recovery_code
    Storage.initialise(
        home=settings.home, keyring=keyring, database_url=url, blobs=blobs, quota_bytes=quota
    ).close()
    return Initialised(recovery_code, is_new)


def recover_key(settings: Settings, recovery_code: str) -> None:
    """Write the key file again from the code that ``init`` printed, and prove that it opens the data.

    Raises StorageError, and leaves no key file behind that does not.
    """
    path = key_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    keyring = Keyring.restore(path, recovery_code, away_from=[settings.home])
    try:
        _open_storage(settings, keyring).close()
    except StorageError:
        path.unlink()
        raise


def is_initialised(settings: Settings) -> bool:
    """Whether ``init`` has been run for this home and key."""
    return key_file(settings).exists() and Storage.has_data(
        home=settings.home, database_url=database_url(settings)
    )


@contextmanager
def monitor_from_settings(settings: Settings) -> Iterator[Monitor]:
    """Open what was initialised, and close it. Raises StorageError where it was not, or cannot be read."""
    url = database_url(settings)
    if not key_file(settings).exists() and not Storage.has_data(home=settings.home, database_url=url):
        raise NotInitialisedError(f"There is no monitor in {settings.home} yet. Run `shamewatch init` first.")
    keyring = Keyring.open(key_file(settings), away_from=[settings.home])
    storage = _open_storage(settings, keyring)
    try:
        yield Monitor(settings, storage)
    finally:
        storage.close()


def _open_storage(settings: Settings, keyring: Keyring) -> Storage:
    return Storage.open(
        home=settings.home,
        keyring=keyring,
        database_url=database_url(settings),
        blobs=blobs_from_settings(settings),
        quota_bytes=quota_bytes(settings),
    )


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Keep a second monitor off the same folder. Raises AlreadyRunningError with its process id."""
    path = settings.home / "monitor.lock"
    note = settings.home / "monitor.pid"
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        pid = note.read_text("ascii").strip() if note.exists() else "unknown"
        raise AlreadyRunningError(home=settings.home, pid=pid) from None
    except OSError as error:
        raise FolderNotWritableError(path=settings.home, why=error.strerror) from None
    try:
        note.write_text(str(os.getpid()), "ascii")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()
