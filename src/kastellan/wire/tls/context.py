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
from kastellan.wire.tls.stores import Identity, identity, trusted

_VERSIONS: Final = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


def client_context(settings: Tls, *, believe_anybody: bool = False) -> ssl.SSLContext:
    """The context of a client. Raises BadInput that names the file which cannot be used.

    `believe_anybody` is for looking at a certificate that was refused; nothing is ever sent over such a connection.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    versions = [_VERSIONS[each] for each in settings.versions]
    context.minimum_version, context.maximum_version = min(versions), max(versions)
    context.check_hostname = settings.check_names and not believe_anybody
    if believe_anybody:
        context.verify_mode = ssl.CERT_NONE
    elif settings.trust is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(cadata=b"".join(trusted(settings.trust)))
        # As in Java, whatever stands in the store is trusted, an intermediate or the broker's own certificate too.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if settings.identity is not None:
        _present(context, identity(settings.identity), settings.identity.path or settings.identity.place)
    return context


def subject_of(settings: Tls) -> str | None:
    """The subject of our own certificate, as Kafka writes it in a principal; None without one."""
    if settings.identity is None:
        return None
    from cryptography import x509  # noqa: PLC0415

    return x509.load_der_x509_certificate(identity(settings.identity).first).subject.rfc4514_string()


def _present(context: ssl.SSLContext, own: Identity, named: str) -> None:
    password = own.password.reveal() if own.password is not None else ""
    try:
        with _as_file(own.key.reveal() + own.chain) as path:
            # Always a function: without one OpenSSL asks the terminal.
            context.load_cert_chain(path, password=lambda: password)
    except ssl.SSLError as error:
        said = f"{error.reason or error}".replace("_", " ").lower()
        why = "its key does not open with its password" if _is_password(error) else f"its key and chain cannot be used ({said})"
        raise BadInput(f"{named}: {why}; correct the file or ssl.key.password") from None


def _is_password(error: ssl.SSLError) -> bool:
    return (
        error.reason in {"BAD_DECRYPT", "BAD_PASSWORD_READ", "PROBLEMS_GETTING_PASSWORD"} or error.errno == 0 or not error.reason
    )


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
