"""Writes the generated pages of the documentation and builds it.

python -m gates.docs write    write docs/reference anew, then build docs/_build/html
python -m gates.docs stale    name the generated pages that are out of date
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gates.reference import MADE, ROOT, Pages, pages

DOCS = ROOT / "docs"


def stale(made: Pages, docs: Path = DOCS) -> list[str]:
    """The generated pages that differ from what is committed, or are there and should not be."""
    differing = [path for path, text in made.items() if not (docs / path).exists() or (docs / path).read_text() != text]
    left_over = [
        str(path.relative_to(docs))
        for path in (docs / "reference").rglob("*.md")
        if path.read_text().startswith(MADE) and str(path.relative_to(docs)) not in made
    ]
    return sorted(differing + left_over)


def write(made: Pages, docs: Path = DOCS) -> list[str]:
    """Write what is stale, remove what is left over; the paths that changed."""
    changed = stale(made, docs)
    for path in changed:
        target = docs / path
        if path in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(made[path])
        else:
            target.unlink()
    return changed


def build(target: Path, doctrees: Path) -> subprocess.CompletedProcess[str]:
    """Build the HTML with every warning an error."""
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-q", "-j", "2", "-b", "html"]
    return subprocess.run(
        [*command, "-d", str(doctrees), str(DOCS), str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def main(words: list[str]) -> int:
    """Write and build, or name what is stale; 1 when something is wrong."""
    made = pages()
    if words == ["stale"]:
        found = stale(made)
        print("\n".join(found) if found else "docs: the generated pages are up to date")
        return 1 if found else 0
    for path in write(made):
        print(f"docs/{path} written")
    done = build(DOCS / "_build" / "html", DOCS / "_build" / "doctrees")
    print((done.stdout + done.stderr).strip() or "docs: docs/_build/html/index.html")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
