from __future__ import annotations

from pathlib import Path

import pytest

from kastellan.app.contexts import add, contexts_path, read_contexts, resolve_paths, use
from kastellan.config.contexts import Context
from kastellan.kernel.errors import BadInput


def test_the_file_stands_where_the_environment_says():
    assert contexts_path({"KASTELLAN_CONTEXTS": "/x/y.toml"}) == Path("/x/y.toml")
    assert contexts_path({"XDG_CONFIG_HOME": "/c"}) == Path("/c/kastellan/contexts.toml")
    assert contexts_path({}) == Path.home() / ".config" / "kastellan" / "contexts.toml"


def test_adding_and_choosing_keeps_comments_and_is_for_the_owner_alone(tmp_path):
    path = tmp_path / "new" / "contexts.toml"
    add(path, "dev", Context(bootstrap="a:1"), replace=False)
    path.write_text("# ours\n" + path.read_text() + "# the end\n")
    add(path, "prod.eu", Context(bootstrap="b:2", resolve=("b:2=c:3",), timeout=7.5), replace=False)
    use(path, "prod.eu")
    text = path.read_text()
    assert "# ours" in text
    assert "# the end" in text
    assert path.stat().st_mode & 0o777 == 0o600
    found = read_contexts(path)
    assert found.notes == ()
    assert found.contexts.current == "prod.eu"
    assert found.contexts.by_name == {
        "dev": Context(bootstrap="a:1"),
        "prod.eu": Context(bootstrap="b:2", resolve=("b:2=c:3",), timeout=7.5),
    }
    with pytest.raises(BadInput, match="there is a context 'dev' already"):
        add(path, "dev", Context(bootstrap="z:1"), replace=False)
    add(path, "dev", Context(bootstrap="z:1"), replace=True)
    assert read_contexts(path).contexts.by_name["dev"].bootstrap == "z:1"
    assert sorted(each.name for each in path.parent.iterdir()) == ["contexts.toml"]


def test_a_link_stays_a_link(tmp_path):
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text("")
    link.symlink_to(real)
    add(link, "a", Context(bootstrap="a:1"), replace=False)
    assert link.is_symlink()
    assert "a:1" in real.read_text()


def test_nothing_is_written_that_could_not_be_read_again(tmp_path):
    path = tmp_path / "contexts.toml"
    with pytest.raises(BadInput, match="proxy holds a password"):
        add(path, "a", Context(bootstrap="a:1", proxy="socks5://u:hunter2@h:1"), replace=False)
    assert not path.exists()
    with pytest.raises(BadInput, match="there are: none yet"):
        use(path, "a")


def test_a_file_that_others_may_write_is_told(tmp_path):
    path = tmp_path / "contexts.toml"
    path.write_text("[context.a]\n")
    path.chmod(0o664)
    (note,) = read_contexts(path).notes
    assert note == f"others may write {path}, and so choose whom your credentials are sent to: chmod go-w {path}"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 2_000_000], ids=["no text", "too large"])
def test_what_is_no_contexts_file_is_one_sentence(tmp_path, content):
    path = tmp_path / "contexts.toml"
    path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        read_contexts(path)
    assert str(path) in refused.value.message
    with pytest.raises(BadInput, match="cannot read"):
        read_contexts(tmp_path)
    assert read_contexts(tmp_path / "absent").contexts.by_name == {}


def test_paths_are_relative_to_the_file():
    context = resolve_paths(Context(command_config="p.properties", controller_config="/abs"), Path("/etc/k/contexts.toml"))
    assert (context.command_config, context.controller_config) == ("/etc/k/p.properties", "/abs")
    assert resolve_paths(Context(), Path("/x")) == Context()
