"""The generated pages of docs/reference, read from the code's own declarations.

Each function below returns the pages of one kind, path below docs/ -> text; it returns none while its room has nothing yet.
`make docs` writes them, and a test of tests/docs fails when what is committed differs.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from gates import architecture
from gates.markdown import GENERATED, Pages, cell, first_line, members, number, room, table, toctree
from kastellan.kernel import errors


def error_pages() -> Pages:
    """The tree of errors with its exit codes."""
    rows: list[tuple[str, int, str]] = []

    def walk(kind: type[errors.KastellanError], depth: int) -> None:
        rows.append((f"{'&ensp;' * 2 * depth}`{kind.__name__}`", kind.exit_code, first_line(kind)))
        for child in sorted(kind.__subclasses__(), key=lambda subclass: subclass.__name__):
            if child.__module__ == errors.__name__:
                walk(child, depth + 1)

    walk(errors.KastellanError, 0)
    codes: dict[str, str] = getattr(room("kastellan.app.glossary"), "EXIT_CODES", {})
    text = "# Exit codes and errors\n\n"
    if codes:
        text += table(("code", "meaning"), codes.items()) + "\n"
    text += (
        "Every failure is one sentence on stderr that names the input, the place and the remedy.\n"
        "The sentences below stand where nothing more precise could be said.\n\n"
        + table(("error", "exit", "default sentence"), rows)
    )
    return {"reference/exit-codes.md": GENERATED + text}


def word_pages() -> Pages:
    """The words that `kastellan explain` knows."""
    terms: dict[str, str] = getattr(room("kastellan.app.glossary"), "TERMS", {})
    if not terms:
        return {}
    body = "\n".join(f"{term}\n  {cell(meaning)}\n" for term, meaning in sorted(terms.items()))
    return {
        "reference/words.md": f"{GENERATED}# Words\n\n`kastellan explain WORD` shows the same.\n\n:::{{glossary}}\n{body}:::\n"
    }


def check_pages() -> Pages:
    """One page a check, and their list by family."""
    catalogue = room("kastellan.checks.catalogue")
    if catalogue is None:
        return {}
    registered_checks: dict[str, Any] = catalogue.all_checks()
    pages = {f"reference/checks/{name}.md": GENERATED + check_page(registered) for name, registered in registered_checks.items()}
    lines = ["# Checks\n", f"{len(registered_checks)} checks. `kastellan explain ID` shows the same pages.\n"]
    for family in sorted({registered.check.family for registered in registered_checks.values()}):
        lines.append(f"## {family}\n")
        lines.append(first_line(room(f"kastellan.checks.families.{family}")) + "\n")
        rows = [
            (
                f"[{name}]({name}.md)",
                registered.check.title,
                registered.check.severity.value,
                registered.check.proven_by or "unproven",
            )
            for name, registered in sorted(registered_checks.items())
            if registered.check.family == family
        ]
        lines.append(table(("id", "what it finds", "severity", "lab proof"), rows))
    lines.append(toctree(sorted(registered_checks)))
    return pages | {"reference/checks/index.md": GENERATED + "\n".join(lines)}


def cause_pages() -> Pages:
    """All causes on one page: they are few."""
    catalogue = room("kastellan.diagnosis.cause")
    if catalogue is None:
        return {}
    text = "# Causes\n\nWhat is told in place of the findings that it explains. `kastellan explain ID` shows the same.\n"
    for name, reasoning in catalogue.all_causes().items():
        cause = reasoning.cause
        text += f"\n## {name}\n\n{cause.title}.\n\n{reasoning.about}\n"
        advice = (("Do", cause.do), ("Do not", cause.do_not), ("Undo", cause.undo), ("Verify", cause.verify))
        text += "".join(f"\n**{head}.** {words}\n" for head, words in advice if words)
        if cause.downgrades:
            text += "\n**No alarm while it lasts.** " + ", ".join(f"`{check_id}`" for check_id in cause.downgrades) + "\n"
        text += "".join(f"\n* {reference}" for reference in cause.references) + "\n"
    return {"reference/causes.md": GENERATED + text}


def provider_pages() -> Pages:
    """All provider profiles on one page."""
    providers = room("kastellan.reference.reference_data")
    if providers is None:
        return {}
    data = providers.packaged_providers()
    text = (
        "# Providers\n\nWhat is unlike Kafka where somebody else runs the cluster, as of "
        f"{data.as_of}. `kastellan explain ID` shows the same; [how it counts](../how-to/managed-clusters.md).\n"
    )
    for profile in data.profiles:
        text += f"\n## {profile.id}\n\n{profile.name}. Recognised by any of these that weigh enough together:\n\n"
        text += "".join(f"* {sign.says}\n" for sign in profile.signs)
        refused = [(f"{refusal.about}", refusal.says, refusal.how) for refusal in profile.refused]
        text += "\n**Refused by design.**" + (f"\n\n{table(('request', 'why', 'known'), refused)}" if refused else " Nothing.\n")
        excluded = [(", ".join(f"`{name}`" for name in exclusion.of), exclusion.says) for exclusion in profile.not_applicable]
        text += "\n**Not applicable.**" + (f"\n\n{table(('checks', 'why'), excluded)}" if excluded else " Nothing.\n")
        owned = [(", ".join(f"`{name}`" for name in owner.of), owner.says) for owner in profile.owners]
        text += f"\n**Who owns what.**\n\n{table(('checks and causes', 'how it is changed'), owned)}"
        text += "\n**Unlike Kafka.**\n\n" + "".join(f"* {difference}\n" for difference in profile.unlike)
        sources = dict.fromkeys((*profile.sources, *(source for refusal in profile.refused for source in refusal.sources)))
        text += "\n**Sources.**\n\n" + "".join(f"* <{source}>\n" for source in sources)
    return {"reference/providers.md": GENERATED + text}


def check_page(registered: Any) -> str:  # noqa: ANN401  a RegisteredCheck; the room may not exist yet
    """The page of one check: its declaration, then its docstring for the operator."""
    check = registered.check
    facts = [
        ("severity", check.severity.value),
        ("Kafka", check.kafka),
        ("since", check.since),
        ("lab proof", check.proven_by or "unproven: no lab scenario has shown it yet"),
        ("follows from", ", ".join(f"`{check_id}`" for check_id in check.follows_from) or "nothing else"),
        ("observed", f"`{check.observed}`"),
        ("expected", f"`{check.expected}`"),
        ("impact", f"`{check.impact}`" if "{" in check.impact else check.impact),
    ]
    text = f"# {check.id}\n\n{check.title}.\n\n" + table(("", ""), facts)
    for head, words in (("Do", check.do), ("Do not", check.do_not), ("Verify", check.verify), ("Undo", check.undo)):
        text += f"\n**{head}.** {words}\n"
    text += f"\n## Explanation\n\n{registered.about}\n"
    if check.settings:
        text += "\n## Settings\n\n" + table(("name", "default", "unit", "bounds", "meaning"), setting_rows(check.settings))
    if check.references:
        text += "\n## References\n\n" + "".join(f"* {reference}\n" for reference in check.references)
    return text


def setting_rows(settings: Iterable[Any]) -> list[tuple[str, str, str, str, str]]:
    """Settings as rows."""
    return [
        (
            f"`{setting.name}`",
            number(setting.default),
            setting.unit,
            f"{number(setting.low)} to {number(setting.high)}",
            setting.meaning,
        )
        for setting in settings
    ]


def setting_pages() -> Pages:
    """Every number that a user may set, by the check that declares it."""
    catalogue = room("kastellan.checks.catalogue")
    if catalogue is None:
        return {}
    rows: list[tuple[str, ...]] = []
    for name, registered in sorted(catalogue.all_checks().items()):
        rows += [(f"[{name}](checks/{name}.md)", *row) for row in setting_rows(registered.check.settings)]
    head = "# Settings of checks\n\nA value outside its bounds is refused; a setting that nobody declares is refused too.\n\n"
    return {"reference/settings.md": GENERATED + head + table(("check", "name", "default", "unit", "bounds", "meaning"), rows)}


def table_classes(package: str) -> list[Any]:
    """The table classes that the modules of a room define."""
    shapes = room("kastellan.model.table")
    if shapes is None:
        return []
    classes = [
        value
        for module in members(package)
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, shapes.Table)
        and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
    ]
    return sorted(classes, key=lambda table_class: table_class.name)


def table_pages() -> Pages:
    """One page a table of the Snapshot."""
    return frame_pages(
        "kastellan.model.tables", "tables", "Tables", "What a Snapshot holds. Every table says what it could not see."
    )


def view_pages() -> Pages:
    """One page a view."""
    return frame_pages("kastellan.views", "views", "Views", "Tables derived from tables by pure functions, on demand.")


def frame_pages(package: str, folder: str, title: str, lead: str) -> Pages:
    """The pages of a room whose files declare tables."""
    classes = table_classes(package)
    if not classes:
        return {}
    pages: Pages = {}
    for table_class in classes:
        columns = [
            (f"`{name}`", dtype_text(column.dtype), column.unit, column.meaning) for name, column in table_class.columns.items()
        ]
        text = f"# {table_class.name}\n\n{inspect.getdoc(table_class)}\n\n"
        text += f"Key: {', '.join(f'`{name}`' for name in table_class.key)}. Roster: `{table_class.roster}`.\n\n"
        text += table(("column", "type", "unit", "meaning"), columns)
        pages[f"reference/{folder}/{table_class.name}.md"] = GENERATED + text
    rows = [
        (f"[{table_class.name}]({table_class.name}.md)", first_line(table_class), ", ".join(table_class.key))
        for table_class in classes
    ]
    index = (
        f"# {title}\n\n{lead}\n\n"
        + table(("name", "what a row is", "key"), rows)
        + "\n"
        + toctree(table_class.name for table_class in classes)
    )
    return pages | {f"reference/{folder}/index.md": GENERATED + index}


def dtype_text(dtype: object) -> str:
    """The name of a polars type."""
    return dtype.__name__ if inspect.isclass(dtype) else str(dtype)


def fault_pages() -> Pages:
    """The faults that the lab can inject."""
    modules = [module for module in members("kastellan.lab.faults") if hasattr(module, "FAULT")]
    if not modules:
        return {}
    text = "# Lab faults\n\n`kastellan lab fault` injects one into a running lab and writes down the truth; its undo is exact.\n"
    for module in modules:
        fault = module.FAULT
        text += f"\n## {fault.id}\n\n{inspect.getdoc(module)}\n\n"
        text += table(("", ""), [("title", fault.title), ("fault class", fault.fault_class), ("component", fault.kind)])
    return {"reference/faults.md": GENERATED + text}


def commands() -> list[tuple[str, Any]]:
    """Every command of the command line with its words, depth first, groups included."""
    main = room("kastellan.surfaces.cli.main")
    if main is None:
        return []
    typer_main = importlib.import_module("typer.main")
    listed: list[tuple[str, Any]] = []

    def walk(words: str, command: Any) -> None:  # noqa: ANN401  typer's
        listed.append((words, command))
        for name, child in sorted(getattr(command, "commands", {}).items()):
            if not child.hidden:
                walk(f"{words} {name}", child)

    walk("kastellan", typer_main.get_command(main.build()))
    return listed


def command_pages() -> Pages:
    """The command line: every command with its arguments and options."""
    listed = commands()
    if not listed:
        return {}
    help_text: Any = room("kastellan.surfaces.cli.help_text")
    text = (
        "# Commands\n\nData goes to stdout, messages go to stderr. [Exit codes and errors](exit-codes.md) lists the exit codes.\n"
    )
    for words, command in listed:
        blocks = help_text.blocks(command.help or "")
        about = "\n\n".join(f"```text\n{block}\n```" if as_typed else block for as_typed, block in blocks)
        text += f"\n## {words}\n\n{about}\n\n"
        rows = [param_row(param) for param in command.params if not getattr(param, "hidden", False) and param.name != "help"]
        if rows:
            text += table(("argument", "default", "meaning"), rows)
    return {"reference/commands.md": GENERATED + text}


def param_row(param: Any) -> tuple[str, str, str]:  # noqa: ANN401  typer's parameter
    """An argument or option as a row."""
    meaning = param.help or ""
    if param.param_type_name == "argument":
        words = ", ".join(f"`{choice}`" for choice in choices(param))
        name = param.name if words else (param.metavar or param.name).strip("[]")
        return f"`{name.upper()}`", default_text(param), f"{meaning} One of {words}." if words else meaning
    value = "" if getattr(param, "is_flag", False) else f" {value_text(param)}"
    names = ", ".join(f"`{option}{value}`" for option in (*param.opts, *param.secondary_opts))
    return names, default_text(param), meaning


def choices(param: Any) -> list[str]:  # noqa: ANN401  typer's parameter
    """The words that it takes, when these are few."""
    return [str(getattr(choice, "value", choice)) for choice in getattr(param.type, "choices", ())]


def value_text(param: Any) -> str:  # noqa: ANN401  typer's parameter
    """What an option takes: its own word for it, its choices, or its type."""
    return param.metavar or "/".join(choices(param)) or ("NUMBER" if param.type.name in {"int", "float"} else "TEXT")


def default_text(param: Any) -> str:  # noqa: ANN401  typer's parameter
    """What holds when it is not given."""
    if param.required:
        return "required"
    default = param.default
    if default is None or callable(default) or isinstance(default, bool) or default == ():
        return ""
    return f"`{getattr(default, 'value', default)}`"


MAKERS: tuple[Callable[[], Pages], ...] = (
    command_pages,
    check_pages,
    cause_pages,
    setting_pages,
    table_pages,
    view_pages,
    fault_pages,
    error_pages,
    word_pages,
    provider_pages,
    architecture.pages,
)


def pages() -> Pages:
    """Every generated page, with the index that lists them."""
    generated: Pages = {}
    for maker in MAKERS:
        generated |= maker()
    tops = sorted(path for path in generated if path.count("/") == 1 or path.endswith("/index.md"))
    entries = [path.removeprefix("reference/").removesuffix(".md") for path in tops]
    lead = "# Reference\n\nMade from the code's declarations; a gate fails when it is out of date.\n\n"
    index = lead + "```{toctree}\n:maxdepth: 1\n\n" + "\n".join(entries) + "\n```\n"
    return generated | {"reference/index.md": GENERATED + index}
