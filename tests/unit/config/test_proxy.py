from __future__ import annotations

import pytest

from kastellan.config.proxy import Proxy, parse_proxy
from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret


def test_the_usual_forms_are_read():
    assert parse_proxy("socks5://u%40x:p%3Aw@bastion:1080") == Proxy("socks5", "bastion", 1080, "u@x", Secret("p:w"))
    assert parse_proxy("socks5h://bastion:1080/") == Proxy("socks5", "bastion", 1080)
    assert parse_proxy(" http://[::1]:3128").label == "the proxy http://[::1]:3128"


@pytest.mark.parametrize(
    "text",
    [
        "bastion:1080",
        "ftp://u:hunter2@x:1",
        "socks5://u:hunter2@x",
        "http://u:hunter2@x:99999",
        "http://x:1/path",
        "",
        "http://[::1",
    ],
)
def test_anything_else_is_refused_without_repeating_it(text):
    with pytest.raises(BadInput, match="--proxy is no proxy; write socks5://") as refused:
        parse_proxy(text)
    assert "hunter2" not in refused.value.message
