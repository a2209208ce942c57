"""The size gate: code lines a file (warn 400, fail 700) and lines a function (fail 60). Data is exempt.

A code line is one that holds a token of code: blank lines, comments and docstrings are free, because explaining costs nothing.
A module whose name ends in `_data` holds data and is exempt from the file limit.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("src", "gates", "bench", "tests")
FILE_WARN, FILE_FAIL, FUNCTION_FAIL = 400, 700, 60
_FREE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


def docstring_lines(tree: ast.Module) -> set[int]:
    """The lines that docstrings, and strings that stand alone as one, take."""
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    return {
        line
        for node in strings
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def code_lines(source: str, tree: ast.Module) -> set[int]:
    """The numbers of the lines that hold code."""
    taken: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _FREE:
            taken.update(range(token.start[0], token.end[0] + 1))
    return taken - docstring_lines(tree)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, however deep."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def evaluate(path: Path, source: str) -> tuple[list[str], list[str]]:
    """The file's warnings and failures, one sentence each."""
    warnings: list[str] = []
    failures: list[str] = []
    tree = ast.parse(source)
    long = [
        function for function in functions(tree) if (function.end_lineno or function.lineno) - function.lineno >= FUNCTION_FAIL
    ]
    if not long and source.count("\n") <= FILE_WARN:  # most files: nothing in them can be too large
        return warnings, failures
    lines = code_lines(source, tree)
    if not path.stem.endswith("_data"):
        measured = f"{path}: {len(lines)} code lines"
        if len(lines) > FILE_FAIL:
            failures.append(f"{measured}; {FILE_FAIL} is the limit")
        elif len(lines) > FILE_WARN:
            warnings.append(f"{measured}; split it before it has {FILE_FAIL}")
    for function in long:
        own = lines & set(range(function.lineno, (function.end_lineno or function.lineno) + 1))
        if len(own) > FUNCTION_FAIL:
            failures.append(f"{path}:{function.lineno}: {function.name} has {len(own)} code lines; {FUNCTION_FAIL} is the limit")
    return warnings, failures


def main() -> int:
    """Judge every file; 1 when one is too large."""
    warnings: list[str] = []
    failures: list[str] = []
    count = 0
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            more_warnings, more_failures = evaluate(path.relative_to(ROOT), path.read_text())
            warnings += more_warnings
            failures += more_failures
            count += 1
    for sentence in failures + [f"warning: {warning}" for warning in warnings]:
        print(sentence)
    print(f"{count} files, {len(warnings)} near the limit, {len(failures)} beyond")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
