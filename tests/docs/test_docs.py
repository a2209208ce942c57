"""The documentation cannot go stale: it builds, what is generated is fresh, what is named exists, nothing is left out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gates import docs, markdown, reference

ROOT = markdown.ROOT
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if "_build" not in page.parts]
NAMED_FILES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml")
ROOTS = ("src/", "tests/", "docs/", "gates/", "bench/", "locks/", "changelog.d/", ".ci/")
PLACEHOLDER = re.compile(r"[A-Z]{3,}|[<>{}*]")
FENCE = re.compile(r"```(\w*)[^\n]*\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def paths_named(text: str) -> Iterator[str]:
    """The paths of this repository that a page names in backticks."""
    for found in INLINE.findall(FENCE.sub("", text)):
        if found in NAMED_FILES or (found.startswith(ROOTS) and " " not in found):
            yield found


def missing(name: str) -> bool:
    """True when the path, or the folder of a path with a placeholder, does not exist."""
    parts = name.split("/")
    if name in NAMED_FILES:
        return not (ROOT / name).exists()
    kept = next((index for index, part in enumerate(parts) if PLACEHOLDER.search(part)), len(parts))
    return not (ROOT / "/".join(parts[:kept])).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_is_named_exists(page: Path) -> None:
    text = page.read_text()
    assert [name for name in paths_named(text) if missing(name)] == []
    targets = [target for target in LINK.findall(FENCE.sub("", text)) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_a_stale_path_is_found() -> None:
    text = (
        "see `src/kastellan/kernel/errors.py`, `src/kastellan/nowhere.py` and `tests/gates/FAMILY/test_NAME.py`, `nowhere/FAMILY`"
    )
    assert [name for name in paths_named(text) if missing(name)] == ["src/kastellan/nowhere.py"]
    assert missing("src/nowhere/NAME.py")


@pytest.mark.slow
def test_it_builds_without_a_warning(tmp_path: Path) -> None:
    done = docs.build(tmp_path / "html", tmp_path / "doctrees")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert (tmp_path / "html" / "index.html").exists()


def test_the_generated_pages_are_up_to_date() -> None:
    assert docs.stale(reference.pages()) == [], "run `make docs` and commit docs/reference"


def test_a_stale_page_is_found_and_mended(tmp_path: Path) -> None:
    made = {"reference/a.md": markdown.GENERATED + "new", "reference/deep/b.md": markdown.GENERATED + "b"}
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "a.md").write_text(markdown.GENERATED + "old")
    (tmp_path / "reference" / "gone.md").write_text(markdown.GENERATED + "left over")
    (tmp_path / "reference" / "by-hand.md").write_text("kept")
    expected = ["reference/a.md", "reference/deep/b.md", "reference/gone.md"]
    assert docs.stale(made, tmp_path) == expected
    assert docs.write(made, tmp_path) == expected
    assert docs.stale(made, tmp_path) == []
    assert (tmp_path / "reference" / "by-hand.md").exists()


def code_of(text: str) -> list[str]:
    """What a page shows as code."""
    return [body for _, body in FENCE.findall(text)] + INLINE.findall(FENCE.sub("", text))


def test_every_command_that_is_named_exists() -> None:
    known = {words for words, _ in reference.commands()}
    if not known:
        pytest.skip("the command line has not been built yet")
    groups = {words for words, command in reference.commands() if hasattr(command, "list_commands")}
    unknown: list[str] = []
    for page in PAGES:
        for code in code_of(page.read_text()):
            for line in re.findall(r"(?:^|/|\$ )(kastellan(?: [a-z][a-z-]*)+)", code, re.MULTILINE):
                words = line.split()
                deep = 2
                while " ".join(words[:deep]) in groups and deep < len(words):
                    deep += 1
                if " ".join(words[:deep]) not in known:
                    unknown.append(f"{page.relative_to(ROOT)}: {line}")
    assert unknown == []


def test_every_command_and_option_is_documented() -> None:
    listed = reference.commands()
    if not listed:
        pytest.skip("the command line has not been built yet")
    page = (ROOT / "docs" / "reference" / "commands.md").read_text()
    for words, command in listed:
        assert f"\n## {words}\n" in page
        assert command.help, f"{words} has no help"
        bare = [each.name for each in command.params if each.param_type_name == "option" and not each.help and not each.hidden]
        assert bare == [], f"{words} has options without a help sentence"


def test_what_an_option_takes_is_told() -> None:
    page = (ROOT / "docs" / "reference" / "commands.md").read_text()
    assert "`--brokers NUMBER`" in page
    assert "`--controllers TEXT`" in page
    assert "`--fail-on error/warning/info/never`" in page


def test_every_check_and_setting_is_documented() -> None:
    catalogue = markdown.room("kastellan.checks.catalogue")
    if catalogue is None:
        pytest.skip("no checks have been built yet")
    for name, each in catalogue.all_checks().items():
        page = (ROOT / "docs" / "reference" / "checks" / f"{name}.md").read_text()
        for setting in each.check.settings:
            assert f"| `{setting.name}` |" in page
        for needed in ("**What it means.**", "**What it looks like**", "**When it is wrong.**"):
            assert needed in each.about, f"the docstring of {name} lacks {needed}"


@pytest.mark.parametrize(("package", "folder"), [("kastellan.model.tables", "tables"), ("kastellan.views", "views")])
def test_every_table_and_column_is_documented(package: str, folder: str) -> None:
    for each in reference.table_classes(package):
        page = (ROOT / "docs" / "reference" / folder / f"{each.name}.md").read_text()
        assert each.__doc__, f"{each.name} has no docstring"
        for name, column in each.columns.items():
            assert f"| `{name}` |" in page
            assert column.meaning, f"{each.name}.{name} does not say what it means"


def test_every_word_of_the_exit_codes_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text()
    for code in (0, 1, 2, 10, 12):
        assert f"| {code} |" in page


def test_the_readme_and_ci_run_the_same_test_command() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "$ make demo\n$ make test\n" in readme
    assert "\nmake test " in (ROOT / ".ci" / "run").read_text()
    assert "trademarks of the Apache Software Foundation" in readme


def test_every_verb_of_the_makefile_has_its_line_of_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    verbs = re.search(r"\.PHONY: (.*)", makefile)
    assert verbs is not None
    for verb in verbs[1].split():
        assert re.search(rf"^{verb}:  ## \w", makefile, re.MULTILINE), f"{verb} has no ## line"


def test_the_changelog_fragments_have_a_known_kind() -> None:
    known = {each["directory"] for each in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]["type"]}
    for path in (ROOT / "changelog.d").glob("*.md"):
        assert path.name.split(".")[-2] in known, f"{path.name} is none of {sorted(known)}"
        assert path.read_text().strip()
