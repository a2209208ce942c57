"""Users with SCRAM credentials, as any broker tells them; of the credentials only mechanism and iterations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kastellan.model.tables.commits import Commits
from kastellan.model.tables.scram_users import ScramUsers
from kastellan.sources.kafka.access_answers import table_of, word_of
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.collectors.offsets import EndsArriving
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.wire.kafka import access_requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(fills=(ScramUsers,), after=(Commits, EndsArriving))

_MECHANISMS: Final = {1: "SCRAM-SHA-256", 2: "SCRAM-SHA-512"}
_NO_SUCH_USER: Final = 91
"""Of a user without SCRAM credentials; somebody who asks for all users is never told so."""


async def collect(session: CollectSession, _: Flow) -> Iterable[object]:
    """One row per user and mechanism."""
    spec = RequestSpec(Api.DESCRIBE_USER_SCRAM_CREDENTIALS, access_requests.describe_user_scram_credentials)
    response = await session.ask_any(spec)
    return (table_of(session, ScramUsers, response, lambda entity: scram_users(entity, response.answer, session.answers)),)


def scram_users(entity: Any, answer: int, answers: KafkaAnswers) -> ScramUsers:  # noqa: ANN401
    """The table of one answer; a user about whom the broker had only an error is a placeholder."""
    rows = list[dict[str, Any]]()
    for result in entity.results:
        code = int(result.error_code)
        if code and code != _NO_SUCH_USER:
            refusal = answers.enter_refusal(answer, code, result.error_message)
            rows.append({"user": result.user, "error": error_name(code), "answer": refusal})
            continue
        rows += [
            {
                "user": result.user,
                "mechanism": word_of(_MECHANISMS, credential.mechanism),
                "iterations": credential.iterations,
                "error": "",
                "answer": answer,
            }
            for credential in result.credential_infos
        ]
    return ScramUsers.of_rows(rows)
