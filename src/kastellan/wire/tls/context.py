"""TLS settings as Python's `ssl` wants them."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Final

from kastellan.config.security import Tls
from kastellan.kernel.errors import BadInput
from kastellan.wire.tls.client_key import present_the_chosen
from kastellan.wire.tls.stores import Identity, read_identities, read_trusted

_VERSIONS: Final = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


def client_context(settings: Tls, *, accept_any: bool = False) -> ssl.SSLContext:
    """The context of a client. Raises BadInput that names the file which cannot be used.

    Where the store has several keys, each connection presents the one that fits what the broker asks for.
    `accept_any` is for a look at a certificate that was refused; nothing is ever sent over such a connection.
    """
    authorities = read_trusted(settings.trust).certificates if settings.trust is not None and not accept_any else None

    def with_key(identity: Identity | None) -> ssl.SSLContext:
        context = _trusting(settings, authorities, accept_any=accept_any)
        if identity is not None and settings.identity is not None:
            _present(context, identity, settings.identity.path or settings.identity.place)
        return context

    identities = read_identities(settings.identity).identities if settings.identity is not None else ()
    if len(identities) <= 1:
        return with_key(identities[0] if identities else None)
    context = with_key(None)
    present_the_chosen(context, {identity.alias: (identity, with_key(identity)) for identity in identities})
    return context


def store_notes(settings: Tls) -> tuple[str, ...]:
    """What there is to say about the stores, among it what a Java client refuses; nothing of a store that cannot be read.

    Whoever connects hears of such a store in the error.
    """
    notes: list[str] = []
    with contextlib.suppress(BadInput):
        notes += read_trusted(settings.trust).notes if settings.trust is not None else ()
    with contextlib.suppress(BadInput):
        notes += read_identities(settings.identity).notes if settings.identity is not None else ()
    return tuple(notes)


def subjects_of(settings: Tls) -> tuple[str, ...]:
    """The subjects of our own certificates, as Kafka writes them in a principal; none without a key."""
    if settings.identity is None:
        return ()
    from cryptography import x509  # noqa: PLC0415

    identities = read_identities(settings.identity).identities
    return tuple(x509.load_der_x509_certificate(identity.first).subject.rfc4514_string() for identity in identities)


def _trusting(settings: Tls, authorities: tuple[bytes, ...] | None, *, accept_any: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    versions = [_VERSIONS[version] for version in settings.versions]
    context.minimum_version, context.maximum_version = min(versions), max(versions)
    context.check_hostname = settings.check_names and not accept_any
    if accept_any:
        context.verify_mode = ssl.CERT_NONE
    elif authorities is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(cadata=b"".join(authorities))
        # As in Java, whatever stands in the store is trusted, an intermediate or the broker's own certificate too.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _present(context: ssl.SSLContext, own: Identity, named: str) -> None:
    try:
        with _as_file(own.key.reveal() + own.chain) as path:
            # Always a function: without one OpenSSL asks the terminal.
            context.load_cert_chain(path, password=lambda: "")
    except ssl.SSLError as error:
        reason = f"{error.reason or error}".replace("_", " ").lower()
        raise BadInput(f"{named}: its key and chain cannot be used ({reason}); correct the file or ssl.key.password") from None


@contextlib.contextmanager
def _as_file(text: str) -> Generator[str]:
    """A name for a text that must not reach a disk: memory where the system has such files, else a private temporary file."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("identity", os.MFD_CLOEXEC)
        try:
            os.write(handle, text.encode())
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)
        return
    with tempfile.NamedTemporaryFile("w", prefix="kastellan-", suffix=".pem", delete=False) as file:
        file.write(text)
    try:
        yield file.name
    finally:
        Path(file.name).unlink(missing_ok=True)
