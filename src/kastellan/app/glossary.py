"""The words of Kastellan, each with its one meaning."""

from __future__ import annotations

TERMS: dict[str, str] = {
    "answer": "One reply of the outside world: what was asked, of whom, when it was sent and when it arrived, how far it can be "
    "trusted (its state) and why. A table's provenance is its Answers.",
    "snapshot": "The frozen tables of one moment, with the earlier looks that the checks asked for. It comes from a live cluster "
    "or from a file (`kastellan snapshot save`); the same checks run on both.",
    "view": "A table derived from others by a pure function, such as lag.",
    "check": "One named judgement: a declaration and a pure function. What it needs is what is collected.",
    "verdict": "What a check says of a subject: pass, fail, unknown or not-applicable. Missing data is unknown, never pass.",
    "subject": "What a verdict is about: a broker, a partition, a group, the cluster.",
    "finding": "A failing verdict with what was observed, what was expected, the Answers it rests on, what to do and what not, "
    "how to verify and how to undo.",
    "cause": "What lies behind several findings, a broker that is down or a roll in progress: they are told under it and not "
    "as problems of their own. `kastellan explain` lists the causes.",
    "doubt": "Subjects that a check could not judge, with the reason. Doubts are told under UNSEEN.",
    "vantage": "From where, as whom and by which address the cluster was looked at. A broker that does not answer from here need "
    "not be down.",
    "provider": "Who runs a cluster that is no plain Kafka: a managed service, an operator, or software that only speaks the "
    "protocol. Recognised by evidence, which is told, or stated by `--provider`; `kastellan explain` lists them.",
    "set aside": "Verdicts that are not applicable because of who runs the cluster: what they are about means nothing there, or "
    "what they need is refused there by design. They are counted, with the reason.",
    "look": "One collection of tables. An error is told as one only when two looks, a second or more apart, saw it.",
    "earlier look": "What a check compares with to see movement. `--watch` keeps looks; a saved snapshot brings its own.",
    "confirmed": "Seen by two looks. What only one look saw is a warning at most and is told as seen once.",
    "hygiene": "Findings of severity info: nobody is hurt today. Folded into one line; `--hygiene` unfolds them.",
    "error": "Severity: clients are hurt now, or one more failure loses data or writes.",
    "warning": "Severity: look at it today.",
    "info": "Severity: hygiene; nobody is hurt today.",
    "complete": "State of an answer: all of what was asked for.",
    "visible-only": "State of an answer: the protocol leaves out silently what this principal may not see, so more may exist.",
    "partial": "State of an answer: some of what was asked for is missing, and it is known what.",
    "denied": "State of an answer: the principal may not ask this.",
    "unsupported": "State of an answer: the broker has no version of this request that Kastellan speaks.",
    "throttled": "State of an answer, and a trouble: the broker muted this client for its quota; it is not down.",
    "failed": "State of an answer: nothing usable came back; its trouble says how.",
    "stale": "State of an answer: older than what was asked for; its age is shown.",
    "not-collected": "State of an answer: nobody asked.",
    "unresolved": "Trouble: the host name has no address here.",
    "refused": "Trouble: the machine answered that nothing listens on the port.",
    "unreachable": "Trouble: the network has no way to the address from here.",
    "silent": "Trouble: connected and asked, and not one byte came back in time: frozen, or overloaded beyond use.",
    "slow": "Trouble: the peer answers, but this answer was not whole in time.",
    "closed": "Trouble: the peer closed the connection before the answer was whole.",
    "insecure": "Trouble: the TLS handshake failed: one side does not trust the other, or one of them does not speak TLS here.",
    "unauthenticated": "Trouble: the peer did not let this client in, or did not prove itself. Such a login is not tried again "
    "at once: directories lock accounts.",
    "garbled": "Trouble: what came back is not the Kafka protocol; mostly a wrong port or security protocol.",
    "rejected": "Trouble: the peer answered with an error code.",
    "isr": "In-sync replicas: those that follow the leader closely enough to be elected without loss. acks=all waits for them, "
    "and is refused below min.insync.replicas.",
    "lag": "Records between a group's committed offset and the end of the partition that this group may read. On compacted and "
    "transactional topics it is larger than the number of records left.",
    "high watermark": "The offset up to which all in-sync replicas have a partition; ordinary consumers stop here.",
    "last stable offset": "The offset below which no transaction is open; read_committed consumers stop here.",
    "fenced": "A broker whose registration the controller holds but which sends no heartbeats: it leads nothing.",
    "quorum": "The controllers that vote on the cluster's metadata (KRaft). DescribeQuorum names the active one; the one that "
    "Metadata names is a random broker.",
    "observer": "A node that follows the metadata log without a vote: in most clusters every broker.",
    "min isr": "min.insync.replicas: how many replicas must be in sync for acks=all to be accepted.",
}

EXIT_CODES: dict[str, str] = {
    "0": "Fine: nothing at or above --fail-on was found, and enough was seen to say so.",
    "1": "The tool failed: nothing answered, a program is missing, or a defect of Kastellan. The sentence on stderr says which.",
    "2": "Usage: the command line, a file or a value cannot be used as given.",
    "10": "A finding at or above --fail-on (error unless told otherwise).",
    "12": "Nothing failed, but too little could be seen to call the cluster healthy: an error was seen once and no second look "
    "confirmed it, or a check of severity error left more subjects unknown than it judged. Checks that only wait for an earlier "
    "look do not count.",
    "130": "Interrupted by the keyboard.",
}
