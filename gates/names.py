"""The names gate: filler words are no names, and a function is a verb phrase.

A *filler* tells a reader nothing about the value that it names (`each`, `told`, `found`); it counts where a name is bound:
assignments, parameters, loop variables, functions, classes, attributes, imports with `as`. A function whose whole name is one
participle (`gathered`) counts too; a property may be one, because it reads as an attribute.

`gates/names_left.txt` holds how many offences each room still has; a room may only get fewer. `python -m gates names ROOM`
lists a room's offences. `python -m gates names keep` writes the file anew, after some were mended or after a file
moved to another room.
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
LEFT: Final = ROOT / "gates" / "names_left.txt"
FILLERS: Final = frozenset(
    {
        *("each", "told", "found", "made", "whole", "seen", "known", "asked", "given", "got", "thing"),
        *("one", "some", "what", "who", "it", "was", "said", "came", "done", "stuff", "anything", "something"),
    }
)
NO_PARTICIPLES: Final = frozenset({"embed", "feed", "need", "seed", "shed", "speed"})
"""Verbs and nouns that end as participles do."""
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
        if name.strip("_").lower() in FILLERS
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


def read_left(text: str) -> dict[str, int]:
    """The offences that each room may still have; a room that is not named may have none.

    Git merges the file by keeping the lines of both sides (`.gitattributes`), so a room may stand in it twice: the larger counts.
    """
    left: dict[str, int] = {}
    for room, count in (line.split() for line in text.splitlines() if line):
        left[room] = max(left.get(room, 0), int(count))
    return left


def risen(counts: Mapping[str, int], left: Mapping[str, int]) -> list[str]:
    """One sentence for each room that has more offences than it may have."""
    return [
        f"{room}: {count} names that say nothing, {left.get(room, 0)} are allowed; "
        f"`.venv/bin/python -m gates names {room}` lists them"
        "; after a move of files between rooms, `... names keep`"
        for room, count in sorted(counts.items())
        if count > left.get(room, 0)
    ]


def keep(counts: Mapping[str, int], left: Mapping[str, int]) -> int:
    """Write the remaining offences down, unless there are more of them than before in all rooms together."""
    if sum(counts.values()) > sum(left.values()):
        print(f"{sum(counts.values())} offences, {sum(left.values())} before: the file may only go down")
        return 1
    LEFT.write_text("".join(f"{room} {count}\n" for room, count in sorted(counts.items()) if count))
    return 0


def main(words: Sequence[str]) -> int:
    """Without words the gate: 1 when a room got worse. With a room's name, or a part of a path, its offences."""
    listed = all_offences()
    counts = Counter(offence.room for offence in listed)
    left = read_left(LEFT.read_text())
    if list(words) == ["keep"]:
        return keep(counts, left)
    if words:
        for offence in listed:
            if offence.room in words or any(word in offence.path.as_posix() for word in words if "/" in word):
                print(f"{offence.path}:{offence.line}: {offence.name} is {offence.rule}")
        return 0
    sentences = risen(counts, left)
    for sentence in sentences:
        print(sentence)
    worst = ", ".join(f"{room} {count}" for room, count in counts.most_common(4))
    print(f"{sum(counts.values())} names left to mend{f' ({worst})' if worst else ''}, {len(sentences)} rooms got worse")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
