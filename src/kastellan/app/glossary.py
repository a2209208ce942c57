"""The terms that an operator meets on the screen, and the exit codes."""

from __future__ import annotations

TERMS: dict[str, str] = {
    # What Kastellan works with.
    "answer": "The result of one request: what was requested, from which broker, when it was sent and when the answer arrived, "
    "its state, and the reason of a failure. Every table names the answers that it comes from.",
    "snapshot": "The tables of a cluster at one moment. It comes from a live cluster or from a file (`kastellan snapshot "
    "save`); the same checks run on both.",
    "check": "One test of a cluster, such as replication.offline. The checks that run decide what is collected.",
    "verdict": "The result of a check for one subject: pass, fail, unknown or not-applicable. Missing data is unknown, never "
    "pass.",
    "finding": "A failed verdict, with what was observed and expected, the impact, what to do, what not to do, how to verify "
    "it and how to undo it.",
    "cause": "An explanation of several findings, such as a broker that is down. Findings that it explains are listed under it.",
    "unseen": "What could not be read, and the subjects that are unknown because of it. The report lists it as UNSEEN.",
    "vantage": "The machine, the principal and the address from which the cluster was read. A broker that cannot be reached "
    "from there need not be down.",
    "provider": "Who runs the cluster where it is not plain Apache Kafka: a managed service, an operator, or other software "
    "with Kafka's protocol. It is detected by evidence that the report names, or set with `--provider`.",
    "confirmed": "Seen in two collections at least half a second apart. An error that was seen only once is reported as a "
    "warning.",
    "waived": "A finding that a waivers file accepts until a date. It stays in the report and does not change the exit code.",
    "hygiene": "Findings of severity info, reported as one line; `--hygiene` lists them.",
    # Severities.
    "error": "Severity: clients are affected now, or one more failure loses data or stops writes.",
    "warning": "Severity: to be looked at today.",
    "info": "Severity: hygiene; no client is affected.",
    # States of an answer.
    "complete": "State of an answer: it holds everything that was requested.",
    "visible-only": "State of an answer: Kafka leaves out what this principal may not see without saying so, so more may exist.",
    "partial": "State of an answer: known parts of what was requested are missing.",
    "denied": "State of an answer: the principal is not authorized for the request.",
    "unsupported": "State of an answer: the broker and Kastellan have no version of this request in common.",
    "throttled": "State of an answer, and a failure: the broker delays this client because of a quota. The broker is not down.",
    "failed": "State of an answer: it cannot be used; the kind of failure says why.",
    "stale": "State of an answer: it is older than requested; its age is shown.",
    "not-collected": "State of an answer: it was not requested.",
    # Kinds of failure.
    "unresolved": "Failure: the host name has no address on this machine.",
    "refused": "Failure: the machine answered that nothing listens on the port.",
    "unreachable": "Failure: the network has no route to the address from here.",
    "silent": "Failure: no byte of an answer arrived before the time limit. The broker is frozen or overloaded.",
    "slow": "Failure: the broker answers, but this answer was not complete before the time limit.",
    "closed": "Failure: the peer closed the connection before the answer was complete.",
    "insecure": "Failure: the TLS handshake failed, because one side does not trust the other or does not use TLS on this port.",
    "unauthenticated": "Failure: the login was rejected, or the peer did not prove its identity. It is not retried at once, "
    "because directories lock accounts.",
    "garbled": "Failure: the answer is not Kafka's protocol. Most often the port or the security protocol is wrong.",
    "rejected": "Failure: the broker answered with an error code.",
    # Kafka's own terms.
    "isr": "In-sync replicas: the replicas that are close enough to the leader to be elected without data loss. acks=all waits "
    "for all of them and is refused when they are fewer than min.insync.replicas.",
    "min isr": "min.insync.replicas: the number of in-sync replicas that acks=all requires.",
    "lag": "The number of offsets between a group's committed offset and the end of the partition that the group may read. On "
    "compacted and transactional topics this is more than the number of records left to read.",
    "high watermark": "The offset up to which all in-sync replicas have a partition. Consumers read up to it.",
    "last stable offset": "The offset below which no transaction is open. Consumers with isolation.level=read_committed read "
    "up to it.",
    "fenced": "A broker that is registered but sends no heartbeats to the controller. It leads no partition.",
    "quorum": "The KRaft controllers that replicate the cluster's metadata. DescribeQuorum names the active controller; the "
    "controller in a Metadata response is a random broker.",
    "observer": "A node that reads the metadata log without a vote in the quorum, as every broker does.",
}

EXIT_CODES: dict[str, str] = {
    "0": "Success. `doctor`: no finding at or above --fail-on, and enough was read to say so. `may-restart`: yes.",
    "1": "Kastellan could not do its work: no broker answered, a program is missing, or a defect of Kastellan; stderr says "
    "which. `context test`: an endpoint does not answer. `demo`: the injected fault is not the first problem of the report.",
    "2": "Bad input: an option, a name, a file or a value cannot be used.",
    "10": "`doctor`: a finding at or above --fail-on, which is error by default. `may-restart`: no. `preflight`: a right is "
    "missing. `probe`: a layer fails.",
    "12": "Unknown. `doctor`: nothing failed, but too much is unknown: an error was seen once and no second collection "
    "confirmed it, or a check of severity error has more subjects unknown than judged (checks that only wait for an earlier "
    "snapshot do not count). `get`, `lag`, `sql`: data is missing. `may-restart`, `preflight`: something that decides "
    "could not be read.",
    "130": "Interrupted from the keyboard (SIGINT).",
    "141": "The reader of the output closed it (SIGPIPE), as in `kastellan get topics | head -n 1`.",
}
"""Exit codes of all commands, except for `doctor -o nagios`: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."""
