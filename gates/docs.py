"""Writes the generated pages of the documentation and builds it.

python -m gates.docs write    write docs/reference anew, then build docs/_build/html
python -m gates.docs stale    name the generated pages that are out of date
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gates.markdown import GENERATED, ROOT, Pages
from gates.reference import pages

DOCS = ROOT / "docs"


def stale(generated: Pages, docs: Path = DOCS) -> list[str]:
    """The generated pages that differ from what is committed, or are there and should not be."""
    differing = [path for path, text in generated.items() if not (docs / path).exists() or (docs / path).read_text() != text]
    left_over = [
        str(path.relative_to(docs))
        for path in (docs / "reference").rglob("*.md")
        if path.read_text().startswith(GENERATED) and str(path.relative_to(docs)) not in generated
    ]
    return sorted(differing + left_over)


def write(generated: Pages, docs: Path = DOCS) -> list[str]:
    """Write what is stale, remove what is left over; the paths that changed."""
    changed = stale(generated, docs)
    for path in changed:
        target = docs / path
        if path in generated:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(generated[path])
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
    generated = pages()
    if words == ["stale"]:
        stale_pages = stale(generated)
        print("\n".join(stale_pages) if stale_pages else "docs: the generated pages are up to date")
        return 1 if stale_pages else 0
    for path in write(generated):
        print(f"docs/{path} written")
    built = build(DOCS / "_build" / "html", DOCS / "_build" / "doctrees")
    print((built.stdout + built.stderr).strip() or "docs: docs/_build/html/index.html")
    return built.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
