"""The generated pages of docs/reference, read from the code's own declarations.

Each function below returns the pages of one kind, path below docs/ -> text; it returns none while its room has nothing yet.
`make docs` writes them, and a test of tests/docs fails when what is committed differs.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from kastellan.kernel import errors
from kastellan.kernel.folder import modules_in

ROOT = Path(__file__).resolve().parent.parent
MADE = "<!-- Made by `make docs` from the code; do not edit. -->\n\n"
Pages = dict[str, str]


def room(name: str) -> ModuleType | None:
    """A package or module of the house, when it has been built."""
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    return importlib.import_module(name) if found else None


def members(package: str) -> Iterator[ModuleType]:
    """The public modules of a room, when it has been built."""
    found = room(package)
    return modules_in(found) if found is not None else iter(())


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
    lines += ["| " + " | ".join(cell(each) for each in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def cell(value: object) -> str:
    """A value in one cell of a table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def number(value: float) -> str:
    """A number without needless digits."""
    return f"{value:g}"


def first_line(about: object) -> str:
    """The first line of a docstring."""
    return (inspect.getdoc(about) or "").partition("\n")[0]


def toctree(names: Iterable[str]) -> str:
    """A hidden table of contents."""
    return "```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"


def error_pages() -> Pages:
    """The tree of errors with its exit codes."""
    rows: list[tuple[str, int, str]] = []

    def walk(kind: type[errors.KastellanError], depth: int) -> None:
        rows.append((f"{'&ensp;' * 2 * depth}`{kind.__name__}`", kind.exit_code, first_line(kind)))
        for child in sorted(kind.__subclasses__(), key=lambda each: each.__name__):
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
    return {"reference/exit-codes.md": MADE + text}


def word_pages() -> Pages:
    """The words that `kastellan explain` knows."""
    terms: dict[str, str] = getattr(room("kastellan.app.glossary"), "TERMS", {})
    if not terms:
        return {}
    body = "\n".join(f"{term}\n  {cell(meaning)}\n" for term, meaning in sorted(terms.items()))
    return {"reference/words.md": f"{MADE}# Words\n\n`kastellan explain WORD` shows the same.\n\n:::{{glossary}}\n{body}:::\n"}


def check_pages() -> Pages:
    """One page a check, and their list by family."""
    catalogue = room("kastellan.checks.catalogue")
    if catalogue is None:
        return {}
    judgements: dict[str, Any] = catalogue.all_checks()
    pages = {f"reference/checks/{name}.md": MADE + check_page(each) for name, each in judgements.items()}
    lines = ["# Checks\n", f"{len(judgements)} checks. `kastellan explain ID` shows the same pages.\n"]
    for family in sorted({each.check.family for each in judgements.values()}):
        lines.append(f"## {family}\n")
        lines.append(first_line(room(f"kastellan.checks.families.{family}")) + "\n")
        rows = [
            (f"[{name}]({name}.md)", each.check.title, each.check.severity.value, each.check.proven_by or "unproven")
            for name, each in sorted(judgements.items())
            if each.check.family == family
        ]
        lines.append(table(("id", "what it finds", "severity", "lab proof"), rows))
    lines.append(toctree(sorted(judgements)))
    return pages | {"reference/checks/index.md": MADE + "\n".join(lines)}


def cause_pages() -> Pages:
    """All causes on one page: they are few."""
    catalogue = room("kastellan.diagnosis.cause")
    if catalogue is None:
        return {}
    text = "# Causes\n\nWhat is told in place of the findings that it explains. `kastellan explain ID` shows the same.\n"
    for name, each in catalogue.all_causes().items():
        cause = each.cause
        text += f"\n## {name}\n\n{cause.title}.\n\n{each.about}\n"
        told = (("Do", cause.do), ("Do not", cause.do_not), ("Undo", cause.undo), ("Verify", cause.verify))
        text += "".join(f"\n**{head}.** {words}\n" for head, words in told if words)
        if cause.tames:
            text += "\n**No alarm while it lasts.** " + ", ".join(f"`{each}`" for each in cause.tames) + "\n"
        text += "".join(f"\n* {each}" for each in cause.references) + "\n"
    return {"reference/causes.md": MADE + text}


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
    for each in data.profiles:
        text += f"\n## {each.id}\n\n{each.name}. Recognised by any of these that weigh enough together:\n\n"
        text += "".join(f"* {sign.says}\n" for sign in each.signs)
        refused = [(f"{one.about}", one.says, one.how) for one in each.refused]
        text += "\n**Refused by design.**" + (f"\n\n{table(('request', 'why', 'known'), refused)}" if refused else " Nothing.\n")
        excluded = [(", ".join(f"`{name}`" for name in one.of), one.says) for one in each.not_applicable]
        text += "\n**Not applicable.**" + (f"\n\n{table(('checks', 'why'), excluded)}" if excluded else " Nothing.\n")
        owned = [(", ".join(f"`{name}`" for name in one.of), one.says) for one in each.owners]
        text += f"\n**Who owns what.**\n\n{table(('checks and causes', 'how it is changed'), owned)}"
        text += "\n**Unlike Kafka.**\n\n" + "".join(f"* {one}\n" for one in each.unlike)
        sources = dict.fromkeys((*each.sources, *(source for one in each.refused for source in one.sources)))
        text += "\n**Sources.**\n\n" + "".join(f"* <{source}>\n" for source in sources)
    return {"reference/providers.md": MADE + text}


def check_page(judgement: Any) -> str:  # noqa: ANN401  a Judgement; the room may not exist yet
    """The page of one check: its declaration, then its docstring for the operator."""
    check = judgement.check
    facts = [
        ("severity", check.severity.value),
        ("Kafka", check.kafka),
        ("since", check.since),
        ("lab proof", check.proven_by or "unproven: no lab scenario has shown it yet"),
        ("follows from", ", ".join(f"`{each}`" for each in check.follows_from) or "nothing else"),
        ("observed", f"`{check.observed}`"),
        ("expected", f"`{check.expected}`"),
        ("impact", f"`{check.impact}`" if "{" in check.impact else check.impact),
    ]
    text = f"# {check.id}\n\n{check.title}.\n\n" + table(("", ""), facts)
    for head, words in (("Do", check.do), ("Do not", check.do_not), ("Verify", check.verify), ("Undo", check.undo)):
        text += f"\n**{head}.** {words}\n"
    text += f"\n## Explanation\n\n{judgement.about}\n"
    if check.settings:
        text += "\n## Settings\n\n" + table(("name", "default", "unit", "bounds", "meaning"), setting_rows(check.settings))
    if check.references:
        text += "\n## References\n\n" + "".join(f"* {each}\n" for each in check.references)
    return text


def setting_rows(settings: Iterable[Any]) -> list[tuple[str, str, str, str, str]]:
    """Settings as rows."""
    return [
        (f"`{each.name}`", number(each.default), each.unit, f"{number(each.low)} to {number(each.high)}", each.meaning)
        for each in settings
    ]


def setting_pages() -> Pages:
    """Every number that a user may set, by the check that declares it."""
    catalogue = room("kastellan.checks.catalogue")
    if catalogue is None:
        return {}
    rows: list[tuple[str, ...]] = []
    for name, each in sorted(catalogue.all_checks().items()):
        rows += [(f"[{name}](checks/{name}.md)", *row) for row in setting_rows(each.check.settings)]
    head = "# Settings of checks\n\nA value outside its bounds is refused; a setting that nobody declares is refused too.\n\n"
    return {"reference/settings.md": MADE + head + table(("check", "name", "default", "unit", "bounds", "meaning"), rows)}


def table_classes(package: str) -> list[Any]:
    """The table classes that the modules of a room define."""
    shapes = room("kastellan.model.table")
    if shapes is None:
        return []
    found = [
        value
        for module in members(package)
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, shapes.Table)
        and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
    ]
    return sorted(found, key=lambda each: each.name)


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
    for each in classes:
        columns = [(f"`{name}`", dtype_text(one.dtype), one.unit, one.meaning) for name, one in each.columns.items()]
        text = f"# {each.name}\n\n{inspect.getdoc(each)}\n\n"
        text += f"Key: {', '.join(f'`{name}`' for name in each.key)}. Roster: `{each.roster}`.\n\n"
        text += table(("column", "type", "unit", "meaning"), columns)
        pages[f"reference/{folder}/{each.name}.md"] = MADE + text
    rows = [(f"[{each.name}]({each.name}.md)", first_line(each), ", ".join(each.key)) for each in classes]
    index = (
        f"# {title}\n\n{lead}\n\n" + table(("name", "what a row is", "key"), rows) + "\n" + toctree(each.name for each in classes)
    )
    return pages | {f"reference/{folder}/index.md": MADE + index}


def dtype_text(dtype: object) -> str:
    """The name of a polars type."""
    return dtype.__name__ if inspect.isclass(dtype) else str(dtype)


def fault_pages() -> Pages:
    """The faults that the lab can inject."""
    modules = [each for each in members("kastellan.lab.faults") if hasattr(each, "FAULT")]
    if not modules:
        return {}
    text = "# Lab faults\n\n`kastellan lab fault` injects one into a running lab and writes down the truth; its undo is exact.\n"
    for each in modules:
        fault = each.FAULT
        text += f"\n## {fault.id}\n\n{inspect.getdoc(each)}\n\n"
        text += table(("", ""), [("title", fault.title), ("fault class", fault.fault_class), ("component", fault.kind)])
    return {"reference/faults.md": MADE + text}


def commands() -> list[tuple[str, Any]]:
    """Every command of the command line with its words, depth first, groups included."""
    main = room("kastellan.surfaces.cli.main")
    if main is None:
        return []
    typer_main = importlib.import_module("typer.main")
    found: list[tuple[str, Any]] = []

    def walk(words: str, command: Any) -> None:  # noqa: ANN401  typer's
        found.append((words, command))
        for name, child in sorted(getattr(command, "commands", {}).items()):
            if not child.hidden:
                walk(f"{words} {name}", child)

    walk("kastellan", typer_main.get_command(main.build()))
    return found


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
        rows = [param_row(each) for each in command.params if not getattr(each, "hidden", False) and each.name != "help"]
        if rows:
            text += table(("argument", "default", "meaning"), rows)
    return {"reference/commands.md": MADE + text}


def param_row(param: Any) -> tuple[str, str, str]:  # noqa: ANN401  typer's parameter
    """An argument or option as a row."""
    meaning = param.help or ""
    if param.param_type_name == "argument":
        words = ", ".join(f"`{each}`" for each in choices(param))
        name = param.name if words else (param.metavar or param.name).strip("[]")
        return f"`{name.upper()}`", default_text(param), f"{meaning} One of {words}." if words else meaning
    value = "" if getattr(param, "is_flag", False) else f" {value_text(param)}"
    names = ", ".join(f"`{each}{value}`" for each in (*param.opts, *param.secondary_opts))
    return names, default_text(param), meaning


def choices(param: Any) -> list[str]:  # noqa: ANN401  typer's parameter
    """The words that it takes, when these are few."""
    return [str(getattr(each, "value", each)) for each in getattr(param.type, "choices", ())]


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


def contracts() -> list[dict[str, Any]]:
    """The import contracts, as pyproject.toml has them."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def layers() -> list[list[str]]:
    """The rooms of the layers contract, top to bottom; several in one layer stand side by side."""
    drawn = next(each for each in contracts() if each["id"] == "layers")["layers"]
    return [[name.strip(" ()") for name in layer.split("|")] for layer in drawn]


def drawing() -> str:
    """The house as boxes, top to bottom; parentheses mark what has not been built yet."""
    lines: list[str] = []
    width = 68
    for side_by_side in layers():
        share = (width - len(side_by_side) - 1) // len(side_by_side)
        names = [name if room(f"kastellan.{name}") else f"({name})" for name in side_by_side]
        last = width - 2 - (share + 1) * (len(names) - 1)
        cells = [name.center(share) for name in names[:-1]] + [names[-1].center(last)]
        rule = "+" + "+".join("-" * len(each) for each in cells) + "+"
        if lines:
            above = lines.pop()
            lines.append("".join("+" if "+" in pair else "-" for pair in zip(above, rule, strict=True)))
        else:
            lines.append(rule)
        lines += ["|" + "|".join(cells) + "|", rule]
    return "\n".join(lines)


def house_pages() -> Pages:
    """The drawing of the house, from the import contracts, and what each room says of itself."""
    names = [name for side_by_side in layers() for name in side_by_side]
    rows: list[tuple[str, str]] = []
    for name in names:
        found = room(f"kastellan.{name}")
        rows.append((f"`{name}`", first_line(found) if found else "not built yet"))
    text = (
        "# The house\n\nA room imports only rooms below it; rooms side by side do not import each other.\n"
        "In parentheses: not built yet.\n\n"
        f"```text\n{drawing()}\n```\n\n"
        + table(("room", "what it says of itself"), rows)
        + "\n## Contracts\n\n"
        + "".join(f"* {each['name']}.\n" for each in contracts())
    )
    return {"reference/house.md": MADE + text}


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
    house_pages,
)


def pages() -> Pages:
    """Every generated page, with the index that lists them."""
    made: Pages = {}
    for maker in MAKERS:
        made |= maker()
    tops = sorted(path for path in made if path.count("/") == 1 or path.endswith("/index.md"))
    entries = [path.removeprefix("reference/").removesuffix(".md") for path in tops]
    lead = "# Reference\n\nMade from the code's declarations; a gate fails when it is out of date.\n\n"
    index = lead + "```{toctree}\n:maxdepth: 1\n\n" + "\n".join(entries) + "\n```\n"
    return made | {"reference/index.md": MADE + index}
