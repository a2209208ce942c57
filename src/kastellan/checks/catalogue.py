"""The checks that exist: read from the family folders, there is no list to edit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import cast

import msgspec

import kastellan.checks.families
import kastellan.model.tables
from kastellan.checks.check import Check, Verdicts
from kastellan.kernel.declaration import read_declaration
from kastellan.kernel.errors import BadInput, Defect
from kastellan.kernel.folder import module_names_in, modules_in


class RegisteredCheck(msgspec.Struct, frozen=True):
    """A check's declaration, its function and the operator's text about it."""

    check: Check
    evaluate: Callable[..., Verdicts]
    about: str


def registered_check(module: ModuleType) -> RegisteredCheck:
    """The check that a module declares: its `CHECK`, its `evaluate` and its docstring."""
    check: object = getattr(module, "CHECK", None)
    evaluate: Callable[..., Verdicts] | None = getattr(module, "evaluate", None)
    if not isinstance(check, Check) or not callable(evaluate) or not module.__doc__:
        msg = f"{module.__name__} needs a docstring, CHECK and evaluate to be a check"
        raise Defect(msg)
    return RegisteredCheck(check, evaluate, module.__doc__.strip())


@cache
def all_checks() -> dict[str, RegisteredCheck]:
    """Every check by id."""
    registrations = map(registered_check, modules_in(kastellan.checks.families))
    return {registered.check.id: registered for registered in registrations}


@cache
def check_ids() -> tuple[str, ...]:
    """The ids of all checks, sorted, without loading them."""
    prefix = f"{kastellan.checks.families.__name__}."
    return tuple(module.removeprefix(prefix) for module in module_names_in(kastellan.checks.families))


def read_check(check_id: str) -> tuple[Check, str]:
    """The declaration of a check and the operator's text about it, without loading its module or a table's."""
    declaration = read_declaration(f"{kastellan.checks.families.__name__}.{check_id}", "CHECK", kastellan.model.tables.__name__)
    return cast("Check", declaration.value), declaration.about


def chosen(only: tuple[str, ...] = (), skip: tuple[str, ...] = ()) -> dict[str, RegisteredCheck]:
    """The checks that `only` and `skip` leave; each names a check or a family, and one that matches nothing is refused."""
    available = all_checks()
    for name in (*only, *skip):
        if name not in available and not any(check.check.family == name for check in available.values()):
            families = ", ".join(sorted({check.check.family for check in available.values()}))
            msg = f"no check or family is called {name!r}; families are {families}, and `kastellan explain` lists the checks"
            raise BadInput(msg)

    def matches(judgement: RegisteredCheck, names: tuple[str, ...]) -> bool:
        return judgement.check.id in names or judgement.check.family in names

    return {
        name: record for name, record in available.items() if (not only or matches(record, only)) and not matches(record, skip)
    }
