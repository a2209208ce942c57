"""A secured broker lets in by the files that a Java client takes: Latin-1, blanks, references, stores with several keys."""

from __future__ import annotations

import asyncio
import base64
import re
from pathlib import Path

import pytest

from kastellan import lab as labs
from kastellan.app.resolve_settings import resolve_settings
from kastellan.app.wiring import meet
from kastellan.kernel.deadline import Deadline
from kastellan.lab.security import entrance
from tests.contract.config.java import java_client
from tests.lab.conftest import Eventually

pytest.importorskip("confluent_kafka")
pytestmark = pytest.mark.timeout(300)

PROVIDER = "org.apache.kafka.common.config.provider.FileConfigProvider"


def way_in(path: Path) -> str:
    """How many nodes are met with this file; else the reason why none is."""
    target = resolve_settings({"command_config": str(path)}, (), {}).cluster()
    (door,) = asyncio.run(meet(target, Deadline.after(60)))
    return str(door.nodes) if door.nodes is not None else door.reason


def written(folder: Path, text: str, encoding: str = "ascii") -> Path:
    path = folder / "client.properties"
    path.write_bytes(text.encode(encoding))
    path.chmod(0o600)
    return path


def of_passwords(secured: labs.Lab) -> str:
    if secured.spec.security != "sasl_ssl":
        pytest.skip("a lab with passwords is meant")
    return secured.command_config("viewer").read_text()


def test_a_latin_1_file_with_blanks_and_a_password_with_an_umlaut(
    secured: labs.Lab, tmp_path: Path, eventually: Eventually
) -> None:
    text = of_passwords(secured)
    from confluent_kafka.admin import (  # noqa: PLC0415 - an extra
        AdminClient,
        ScramCredentialInfo,  # pyright: ignore[reportPrivateImportUsage]
        ScramMechanism,  # pyright: ignore[reportPrivateImportUsage]
        UserScramCredentialUpsertion,  # pyright: ignore[reportPrivateImportUsage]
    )

    admin = AdminClient({**entrance.librdkafka(secured)})
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    secret = UserScramCredentialUpsertion("checker", how, "grün; \\ß".encode())
    for done in admin.alter_user_scram_credentials([secret]).values():
        done.result()
    jaas = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="checker" password="grün; \\\\\\\\ß";'
    text = re.sub(r"sasl\.jaas\.config.*", lambda _: f"sasl.jaas.config={jaas}  \t", text)
    text = re.sub(r"(?m)^(ssl|security)(.*)$", r" \1\2 \t ", f"# für uns\n{text}")
    path = written(tmp_path, text, "latin-1")
    # The controller has the new user at once, the broker when it has read the metadata log.
    eventually(lambda: way_in(path) == "1", "a login by the new user", 30)


def test_a_password_in_a_file_of_a_config_provider(secured: labs.Lab, tmp_path: Path) -> None:
    text = of_passwords(secured)
    secret = entrance.passwords(secured)["viewer"]
    assert secret in text
    (tmp_path / "secrets.properties").write_text(f"viewer = {secret}\n", encoding="ascii")
    reference = f"${{file:{tmp_path}/secrets.properties:viewer}}"
    text = f"{text.replace(secret, reference)}\nconfig.providers=file\nconfig.providers.file.class={PROVIDER}\n"
    assert way_in(written(tmp_path, text)) == "1"


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_several_keys_in_a_pkcs12_store_the_broker_gets_the_one_of_its_authority(
    secured: labs.Lab, tmp_path: Path, names: tuple[str, str]
) -> None:
    if secured.spec.security != "mtls":
        pytest.skip("a lab with certificates is meant")
    text = secured.command_config("viewer").read_text()
    own = Path(re.findall(r"ssl\.keystore\.location=(.*)", text)[0].strip())
    keys = [key_entry(name, path) for name, path in zip(names, (own, own.with_name("wrong-password.pem")), strict=True)]
    with java_client(tmp_path) as java:
        answer = java.ask(store="PKCS12", password="several", keys=keys, trusted=[])
    store = tmp_path / "keys.p12"
    store.write_bytes(base64.b64decode(answer["bytes"]))
    text = re.sub(r"ssl\.keystore\.(type|location)=.*\n?", "", text)
    path = written(tmp_path, f"{text}\nssl.keystore.location={store}\nssl.keystore.password=several\n")
    assert way_in(path) == "1"


def key_entry(alias: str, path: Path) -> dict[str, object]:
    """A key with its chain out of a PEM file, for the store that Java writes."""
    from cryptography import x509  # noqa: PLC0415 - an extra
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - an extra
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    key = load_pem_private_key(path.read_bytes(), None).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    chain = [certificate.public_bytes(Encoding.DER) for certificate in x509.load_pem_x509_certificates(path.read_bytes())]
    encoded = [base64.b64encode(der).decode() for der in chain]
    return {"alias": alias, "key": base64.b64encode(key).decode(), "chain": encoded}
