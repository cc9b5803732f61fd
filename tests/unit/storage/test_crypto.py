"""Sealing binds a ciphertext to its place; digests and derived keys match published vectors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import crypto
from storage.crypto import Secret
from storage.errors import CorruptError

KEY = bytes(range(32))


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens_at_its_place(plain: bytes, place: str) -> None:
    place = place.encode("utf-8", "replace").decode()
    assert crypto.unseal(KEY, place, crypto.seal(KEY, place, plain)) == plain


def test_sealing_the_same_twice_gives_different_ciphertexts() -> None:
    assert crypto.seal(KEY, "a", b"x") != crypto.seal(KEY, "a", b"x")


def test_a_ciphertext_does_not_open_at_another_place_or_with_another_key() -> None:
    sealed = crypto.seal(KEY, "watch_term.sealed/t-1", b"+9995550142")
    with pytest.raises(CorruptError, match=r"watch_term\.sealed/t-2 cannot be decrypted"):
        crypto.unseal(KEY, "watch_term.sealed/t-2", sealed)
    with pytest.raises(CorruptError):
        crypto.unseal(bytes(32), "watch_term.sealed/t-1", sealed)


def test_every_flipped_bit_and_every_cut_is_noticed() -> None:
    sealed = crypto.seal(KEY, "p", b"abc")
    for index in range(len(sealed)):
        for bit in range(8):
            altered = bytearray(sealed)
            altered[index] ^= 1 << bit
            with pytest.raises(CorruptError):
                crypto.unseal(KEY, "p", bytes(altered))
        with pytest.raises(CorruptError):
            crypto.unseal(KEY, "p", sealed[:index])


def test_the_digest_of_a_single_part_is_hmac_sha256_of_length_and_part() -> None:
    """Against HMAC-SHA-256 as OpenSSL computes it (openssl dgst -mac hmac) for the same bytes."""
    expected = "0c8c12709008132522f64572aa388ff75ecda17dd7fbd9dfcf29c9eaea9babc5"
    assert crypto.digest(KEY, b"Hi There").hex() == expected
    assert crypto.digest(KEY, b"ab", b"c") != crypto.digest(KEY, b"a", b"bc")
    assert crypto.digest(KEY, b"a") != crypto.digest(KEY, b"a", b"")


def test_derived_keys_are_those_of_rfc_5869() -> None:
    """Appendix A.1: the expand step from its PRK and info; the first 32 octets of OKM."""
    prk = bytes.fromhex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    info = bytes.fromhex("f0f1f2f3f4f5f6f7f8f9")
    okm = crypto.HKDFExpand(algorithm=crypto.SHA256(), length=32, info=info).derive(prk)
    assert okm.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
    assert crypto.derive(prk, "fields") != crypto.derive(prk, "lookups")


def test_fingerprints_are_equal_for_equal_parts_under_one_secret_only() -> None:
    one, other = Secret(KEY), Secret(bytes(32))
    assert one.fingerprint("term", "phone", "+999") == Secret(KEY).fingerprint("term", "phone", "+999")
    assert one.fingerprint("term", "phone", "+999") != other.fingerprint("term", "phone", "+999")
    assert one.fingerprint("term", "phone", "+999") != one.fingerprint("post", "phone", "+999")
    assert one.fingerprint("term", "ab", "c") != one.fingerprint("term", "a", "bc")


def test_hostile_text_with_lone_surrogates_can_be_sealed() -> None:
    secret = Secret(KEY)
    assert secret.unseal("p", secret.seal("p", {"text": "\ud83d half"})) == {"text": "\ud83d half"}
    assert secret.fingerprint("post", "\ud83d") != secret.fingerprint("post", "?")


def test_a_secret_shows_nothing_of_itself() -> None:
    assert repr(Secret(KEY)) == "<Secret>"


def test_a_secret_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(CorruptError, match="wrong length"):
        Secret(b"short")
