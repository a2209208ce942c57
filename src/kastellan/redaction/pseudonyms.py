"""Pseudonyms: keyed, so that nobody without the key can test guesses; consistent, so that equal names stay equal.

The names of Kafka itself stay, and so do the parts of a name that a check reads (`-changelog`), loopback addresses, and
the words of the configuration.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from kastellan.model.answer import Peer
from kastellan.model.table import Column
from kastellan.model.text_kind import TextKind
from kastellan.redaction.common_words import WORDS_OF_REASONS

SCHEMA = "kastellan.redaction/1"
_KEPT_TOPICS = frozenset({
    "__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata", "_schemas", "*",
})  # fmt: skip
_KEPT_ENDS = ("-changelog", "-repartition")
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|\[?::1\]?|0\.0\.0\.0|\[?::\]?|\*|<default>|")
_KEPT_USERS = frozenset({"", "*", "ANONYMOUS", "<default>"})
_KEPT_LISTENERS = frozenset({
    "plaintext", "ssl", "sasl_plaintext", "sasl_ssl", "controller", "internal", "external", "replication", "broker", "client",
})  # fmt: skip
_WORD = r"[A-Za-z0-9_.+-]{0,80}"
_PLAIN_VALUE = re.compile(r"-?\d+(\.\d+)?(E-?\d+)?|true|false|\d\.\d+(-IV\d+)?|(org\.apache\.kafka|kafka)\.[\w.$]+|\*|")
_VALUE_WORDS = frozenset({
    "delete", "compact", "producer", "none", "gzip", "snappy", "lz4", "zstd", "uncompressed", "CreateTime", "LogAppendTime",
    "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI",
    "AWS_MSK_IAM", "required", "requested", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "JKS", "PKCS12", "PEM", "broker",
    "controller", "classic", "consumer", "share", "streams", "range", "uniform", "latest", "earliest", "https", "HTTPS",
    "read_committed", "read_uncommitted", "DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL",
})  # fmt: skip
_PATHS = frozenset({"log.dirs", "log.dir", "metadata.log.dir"})
_ADDRESSES = frozenset({"controller.quorum.bootstrap.servers", "bootstrap.servers", "zookeeper.connect"})
_LISTENER_KEY = re.compile(r"(listener\.name\.)([^.]+)(\..*)")
_REQUEST_NAME = re.compile(r"[A-Za-z, ]*")
_OF = re.compile(r"(broker|node|controller|coordinator)(/-?\d+)?|the cluster")
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)*%?")
_EDGES = "()[]{}<>\"'`,;.:!?"
_LEFT_OUT = "..."


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A pseudonym and what it stands for."""

    pseudonym: str
    sort: TextKind
    original: str


class NameMap(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the map file, which restores every name and so stays with the owner; `id` identifies the redaction."""

    schema: str = SCHEMA
    id: str
    names: tuple[Named, ...]


class Pseudonyms:
    """Makes pseudonyms under one key and remembers what they stand for."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(key).digest()
        self.id = hashlib.blake2b(b"id of the redaction", key=self._key, digest_size=6).hexdigest()
        self._by_kind: dict[tuple[TextKind, str], str] = {}
        self._by_text: dict[str, str] = {}
        self._pseudonyms: set[str] = set()
        self._with_gaps: list[str] = []

    def map(self) -> NameMap:
        """Every pseudonym that was made."""
        names = (
            Named(pseudonym=pseudonym, sort=sort, original=original)
            for (sort, original), pseudonym in sorted(self._by_kind.items())
        )
        return NameMap(id=self.id, names=tuple(names))

    # --- one name ---

    def of_column(self, column: Column, text: str, row: Mapping[str, object]) -> str:
        """The text of a column without its names; `row` holds the other columns where what it is depends on them."""
        if column.text is TextKind.WORD:
            return self.word(text, column.words, column.shape)
        return self.of(column.text or TextKind.TEXT, text, row)

    def of(self, kind: TextKind, text: str, row: Mapping[str, object] | None = None) -> str:
        """The text of this kind without its names; `row` holds what stands beside it."""
        replacement = _BY_KIND.get(kind)
        return replacement(self, text, row or {}) if replacement else self._plain(kind, text)

    def _plain(self, sort: TextKind, text: str) -> str:
        if not text:
            return text
        pseudonym = self._by_kind.get((sort, text))
        if pseudonym is None:
            digest = hashlib.blake2b(f"{sort}\0{text}".encode(errors="surrogatepass"), key=self._key, digest_size=10).digest()
            pseudonym = f"{sort}-{base64.b32encode(digest)[:14].decode().lower()}"
            self._remember(sort, text, pseudonym)
        return pseudonym

    def _remember(self, sort: TextKind, text: str, pseudonym: str) -> str:
        if " " in text and text not in self._by_text:
            self._with_gaps.append(text)
        self._by_kind[sort, text] = pseudonym
        self._by_text[text] = pseudonym
        self._pseudonyms.add(pseudonym)
        return pseudonym

    def topic(self, text: str) -> str:
        """A topic; Kafka's own topics keep their names, others keep the prefix and suffix that checks read."""
        if text in _KEPT_TOPICS:
            return text
        pseudonym = self._by_kind.get((TextKind.TOPIC, text))
        if pseudonym is not None:
            return pseudonym
        tail = next((end for end in _KEPT_ENDS if text.endswith(end)), "")
        head = "__" if text.startswith("__") else ""
        return self._remember(TextKind.TOPIC, text, f"{head}{self._plain(TextKind.TOPIC, text)}{tail}")

    def host(self, text: str) -> str:
        """A host or address; loopback addresses stay, because checks read them. Group members have a slash before theirs."""
        if text.startswith("/"):
            return "/" + self.host(text[1:])
        return text if _LOOPBACK.fullmatch(text) else self._plain(TextKind.HOST, text)

    def user(self, text: str) -> str:
        """A user without its type."""
        return text if text in _KEPT_USERS else self._plain(TextKind.USER, text)

    def principal(self, text: str) -> str:
        """A principal such as User:alice."""
        kind, colon, name = text.partition(":")
        if not colon or kind not in ("User", "Group", "RegexUser"):
            return self.user(text)
        return f"{kind}:{self.user(name)}"

    def addresses(self, text: str) -> str:
        """`host:port` with commas between, a path or an id at their edges included."""
        return ",".join(self._address(address) for address in text.split(","))

    def _address(self, text: str) -> str:
        head, at, rest = text.strip().rpartition("@")
        where, slash, path = rest.partition("/")
        name, colon, port = where.rpartition(":")
        if not colon or not port.isdecimal():
            name, colon, port = where, "", ""
        host = self.host(name.removeprefix("[").removesuffix("]"))
        replaced = f"[{host}]{colon}{port}" if ":" in host else f"{host}{colon}{port}"
        return (head if head.isdecimal() else "") + at + replaced + (slash + self._plain(TextKind.PATH, path) if slash else "")

    def listener(self, text: str) -> str:
        """A listener's name, in the case in which it is written."""
        if text.lower() in _KEPT_LISTENERS:
            return text
        name = self._plain(TextKind.LISTENER, text.lower()).replace("-", "_")
        pseudonym = name.upper() if text.isupper() else name
        return self._remember(TextKind.LISTENER, text, pseudonym)

    def config(self, text: str) -> str:
        """The name of a config, in which a listener may be named."""
        match = _LISTENER_KEY.fullmatch(text)
        return f"{match[1]}{self.listener(match[2])}{match[3]}" if match else text

    def value(self, text: str, config: str) -> str:
        """A config's value: numbers and Kafka's own words stay, values that hold names are rebuilt."""
        special = Pseudonyms._listeners if config.endswith("listeners") else _BY_CONFIG.get(config)
        if special is not None:
            return special(self, text)
        parts = text.split(",")
        if all(_PLAIN_VALUE.fullmatch(part.strip()) or part.strip() in _VALUE_WORDS for part in parts):
            return text
        return self._plain(TextKind.TEXT, text)

    def _listeners(self, text: str) -> str:
        listeners: list[str] = []
        for listener in text.split(","):
            name, separator, where = listener.strip().partition("://")
            listeners.append(f"{self.listener(name)}{separator}{self._address(where) if where else ''}")
        return ",".join(listeners)

    def _protocols(self, text: str) -> str:
        pairs = (pair.strip().partition(":") for pair in text.split(","))
        return ",".join(f"{self.listener(name)}{colon}{self.word(protocol)}" for name, colon, protocol in pairs)

    def _names_of_listeners(self, text: str) -> str:
        return ",".join(self.listener(name.strip()) if name.strip() else "" for name in text.split(","))

    def _paths(self, text: str) -> str:
        return ",".join(self.path(path.strip()) for path in text.split(","))

    def _super_users(self, text: str) -> str:
        return ";".join(self.principal(principal.strip()) for principal in text.split(";"))

    def _rack(self, text: str) -> str:
        return self._plain(TextKind.RACK, text)

    def path(self, text: str) -> str:
        """A directory."""
        return text if text in ("", "/") else ("/" if text.startswith("/") else "") + self._plain(TextKind.PATH, text)

    def principals(self, text: str) -> str:
        """Principals with commas between; a name may hold a comma, a type is followed by a colon."""
        return ",".join(self.principal(principal) for principal in re.split(r",(?=\w+:)", text)) if text else text

    def topics(self, text: str) -> str:
        """Topics with commas between."""
        return ",".join(self.topic(topic) if topic else topic for topic in text.split(","))

    def resource(self, text: str, beside: Mapping[str, object]) -> str:
        """The resource of an ACL."""
        kind = str(beside.get("resource_type"))
        if text == "*" or (kind == "cluster" and text == "kafka-cluster"):
            return text
        if beside.get("pattern_type") == "prefixed":
            return self._plain(TextKind.PREFIX, text)
        return {
            "topic": self.topic,
            "group": partial(self._plain, TextKind.GROUP),
            "transactional-id": partial(self._plain, TextKind.TRANSACTIONAL),
            "delegation-token": partial(self._plain, TextKind.TOKEN),
            "user": self.principal,
        }.get(kind, partial(self._plain, TextKind.TEXT))(text)

    def entity(self, text: str) -> str:
        """A quota's entity, such as `user=alice,client-id=<default>`."""
        parts: list[str] = []
        for component in re.split(r",(?=(?:user|client-id|ip)=)", text):
            part, equals, name = component.partition("=")
            of = {"user": self.user, "ip": self.host}.get(part, partial(self._plain, TextKind.CLIENT))
            kept = part in ("user", "client-id", "ip")
            parts.append(
                f"{part}={name if name == '<default>' else of(name)}"
                if kept and equals
                else self._plain(TextKind.TEXT, component)
            )
        return ",".join(parts)

    def selectors(self, text: str) -> str:
        """Selectors of clients, such as `client_id=app.*`: what is selected goes, by what stays."""
        selectors = (selector.partition("=") for selector in text.split(","))
        return ",".join(f"{self.word(name)}{equals}{self._plain(TextKind.TEXT, value)}" for name, equals, value in selectors)

    def word(self, text: str, words: frozenset[str] = frozenset(), shape: str = "") -> str:
        """One of the words, or a word of this shape, or any that looks like one of Kafka's; all else is replaced."""
        if words:
            return text if not text or text in words else self._plain(TextKind.TEXT, text)
        return text if re.fullmatch(shape or _WORD, text) else self._plain(TextKind.TEXT, text)

    # --- sentences ---

    def peer(self, peer: Peer) -> Peer:
        """The peer of an Answer: a node keeps its number, an address and a name are replaced."""
        kind = self.reason(peer.kind)
        if not isinstance(peer.key, str):
            return Peer(kind, peer.key)
        return Peer(kind, self.addresses(peer.key) if re.fullmatch(r"\S+:\d+", peer.key) else self.reason(peer.key))

    def reason(self, text: str) -> str:
        """A sentence with pseudonyms in place of names, of which only numbers and known words stay."""
        for name in sorted(self._with_gaps, key=len, reverse=True):
            text = text.replace(name, self._by_text[name])
        return " ".join(self._token(token) for token in text.split(" "))

    def request(self, text: str) -> str:
        """The name of a request; any other text is redacted as a sentence."""
        return text if _REQUEST_NAME.fullmatch(text) else self.reason(text)

    def _token(self, token: str) -> str:
        core = token.strip(_EDGES)
        at = token.find(core)
        head, tail = token[:at], token[at + len(core) :]
        return head + self._core(core) + tail

    def _core(self, core: str) -> str:
        if not core or core in self._pseudonyms:
            return core
        if core in self._by_text:
            return self._by_text[core]
        if core.lower() in WORDS_OF_REASONS or any(pattern.fullmatch(core) for pattern in (_NUMBER, _OF, _LOOPBACK)):
            return core
        name, colon, port = core.rpartition(":")
        if colon and port.isdecimal() and (name in self._by_text or _LOOPBACK.fullmatch(name)):
            return f"{self._by_text.get(name, name)}:{port}"
        topic, dash, number = core.rpartition("-")
        if dash and number.isdecimal() and topic in self._by_text:
            return f"{self._by_text[topic]}-{number}"
        return _LEFT_OUT


_Replacement = Callable[[Pseudonyms, str, Mapping[str, object]], str]
_BY_KIND: dict[TextKind, _Replacement] = {
    TextKind.TOPIC: lambda p, text, _: p.topic(text),
    TextKind.HOST: lambda p, text, _: p.host(text),
    TextKind.USER: lambda p, text, _: p.user(text),
    TextKind.CLIENT: lambda p, text, _: text if text == "<default>" else p._plain(TextKind.CLIENT, text),  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    TextKind.PATH: lambda p, text, _: p.path(text),
    TextKind.WORD: lambda p, text, _: p.word(text),
    TextKind.PRINCIPAL: lambda p, text, _: p.principal(text),
    TextKind.PRINCIPALS: lambda p, text, _: p.principals(text),
    TextKind.TOPICS: lambda p, text, _: p.topics(text),
    TextKind.ADDRESSES: lambda p, text, _: p.addresses(text) if text else text,
    TextKind.CONFIG: lambda p, text, _: p.config(text),
    TextKind.VALUE: lambda p, text, beside: p.value(text, str(beside.get("config", ""))),
    TextKind.RESOURCE: lambda p, text, beside: p.resource(text, beside),
    TextKind.ENTITY: lambda p, text, _: p.entity(text),
    TextKind.SELECTORS: lambda p, text, _: p.selectors(text),
    TextKind.REASON: lambda p, text, _: p.reason(text),
}
_BY_CONFIG: dict[str, Callable[[Pseudonyms, str], str]] = {
    "listener.security.protocol.map": Pseudonyms._protocols,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    "controller.listener.names": Pseudonyms._names_of_listeners,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    "inter.broker.listener.name": Pseudonyms._names_of_listeners,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    "control.plane.listener.name": Pseudonyms._names_of_listeners,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    "controller.quorum.voters": Pseudonyms.addresses,
    "super.users": Pseudonyms._super_users,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    "broker.rack": Pseudonyms._rack,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    **dict.fromkeys(_PATHS, Pseudonyms._paths),  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    **dict.fromkeys(_ADDRESSES, Pseudonyms.addresses),
}
