"""Makes the README's picture from a real run: the coloured output of a command, as an SVG that loads nothing from elsewhere.

    .venv/bin/python docs/picture.py                       what `kastellan demo` prints
    .venv/bin/python docs/picture.py -- doctor --bootstrap-server 127.0.0.1:9092

It writes docs/_static/kastellan.svg and puts it between the picture's marks in README.md.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "_static" / "kastellan.svg"
COLUMNS = 110
LINES_MAX = 60
MARKS = re.compile(r"(<!-- picture: begin[^>]*-->\n).*?(<!-- picture: end -->)", re.DOTALL)
FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def output_of(words: list[str]) -> str:
    """What the command prints on stdout on a colour terminal: it gets a pseudo-terminal of our width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES_MAX, COLUMNS, 0, 0))
    env = os.environ | {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    command = [str(ROOT / ".venv" / "bin" / "kastellan"), *words]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=theirs) as running:
        os.close(theirs)
        said = bytearray()
        # Linux ends a pseudo-terminal whose other side is gone with EIO, others with an empty read.
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 65_536):
                said += piece
        running.wait(timeout=600)
    os.close(ours)
    return said.decode().replace("\r\n", "\n").strip("\n")


def drawn(shown: str, title: str) -> str:
    """The output as an SVG, without the web fonts that rich would load."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in shown.splitlines()[:LINES_MAX]:
        console.print(Text.from_ansi(line), soft_wrap=False)
    return FONTS.sub("", console.export_svg(title=title, unique_id="kastellan"))


def main(words: list[str]) -> int:
    """Run, draw, and put the picture into the README."""
    words = words[words.index("--") + 1 :] if "--" in words else ["demo"]
    shown = output_of(words)
    if not shown.strip():
        print("picture: the command printed nothing; nothing was changed", file=sys.stderr)
        return 1
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(drawn(shown, f"kastellan {words[0]}"))
    readme = ROOT / "README.md"
    link = f"![What `kastellan {words[0]}` prints on a real cluster with a fault]({PICTURE.relative_to(ROOT)})\n"
    readme.write_text(MARKS.sub(lambda found: found[1] + link + found[2], readme.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
