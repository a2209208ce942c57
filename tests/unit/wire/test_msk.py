"""Signatures that AWS and other clients have published, and where credentials are looked for."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys

import pytest

from kastellan.config.security import MskIamLogin
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.secret import Secret
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.mechanism import OneMessage
from kastellan.wire.kafka.sasl.msk import Keys, MskMechanism, Presigned, find_keys, message, presign
from kastellan.wire.kafka.trouble import Refusal

MOMENT = dt.datetime(2021, 8, 18, 21, 25, 11, tzinfo=dt.UTC)
KEYS = Keys("X" * 20, Secret("X" * 40))
NAMES = ["version", "host", "user-agent", "action", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires"]


def test_the_presigned_example_of_aws_itself():
    keys = Keys("AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
    request = Presigned("examplebucket.s3.amazonaws.com", "us-east-1", "s3", "/test.txt", {}, 86_400, "UNSIGNED-PAYLOAD")
    signed = presign(request, keys, dt.datetime(2013, 5, 24, tzinfo=dt.UTC))
    assert signed["X-Amz-Signature"] == "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"


@pytest.mark.parametrize(
    ("token", "signature"),
    [
        (None, "0fa42ae3d5693777942a7a4028b564f0b372bafa2f71c1a19ad60680e6cb994b"),
        (Secret("XXXXX"), "b0619c50b7ecb4a7f6f92bd5f733770df5710e97b25146f97015c0b1db783b05"),
    ],
    ids=["permanent", "temporary"],
)
def test_the_signatures_of_another_client(token, signature):
    told = json.loads(message("localhost", "us-east-1", Keys(KEYS.access_key, KEYS.secret_key, token), MOMENT))
    names = [*NAMES, *(["x-amz-security-token"] if token else []), "x-amz-signedheaders", "x-amz-signature"]
    assert list(told) == names
    assert told["x-amz-signature"] == signature
    assert told["action"] == "kafka-cluster:Connect"
    assert told["x-amz-credential"] == f"{'X' * 20}/20210818/us-east-1/kafka-cluster/aws4_request"


def test_credentials_come_from_the_environment_or_the_shared_file(tmp_path):
    file = tmp_path / "credentials"
    file.write_text(
        "[default]\naws_access_key_id=D\naws_secret_access_key=s%x\n[p]\naws_access_key_id=P\naws_secret_access_key=t\n"
    )
    place = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    given = {**place, "AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "u", "AWS_SESSION_TOKEN": "v"}
    assert find_keys(MskIamLogin(), given) == Keys("E", Secret("u"), Secret("v"))
    assert find_keys(MskIamLogin(profile="p"), given) == Keys("P", Secret("t"))
    assert find_keys(MskIamLogin(), place) == Keys("D", Secret("s%x"))
    assert find_keys(MskIamLogin(), {**place, "AWS_PROFILE": "p"}) == Keys("P", Secret("t"))


@pytest.mark.parametrize("login", [MskIamLogin(profile="absent"), MskIamLogin(role_arn="arn:aws:iam::1:role/r")])
def test_what_only_awss_own_library_can_do_names_the_extra(login, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    found = find_keys(login, {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no")})
    assert isinstance(found, Refusal)
    assert "pip install 'kastellan[msk]'" in found.sentence


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("b-1.x.abc.c2.kafka.eu-west-1.amazonaws.com", "eu-west-1"),
        ("boot-x.c3.kafka-serverless.us-east-2.amazonaws.com", "us-east-2"),
        ("b-1.x.kafka.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ],
)
def test_the_region_stands_in_the_name_of_the_broker(host, region, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "E")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "u")
    turns = asyncio.run(MskMechanism(MskIamLogin()).begin(Endpoint(host, 9098, 1), Deadline.after(10), Progress()))
    assert isinstance(turns, OneMessage)
    told = json.loads(bytes(turns.first()))
    assert told["host"] == host
    assert f"/{region}/kafka-cluster/" in told["x-amz-credential"]


def test_without_a_region_one_sentence(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    found = asyncio.run(MskMechanism(MskIamLogin()).begin(Endpoint("localhost", 9098, 1), Deadline.after(10), Progress()))
    assert isinstance(found, Refusal)
    assert found.sentence == "no AWS region is known for localhost; set AWS_REGION"
