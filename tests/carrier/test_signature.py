"""The signature rule: published vectors, agreement with Twilio's own validator, and no forged request accepted."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from carrier.signature import Pairs, Verifier, sign

TOKEN = "a token for the tests"
ORIGIN = "https://calls.example.com"
TARGET = "/voice/menu?t=abc%7E"
PAIRS = (("CallSid", "CA1"), ("From", "+14255550100"), ("Digits", "1"), ("FromCity", ""))


def checked(url: str, pairs: Pairs, signature: str | None, token: str = TOKEN) -> bool:
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return Verifier([token], origin).check(url.removeprefix(origin), pairs, signature)


def as_pairs(values: list[list[str]]) -> Pairs:
    return [(name, value) for name, value in values]


@pytest.fixture(scope="module")
def vectors(shared: Path) -> dict[str, Any]:
    return dict(json.loads((shared / "test-vectors" / "twilio_signature.json").read_text()))


@pytest.fixture(scope="module")
def client_vectors(shared: Path) -> dict[str, Any]:
    return dict(json.loads((shared / "vendor-data" / "twilio_signature_vectors.json").read_text()))


def test_published_signatures_are_accepted(vectors: dict[str, Any]) -> None:
    for case in vectors["positive"]:
        assert checked(case["url"], as_pairs(case["params"]), case["signature"], case["auth_token"]), case["name"]


def test_published_negatives_are_refused(vectors: dict[str, Any]) -> None:
    for case in vectors["negative"]:
        pairs = as_pairs(case["params"])
        assert not checked(case["url"], pairs, case["must_not_equal"], case["auth_token"]), case["name"]
        assert sign(case["auth_token"], case["url"], pairs) == case["correct_signature_for_this_request"]


def test_vectors_of_the_official_client(client_vectors: dict[str, Any]) -> None:
    bodies = {"form": list(client_vectors["form"].items()), "json": []}
    for case in client_vectors["cases"]:
        found = checked(case["url"], bodies[case["body"]], case["signature"], client_vectors["auth_token"])
        assert found is case["valid"], case["what"]
    repeated = client_vectors["repeated_names"]
    assert checked(repeated["url"], as_pairs(repeated["pairs"]), repeated["signature"], client_vectors["auth_token"])


names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)
values = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
hosts = st.sampled_from(["calls.example.com", "calls.example.com:8443", "127.0.0.1:8000", "Calls.Example.com"])
targets = st.text("abz09%/=&?~.", max_size=12).map(lambda rest: f"/v{rest}".rstrip("?"))


origins = st.tuples(st.sampled_from(["https", "http"]), hosts)


@settings(max_examples=500)
@given(origins, targets, st.lists(st.tuples(names, values), max_size=6), st.booleans(), st.booleans())
def test_agreement_with_the_official_validator(
    origin: tuple[str, str], target: str, pairs: list[tuple[str, str]], with_port: bool, right: bool
) -> None:
    scheme, host = origin
    bare, _, port = host.partition(":")
    signed = f"{bare}:{port or (443 if scheme == 'https' else 80)}" if with_port else bare
    signature = sign(TOKEN if right else "another", f"{scheme}://{signed}{target}", pairs)
    theirs = RequestValidator(TOKEN).validate(f"{scheme}://{host}{target}", MultiDict(pairs), signature)
    assert checked(f"{scheme}://{host}{target}", pairs, signature) is theirs is right


def test_either_token_is_accepted_during_a_rotation() -> None:
    verifier = Verifier(["new", "old"], ORIGIN)
    found = [verifier.check(TARGET, PAIRS, sign(token, ORIGIN + TARGET, PAIRS)) for token in ("new", "old", "older")]
    assert found == [True, True, False]


@pytest.mark.parametrize("header", [None, "", "=", "a" * 27, "ä" * 28, "A" * 10_000, "RSOYDt4T1cUTdK1PDd93/VVr8B8=,x"])
def test_a_header_that_is_no_signature_is_refused(header: str | None) -> None:
    assert not Verifier([TOKEN], ORIGIN).check(TARGET, PAIRS, header)


@pytest.mark.parametrize(
    "url",
    [
        "http://calls.example.com/voice/menu?t=abc%7E",
        "https://calls.example.com/voice/menu/?t=abc%7E",
        "https://calls.example.com/voice/menu?t=abc~",
        "https://CALLS.example.com/voice/menu?t=abc%7E",
        "https://calls.example.com:8443/voice/menu?t=abc%7E",
        "https://evil.example.com/voice/menu?t=abc%7E",
    ],
)
def test_a_signature_for_another_url_is_refused(url: str) -> None:
    assert not Verifier([TOKEN], ORIGIN).check(TARGET, PAIRS, sign(TOKEN, url, PAIRS))


@pytest.mark.parametrize(
    "target", ["", "voice/menu", "https://calls.example.com/voice/menu", "/\ud800", "@evil.example.com/"]
)
def test_a_target_that_is_no_path_is_refused(target: str) -> None:
    verifier = Verifier([TOKEN], ORIGIN)
    signature = sign(TOKEN, ORIGIN + target.encode(errors="replace").decode(), PAIRS)
    assert not verifier.check(target, PAIRS, signature)


def test_a_public_url_may_have_a_path_of_its_own() -> None:
    verifier = Verifier([TOKEN], f"{ORIGIN}/phone/")
    assert verifier.check(TARGET, PAIRS, sign(TOKEN, f"{ORIGIN}/phone{TARGET}", PAIRS))


@pytest.mark.parametrize("tokens", [[], [""], ["a", ""]])
def test_a_verifier_without_a_token_cannot_be_made(tokens: list[str]) -> None:
    with pytest.raises(ValueError, match="token"):
        Verifier(tokens, ORIGIN)


@pytest.mark.parametrize("url", ["", "calls.example.com", "ftp://h", "https://h?a", "https://"])
def test_a_public_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="public URL"):
        Verifier([TOKEN], url)


def test_a_thousand_mutated_requests_are_refused() -> None:
    verifier, chance = Verifier([TOKEN], ORIGIN), random.Random(7)
    signature = sign(TOKEN, ORIGIN + TARGET, PAIRS)
    assert verifier.check(TARGET, PAIRS, signature)
    accepted = [mutant for mutant in (_mutant(chance, signature) for _ in range(1000)) if verifier.check(*mutant)]
    assert accepted == []


def _mutant(chance: random.Random, signature: str) -> tuple[str, Pairs, str]:
    """One request that differs from the signed one in exactly one place, and in what is signed, not in spelling."""
    kind, pairs = chance.choice(["signature", "target", "name", "value", "drop", "add"]), list(PAIRS)
    place = chance.randrange(len(pairs))
    name, value = pairs[place]
    match kind:
        case "signature":
            # A flipped bit of the digest itself: overwriting a base64 character may leave it as it was.
            digest = bytearray(base64.b64decode(signature))
            digest[chance.randrange(len(digest))] ^= 1 << chance.randrange(8)
            return TARGET, pairs, base64.b64encode(digest).decode()
        case "target":
            cut = chance.randrange(1, len(TARGET))
            return f"{TARGET[:cut]}{chance.choice('xyz/')}{TARGET[cut:]}", pairs, signature
        case "name":
            pairs[place] = (f"{name}{chance.choice('xyz')}", value)
        case "value":
            pairs[place] = (name, f"{chance.randrange(10)}{value}")
        case "drop":
            del pairs[place]
        case _:
            pairs.append((f"Extra{chance.randrange(99)}", str(chance.random())))
    return TARGET, pairs, signature
