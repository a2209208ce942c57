"""Reads certificates and keys from PEM, PKCS12 and JKS files, which are recognized by their content.

`ssl` takes PEM and DER only, and a private key only from a file: decrypted keys go to it through memory.
What a Java client would refuse is served, and noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from kastellan.config.security import Store
from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret
from kastellan.wire.tls import jks, pem
from kastellan.wire.tls.der import DerError
from kastellan.wire.tls.pkcs12 import Bags, CertificateBag, KeyBag, UnknownEncryption, read_bags

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates

_MOST_BYTES: Final = 16 * 1024**2
_DER_SEQUENCE: Final = 0x30


class Identity(msgspec.Struct, frozen=True):
    """A private key and its chain, as PEM, with the alias that it has in its store."""

    key: Secret
    chain: str
    certificates: tuple[bytes, ...]
    """The chain, DER, the key's own certificate first."""
    alias: str = "kafka"

    @property
    def first(self) -> bytes:
        """The key's own certificate, DER."""
        return self.certificates[0]


class Trusted(msgspec.Struct, frozen=True):
    """The certificates (DER) that are trusted, and what there is to say about their store."""

    certificates: tuple[bytes, ...]
    notes: tuple[str, ...] = ()


class Identities(msgspec.Struct, frozen=True):
    """Every key of a store, and what there is to say about it. A store without a key presents none."""

    identities: tuple[Identity, ...]
    notes: tuple[str, ...] = ()


def read_trusted(store: Store) -> Trusted:
    """The certificates of a store. Raises BadInput when it cannot be read or holds none."""
    data = _content(store)
    if data.startswith(jks.MAGIC):
        content = _jks(data, store)
        trusted = Trusted(content.certificates + tuple(key.chain[0] for key in content.keys if key.chain))
    elif data[:1] == bytes((_DER_SEQUENCE,)):
        trusted = _der_trusted(data, store)
    else:
        trusted = _pem_trusted(_text(data, store), store)
    if not trusted.certificates:
        raise BadInput(f"{_name_of(store)} holds no certificate; give a PEM, PKCS12 or JKS file with the authority's certificate")
    return Trusted(trusted.certificates, (*_type_notes(data, store, "truststore"), *trusted.notes))


def read_identities(store: Store) -> Identities:
    """The private keys of a store with their chains. Raises BadInput when it, or one of its keys, cannot be read."""
    data = _content(store)
    if data.startswith(jks.MAGIC):
        opened = _jks_identities(data, store)
    elif data[:1] == bytes((_DER_SEQUENCE,)):
        opened = _pkcs12_identities(data, store)
    else:
        opened = _pem_identity(_text(data, store), store)
    notes = [*_type_notes(data, store, "keystore"), *opened.notes]
    if not opened.identities:
        notes.append(f"{_name_of(store)} holds no private key with a certificate: no client certificate is presented")
    return Identities(opened.identities, tuple(notes))


def _name_of(store: Store) -> str:
    return f"{store.path} ({store.place})" if store.path else store.place


def _java_refuses(store: Store, reason: str) -> str:
    return f"a Java client refuses {_name_of(store)} because {reason}"


def _type_notes(data: bytes, store: Store, role: str) -> Iterator[str]:
    """Java opens a store by the type that is written beside it (JKS and PKCS12 open each other), not by its content."""
    if store.kind is None or store.path is None:
        return
    is_pem = not data.startswith(jks.MAGIC) and data[:1] != bytes((_DER_SEQUENCE,))
    if is_pem and store.kind.upper() != "PEM":
        yield _java_refuses(store, f"it is a PEM file and ssl.{role}.type is not PEM; add ssl.{role}.type=PEM")
    if not is_pem and store.kind.upper() == "PEM":
        yield _java_refuses(store, f"ssl.{role}.type is PEM and it is no PEM file; remove that line")


def _content(store: Store) -> bytes:
    if store.path is None:
        return store.text.reveal().encode() if store.text is not None else b""
    try:
        path = Path(store.path)
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{_name_of(store)} is larger than 16 MiB; give a file of certificates")
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {_name_of(store)}: {error.strerror or error}; correct the path or the rights") from None
    if data.startswith(jks.JCEKS_MAGIC):
        raise BadInput(
            f"{_name_of(store)} is a JCEKS store, which Kastellan cannot read; convert it with "
            "keytool -importkeystore -deststoretype PKCS12"
        )
    return data


def _text(data: bytes, store: Store) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if "-----BEGIN " not in text:
        raise BadInput(f"{_name_of(store)} is neither PEM nor PKCS12 nor JKS; give one of these")
    return text


def _pem_blocks(text: str, store: Store) -> list[pem.Block]:
    try:
        return pem.blocks(text)
    except pem.PemError as error:
        raise BadInput(f"{_name_of(store)} {error}") from None


def _pem_chain(blocks: list[pem.Block]) -> tuple[bytes, ...]:
    return tuple(bytes(block.der) for block in blocks if block.label in pem.CERTIFICATE_LABELS)


def _certificate_notes(text: str, certificates: tuple[bytes, ...], store: Store) -> Iterator[str]:
    java = pem.java_certificates(text)
    if java == certificates or not certificates:
        return
    if not java:
        yield _java_refuses(store, "white space is missing behind a BEGIN or END line of its certificates")
    else:
        yield (
            f"a Java client reads {len(java)} of the {len(certificates)} certificates of {_name_of(store)}, "
            "because several stand in one line; write each into lines of its own"
        )


def _pem_trusted(text: str, store: Store) -> Trusted:
    certificates = _pem_chain(_pem_blocks(text, store))
    return Trusted(certificates, tuple(_certificate_notes(text, certificates, store)))


def _pem_identity(text: str, store: Store) -> Identities:
    blocks = _pem_blocks(text, store)
    keys = [block for block in blocks if block.label.endswith("PRIVATE KEY")]
    chain = _pem_chain(blocks)
    if not keys or not chain:
        missing = "private key" if not keys else "certificate"
        raise BadInput(f"{_name_of(store)} holds no {missing}; a client identity is a key with its certificate chain")
    password = store.key_password or store.password
    if keys[0].is_encrypted and password is None:
        raise BadInput(f"{_name_of(store)} holds an encrypted key and there is no ssl.key.password; add it")
    notes = [*_certificate_notes(text, chain, store)]
    reason = pem.why_java_refuses_key(text, store.key_password.reveal() if store.key_password is not None else None)
    if reason is not None:
        notes.append(_java_refuses(store, reason))
    key = (
        _open_pem_key(keys[0], password.reveal(), store) if keys[0].is_encrypted and password is not None else _plain_key(keys[0])
    )
    return Identities((_identity(key, chain, "kafka"),), tuple(notes))


def _plain_key(block: pem.Block) -> str:
    return pem.to_pem(block.label, block.der) if block.der else block.text.reveal() + "\n"


def _identity(key: str, chain: tuple[bytes, ...], alias: str) -> Identity:
    return Identity(Secret(key), "".join(pem.to_pem("CERTIFICATE", der) for der in chain), chain, alias)


def _open_pem_key(block: pem.Block, password: str, store: Store) -> str:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415  # slow, and needed by few

    text = pem.to_pem(block.label, block.der) if block.der else block.text.reveal() + "\n"
    try:
        return _to_pkcs8(load_pem_private_key(text.encode(), password.encode()))
    except (ValueError, TypeError):
        raise BadInput(
            f"{_name_of(store)}: its key does not open with its password; correct the file or ssl.key.password"
        ) from None


def _to_pkcs8(key: PrivateKeyTypes) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _jks(data: bytes, store: Store) -> jks.Jks:
    try:
        return jks.read_jks(data, store.password.reveal() if store.password is not None else None)
    except jks.JksError as error:
        raise BadInput(f"{_name_of(store)} {error}") from None


def _jks_identities(data: bytes, store: Store) -> Identities:
    content = _jks(data, store)
    password = store.key_password or store.password
    if content.keys and password is None:
        raise BadInput(f"{_name_of(store)} holds a key and there is no ssl.keystore.password; add it")
    identities: list[Identity] = []
    for entry in content.keys:
        try:
            key = entry.key(password.reveal() if password is not None else "")
        except jks.JksError as error:
            raise BadInput(f"{_name_of(store)} {error}") from None
        if entry.chain:
            identities.append(_identity(pem.to_pem("PRIVATE KEY", key), entry.chain, entry.alias.lower()))
    return Identities(tuple(identities))


def _pkcs12(data: bytes, store: Store) -> PKCS12KeyAndCertificates:
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415  # slow to load, and needed by few

    password = store.password.reveal().encode() if store.password is not None else None
    try:
        return pkcs12.load_pkcs12(data, password)
    except ValueError as error:
        reason = str(error).lower()
        if "password" in reason or "mac" in reason:
            problem = "does not open with its password" if password is not None else "needs a password; add it"
            raise BadInput(f"{_name_of(store)} {problem}") from None
        raise BadInput(f"{_name_of(store)} is no PKCS12 store that can be read; write it anew with keytool or openssl") from None


def _bags(data: bytes, store: Store) -> Bags | None:
    """What Java sees in the store; None where that is not known."""
    try:
        return read_bags(data, store.password.reveal() if store.password is not None else "")
    except (DerError, UnknownEncryption, ValueError, IndexError):
        return None


def _der_trusted(data: bytes, store: Store) -> Trusted:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    try:
        single = x509.load_der_x509_certificate(data).public_bytes(Encoding.DER)
    except ValueError:
        pass
    else:
        return Trusted((single,), (_java_refuses(store, "it is a DER certificate and no store; convert it to PEM"),))
    content = _pkcs12(data, store)
    every = [other.certificate for other in content.additional_certs]
    if content.cert is not None:
        every.insert(0, content.cert.certificate)
    bags = _bags(data, store)
    if bags is None:
        return Trusted(tuple(certificate.public_bytes(Encoding.DER) for certificate in every))
    marked = tuple(bag.der for bag in bags.certificates if bag.trusted)
    marked += tuple(own.der for key in bags.keys if (own := _own_certificate(key, bags)) is not None)
    if marked:
        authorities, total = tuple(dict.fromkeys(marked)), len(bags.certificates)
        note = (
            f"{_name_of(store)}: {len(authorities)} of its {total} certificates are trusted, as in Java: "
            "those marked as trusted, and those of its keys"
        )
        return Trusted(authorities, (note,) if len(authorities) < total else ())
    reason = "none of its certificates is marked as trusted; import them with keytool -importcert"
    return Trusted(tuple(bag.der for bag in bags.certificates), (_java_refuses(store, reason),))


def _own_certificate(key: KeyBag, bags: Bags) -> CertificateBag | None:
    if key.key_id is None:
        return None
    return next((bag for bag in bags.certificates if bag.key_id == key.key_id), None)


def _pkcs12_identities(data: bytes, store: Store) -> Identities:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    content = _pkcs12(data, store)
    bags = _bags(data, store)
    if bags is not None:
        return Identities(tuple(_every_pkcs12_key(bags, store)))
    if content.key is None or content.cert is None:
        return Identities(())
    chain = (content.cert.certificate, *(other.certificate for other in content.additional_certs))
    certificates = tuple(certificate.public_bytes(Encoding.DER) for certificate in chain)
    return Identities((_identity(_to_pkcs8(content.key), certificates, "1"),))


def _every_pkcs12_key(bags: Bags, store: Store) -> Iterator[Identity]:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415

    password = store.key_password or store.password
    by_subject: dict[bytes, bytes] = {}
    for bag in bags.certificates:
        by_subject.setdefault(x509.load_der_x509_certificate(bag.der).subject.public_bytes(), bag.der)
    for key in bags.keys:
        own = _own_certificate(key, bags)
        try:
            opened = load_der_private_key(key.der, password.reveal().encode() if key.encrypted and password is not None else None)
        except (ValueError, TypeError):
            raise BadInput(f"{_name_of(store)} holds a key that does not open with its password (ssl.key.password)") from None
        if own is not None:
            yield _identity(_to_pkcs8(opened), _chain(own.der, by_subject), key.alias)


def _chain(first: bytes, by_subject: dict[bytes, bytes]) -> tuple[bytes, ...]:
    """From a certificate to its authority, as far as the store has the certificates."""
    from cryptography import x509  # noqa: PLC0415

    chain = [first]
    while True:
        issuer = by_subject.get(x509.load_der_x509_certificate(chain[-1]).issuer.public_bytes())
        if issuer is None or issuer in chain:
            return tuple(chain)
        chain.append(issuer)
