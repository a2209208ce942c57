"""The names gate: filler words are no names, and a function is a verb phrase.

A *filler* tells a reader nothing about the value that it names (`each`, `told`, `found`); it counts where a name is bound:
assignments, parameters, loop variables, functions, classes, attributes, imports with `as`. A function whose whole name is one
participle (`gathered`) counts too; a property may be one, because it reads as an attribute.

`python -m gates names ROOM` lists a room's offences. A name that is public data, such as a table's column, cannot change with
the code: `PUBLIC` allows it, with the reason.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
FOLDERS: Final = ("src", "gates", "bench")
FILLERS: Final = frozenset(
    {
        *("each", "told", "found", "made", "whole", "seen", "known", "asked", "given", "got", "thing"),
        *("one", "some", "what", "who", "it", "was", "said", "came", "done", "stuff", "anything", "something"),
    }
)
NO_PARTICIPLES: Final = frozenset({"embed", "feed", "need", "seed", "shed", "speed"})
"""Verbs and nouns that end as participles do."""
PUBLIC: Final[Mapping[tuple[str, str], str]] = {
    ("src/kastellan/model/tables/broker_configs.py", "seen"): "a column: users select it, and saved snapshots hold it",
}
"""Fillers that stay, by file and name, each with the reason."""
_PROPERTIES: Final = frozenset({"property", "cached_property"})


@dataclass(frozen=True, order=True)
class Offence:
    """One name that the gate refuses, and where it is bound."""

    path: Path
    line: int
    name: str
    rule: str

    @property
    def room(self) -> str:
        """The folder below `src/kastellan`, or the top folder of what is not the product."""
        match self.path.parts:
            case ("src", "kastellan", room, _, *_):
                return room
            case parts:
                return parts[0]


def bound_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that the module binds, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.MatchMapping(rest=str(name))
            ):
                yield name, node.lineno
            case ast.alias(asname=str(name)):
                yield name, node.lineno
            case _:
                pass


def participle_functions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every function, but for properties, whose name is one participle."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            word = node.name.strip("_").lower()
            if word.endswith("ed") and "_" not in word and word not in NO_PARTICIPLES and not _is_property(node):
                yield node.name, node.lineno


def _is_property(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(
        (isinstance(decorator, ast.Name) and decorator.id in _PROPERTIES)
        or (isinstance(decorator, ast.Attribute) and decorator.attr in _PROPERTIES)
        for decorator in function.decorator_list
    )


def offences(path: Path, source: str) -> list[Offence]:
    """What the gate refuses in one file; `path` is relative to the root of the repository."""
    tree = ast.parse(source)
    fillers = [
        Offence(path, line, name, "a filler: name what it holds")
        for name, line in bound_names(tree)
        if name.strip("_").lower() in FILLERS and (path.as_posix(), name) not in PUBLIC
    ]
    participles = [
        Offence(path, line, name, "a participle: a function is a verb phrase")
        for name, line in participle_functions(tree)
        if name.strip("_").lower() not in FILLERS
    ]
    return sorted(fillers + participles)


def all_offences() -> list[Offence]:
    """What the gate refuses in the whole repository."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [offence for path in paths for offence in offences(path.relative_to(ROOT), path.read_text())]


def unused_permits(root: Path = ROOT) -> list[str]:
    """One sentence for each entry of `PUBLIC` whose file does not bind the name."""
    return [
        f"{path} does not bind {name}: take it out of PUBLIC in gates/names.py"
        for path, name in PUBLIC
        if not (root / path).exists() or name not in {bound for bound, _ in bound_names(ast.parse((root / path).read_text()))}
    ]


def main(words: Sequence[str]) -> int:
    """Without words the gate: 1 when a name is refused. With a room's name, or a part of a path, its offences."""
    listed = all_offences()
    if words:
        listed = [
            offence
            for offence in listed
            if offence.room in words or any(word in offence.path.as_posix() for word in words if "/" in word)
        ]
    for offence in listed:
        print(f"{offence.path}:{offence.line}: {offence.name} is {offence.rule}")
    if words:
        return 0
    unused = unused_permits()
    for sentence in unused:
        print(sentence)
    counts = Counter(offence.room for offence in listed)
    worst = ", ".join(f"{room} {count}" for room, count in counts.most_common(4))
    print(f"{len(listed)} names to mend{f' ({worst})' if worst else ''}, {len(PUBLIC)} allowed")
    return 1 if listed or unused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
