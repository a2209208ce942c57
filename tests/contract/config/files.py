"""Generated client.properties files: the words that decide, put together in ways that people do not think of."""

from __future__ import annotations

from hypothesis import strategies as st

PACKAGE = "org.apache.kafka.common.security"
PLAIN = f"{PACKAGE}.plain.PlainLoginModule"
SCRAM = f"{PACKAGE}.scram.ScramLoginModule"

BLANK = st.sampled_from(["", " ", "\t", "\f", " \t", "\u00a0", "\u0085"])
LINE_END = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])
PIECE = st.one_of(
    st.sampled_from(
        ["u", "p", "secret", "ä", "\\u00e4", "\\uD83D\\uDE00", "\\uDE00", "\\\\", "\\", "\\101", "\\\\101", "\\\\n", "\\n"]
    ),
    st.sampled_from(
        [
            "=",
            ";",
            "/",
            "//",
            "/*",
            "*/",
            '"',
            "'",
            '\\"',
            '\\\\"',
            " ",
            "#",
            "!",
            ":",
            "\\\n ",
            "\\:",
            "\\=",
            "\x80",
            "\x85",
            "\xa0",
        ]
    ),
    st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=4),
)
TEXT = st.lists(PIECE, max_size=5).map("".join)
QUOTED = st.tuples(st.sampled_from(['"', "'", ""]), TEXT).map(lambda pair: pair[0] + pair[1] + pair[0])
OPTION = st.tuples(
    st.sampled_from(["username", "password", "password", "tokenauth", "serviceName", "user name"]),
    BLANK,
    st.sampled_from(["=", " = ", "=="]),
    QUOTED,
).map("".join)
MODULE = st.sampled_from([PLAIN, PLAIN, SCRAM, "PlainLoginModule", f'"{PLAIN}"', f"{PLAIN}x", ""])
JAAS = st.one_of(
    st.builds(
        lambda module, flag, options, end: f"{module} {flag} {' '.join(options)}{end}",
        MODULE,
        st.sampled_from(["required", "REQUIRED", "optional", "needed", ""]),
        st.lists(OPTION, max_size=4),
        st.sampled_from([";", " ;", "", ";;", "; x"]),
    ),
    st.builds(lambda module, user, password: f"{module} required username={user} password={password};", MODULE, QUOTED, QUOTED),
)
VALUE = {
    "security.protocol": st.sampled_from(
        ["SASL_PLAINTEXT", "SASL_PLAINTEXT", "sasl_plaintext", "PLAINTEXT", "SASL_SSL", "SSL", "", "TLS", "SASL PLAINTEXT"]
    ),
    "sasl.mechanism": st.sampled_from(["PLAIN", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "plain", "", "NONE"]),
    "sasl.jaas.config": JAAS,
    "request.timeout.ms": st.one_of(st.integers(-3, 2**33).map(str), st.sampled_from(["", "+1", "1.5", "0", "1 0", "٣", "1e3"])),
    "client.id": TEXT,
    "bootstrap.servers": st.lists(st.sampled_from(["a:1", "b:2", "", " c:3 "]), max_size=3).map(",".join),
    "ssl.endpoint.identification.algorithm": st.sampled_from(["", "https", "HTTPS", " "]),
    "ssl.enabled.protocols": st.lists(
        st.sampled_from(["TLSv1.2", "TLSv1.3", "SSLv3", "TLSv1", "tlsv1.2", "", "x"]), max_size=3
    ).map(",".join),
    "ssl.truststore.type": st.sampled_from(["JKS", "PEM", "PKCS12", "pkcs12", ""]),
    "ssl.key.password": st.sampled_from(["", "x"]),
    "retries": st.sampled_from(["1", "x", "-1", "2147483648", ""]),
    "sasl.login.refresh.window.factor": st.sampled_from(["0.8", "2", "1e-1", "0.8f", ".9", "NaN", "x", ""]),
    "metadata.recovery.strategy": st.sampled_from(["none", "rebootstrap", "x"]),
    "other": TEXT,
}
LINE = st.sampled_from(sorted(VALUE)).flatmap(
    lambda key: st.tuples(
        BLANK, st.just(key), BLANK, st.sampled_from(["=", ":", " ", "==", " = "]), VALUE[key], BLANK, LINE_END
    ).map("".join)
)
COMMENT = st.tuples(st.sampled_from("#!"), TEXT.filter(lambda text: "\n" not in text), LINE_END).map("".join)
LOGIN = st.tuples(
    st.just("security.protocol=SASL_PLAINTEXT\nsasl.mechanism="),
    VALUE["sasl.mechanism"],
    st.just("\nsasl.jaas.config="),
    JAAS,
    LINE_END,
).map("".join)
FILES = st.one_of(
    st.lists(st.one_of(LINE, LINE, COMMENT), max_size=8).map("".join),
    st.tuples(LOGIN, st.lists(LINE, max_size=2).map("".join)).map("".join),
    TEXT,
)
