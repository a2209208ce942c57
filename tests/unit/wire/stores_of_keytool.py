"""Stores that keytool made (JDK 17): stores of keys open with storepw, of trust with trustpw; the JKS key with keypw12."""

from __future__ import annotations

import base64
from pathlib import Path


def _store(name: str) -> bytes:
    return base64.b64decode((Path(__file__).parent / "stores" / f"{name}.b64").read_text())


KEY_JKS, KEY_P12, JCEKS = _store("key.jks"), _store("key.p12"), _store("key.jceks")
TRUST_JKS, TRUST_P12, DER = _store("trust.jks"), _store("trust.p12"), _store("certificate.der")
