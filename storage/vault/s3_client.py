"""The client of an S3-compatible server: talks to the configured endpoint only, and tells its errors as sentences.

Nothing of the surroundings has a say: no profile, shared credentials, proxy, endpoint or certificate bundle
of the environment, and no metadata service. Answers that point elsewhere are not followed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from storage.errors import (
    BadValueError,
    CorruptError,
    DiskFullError,
    NotFoundError,
    StorageError,
    UnreachableError,
    VaultRefusedError,
)
from storage.vault.s3_place import S3Place, origin_of

_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S = 5.0, 60.0
_NO_FILE = (None, None, os.devnull, None)
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
# The server's codes, or HTTP statuses where it gives none; and what they come to.
_TOLD: tuple[tuple[frozenset[str], type[StorageError], str], ...] = (
    (
        frozenset({"NoSuchBucket"}),
        VaultRefusedError,
        "{origin} has no bucket {bucket!r}. Make it there, or name another in SHAMEWATCH_VAULT_URL.",
    ),
    (
        frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "AuthFailure"}),
        VaultRefusedError,
        "{origin} does not know these credentials: check SHAMEWATCH_VAULT_KEY_ID and SHAMEWATCH_VAULT_SECRET.",
    ),
    (
        frozenset({"403", "401", "AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden"}),
        VaultRefusedError,
        "{origin} does not let these credentials do this. They need to list {bucket!r}, and to get, put and delete in it.",
    ),
    (
        frozenset({"RequestTimeTooSkewed", "RequestExpired"}),
        VaultRefusedError,
        "This machine's clock and that of {origin} differ too much: set it, or let a time service keep it.",
    ),
    (
        frozenset({"301", "302", "307", "308", "PermanentRedirect", "TemporaryRedirect", "Redirect"})
        | {"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "InvalidRegion"},
        VaultRefusedError,
        "{origin} says that {bucket!r} is elsewhere, and is not followed: correct endpoint or region in SHAMEWATCH_VAULT_URL.",
    ),
    (
        frozenset({"507", "QuotaExceeded", "InsufficientStorage", "ServiceQuotaExceededException"})
        | {"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "EntityTooLarge"},
        DiskFullError,
        "The vault's server {origin} has no room left. Make room there; nothing that was stored is lost.",
    ),
    (
        frozenset({"429", "500", "502", "503", "504", "InternalError", "ServiceUnavailable", "SlowDown"})
        | {"RequestTimeout", "TooManyRequests", "Throttling", "ThrottlingException"},
        UnreachableError,
        "The vault's server {origin} does not answer as it should ({code}). Nothing that was stored is lost; try again later.",
    ),
)


class _ElsewhereError(StorageError):
    """A request would have gone to another host than the configured one."""


def open_client(place: S3Place, key_id: str, secret: str, *, attempts: int) -> Any:
    """A client of botocore for one place, safe to share among threads; connects to nothing yet.

    ``attempts``: in all, with growing pauses between them. Raises BadValueError.
    """
    if not key_id or not secret:
        raise BadValueError(
            "A vault in an object store needs its credentials: set SHAMEWATCH_VAULT_KEY_ID and SHAMEWATCH_VAULT_SECRET."
        )
    if place.ca is not None and not place.ca.is_file():
        raise BadValueError(f"The certificates for the vault are not there: {place.ca} is no file.")
    session = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "data_path": (None, None, None, None),
            "csm_enabled": (
                None,
                None,
                False,
                None,
            ),  # would report every request to a host of the environment
            "config_file": _NO_FILE,
            "credentials_file": _NO_FILE,
        }
    )
    client = session.create_client(
        "s3",
        region_name=place.region,
        endpoint_url=place.origin,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        verify=str(place.ca) if place.ca else True,
        config=Config(
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            proxies={},
            signature_version="s3v4",
            use_dualstack_endpoint=False,
            use_fips_endpoint=False,
            # With the bucket in the path the host is always the endpoint's.
            s3={
                "addressing_style": "path",
                "use_accelerate_endpoint": False,
                "payload_signing_enabled": True,
            },
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    allowed = origin_of(place.origin)

    def _check_origin(request: Any, **_rest: Any) -> None:
        if origin_of(request.url) != allowed:
            raise _ElsewhereError(f"The vault's server is {place.origin}; nothing else is connected to.")

    client.meta.events.register("before-send.s3", _check_origin)
    return client


def code_of(error: ClientError) -> str:
    """The error's code as the server named it, or the HTTP status where it named none."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code or str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))


@contextlib.contextmanager
def told_as_storage_errors(place: S3Place, what: str = "") -> Iterator[None]:
    """Turn the client's errors into StorageErrors. ``what`` names the object for NotFoundError."""
    try:
        yield
    except ClientError as error:
        raise _error_from_code(place, code_of(error), what) from None
    except FlexibleChecksumError:
        raise CorruptError(
            f"The file {what} arrived with other bytes than {place.origin} has the checksum of: it was damaged there. "
            "Restore it from a backup."
        ) from None
    except SSLError:
        raise VaultRefusedError(
            f"The certificate of the vault's server {place.origin} is not trusted. Where it is your own, add "
            "&ca=FILE to SHAMEWATCH_VAULT_URL with the certificate that signed it."
        ) from None
    except ResponseParserError:
        raise VaultRefusedError(f"{place.origin} answers, but not as an S3-compatible server.") from None
    except BotoCoreError as error:
        raise UnreachableError(
            f"The vault's server {place.origin} cannot be reached ({type(error).__name__}). Nothing that was stored is "
            "lost; try again when it answers."
        ) from None


def _error_from_code(place: S3Place, code: str, what: str) -> StorageError:
    if code in _MISSING:
        return NotFoundError("file in the vault", what)
    for codes, kind, sentence in _TOLD:
        if code in codes:
            return kind(sentence.format(origin=place.origin, bucket=place.bucket, code=code))
    return VaultRefusedError(f"The vault's server {place.origin} refused a request ({code or 'no reason'}).")
