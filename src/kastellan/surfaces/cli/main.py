"""The entry point: one command line, one exit code, one sentence when it fails."""

from __future__ import annotations

import atexit
import errno
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

import kastellan.surfaces.cli.commands
from kastellan.kernel.errors import KastellanError
from kastellan.kernel.folder import modules_in
from kastellan.kernel.log_options import LogFormat, LogLevel
from kastellan.kernel.version import VERSION
from kastellan.surfaces.cli.help_text import HelpCommand, HelpGroup

WATCH_EVERY_S = "10"
"""What `--watch` without a number means."""
_INTERRUPTED = 130
_OUTPUT_TROUBLES: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_COLLECT_EVERY: Final = 20_000
"""Objects between two garbage collections: with Python's own 700 there are a hundred while the modules load."""
_DEBUG = "--debug"

_HELP = """Production support for Apache Kafka: shows what is wrong with a cluster, why, and what to do.

Examples:
  kastellan doctor --bootstrap-server localhost:9092
  kastellan doctor --command-config client.properties --watch
  kastellan lag --context prod
  kastellan snapshot save prod.snapshot --bootstrap-server localhost:9092
  kastellan doctor --bundle prod.snapshot -o markdown
  kastellan explain replication.under_replicated

Exit codes:
  0   success; no finding at or above --fail-on
  1   Kastellan could not do its work
  2   bad input: an option, a name or a file
  10  a finding at or above --fail-on
  12  nothing failed, but too much could not be seen to call it healthy
"""


def _version(value: bool) -> None:
    if value:
        typer.echo(f"kastellan {VERSION}")
        raise typer.Exit


def build() -> typer.Typer:
    """The application with every command that stands in the folder."""
    app = typer.Typer(
        name="kastellan",
        help=_HELP,
        cls=HelpGroup,
        no_args_is_help=True,
        add_completion=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def _root(
        version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
        debug: Annotated[
            bool, typer.Option(_DEBUG, help="On an unexpected failure print the traceback (any place in the line).")
        ] = False,
        log_level: Annotated[
            LogLevel | None,
            typer.Option("--log-level", envvar="KASTELLAN_LOG", help="Log events of this level and above to stderr."),
        ] = None,
        log_format: Annotated[
            LogFormat, typer.Option("--log-format", envvar="KASTELLAN_LOG_FORMAT", help="Format of a log line.")
        ] = LogFormat.TEXT,
    ) -> None:
        del version, debug  # the first acts by its callback; `main` takes the second out of any place in the line
        if log_level is not None:
            from kastellan.kernel.logs import log_to

            log_to(sys.stderr, log_level, log_format)

    for module in modules_in(kastellan.surfaces.cli.commands):
        name = module.__name__.rpartition(".")[2].replace("_", "-")
        group = getattr(module, "app", None)
        if group is None:
            app.command(name, cls=HelpCommand, rich_help_panel=module.PANEL)(module.run)
        else:
            group.rich_markup_mode = None
            for command in group.registered_commands:
                command.cls = HelpCommand
            app.add_typer(group, name=name, cls=HelpGroup, rich_help_panel=module.PANEL)
    return app


def with_defaults(arguments: Sequence[str]) -> list[str]:
    """The arguments in which `--watch` has its number: Kafka's people type it bare."""
    completed: list[str] = []
    for at, argument in enumerate(arguments):
        completed.append(argument)
        following = arguments[at + 1] if at + 1 < len(arguments) else ""
        if argument == "--watch" and not following.replace(".", "", 1).isdecimal():
            completed.append(WATCH_EVERY_S)
    return completed


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = _DEBUG in words
    words = with_defaults([argument for argument in words if argument != _DEBUG])
    try:
        code = build()(args=words, prog_name="kastellan", standalone_mode=False)
        sys.stdout.flush()
    except KastellanError as error:
        return _report_failure(error.message, error.exit_code, debug=debug)
    except typer.Abort:
        return _INTERRUPTED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except typer.TyperException as error:
        return _report_misuse(error)
    except BrokenPipeError:
        return _quiet()
    except SystemExit as error:
        # typer makes one of a broken pipe.
        if isinstance(error.__context__, BrokenPipeError):
            return _quiet()
        raise
    except Exception as error:  # noqa: BLE001  (the last resort: one sentence instead of a traceback)
        return _report_unexpected(error, debug=debug)
    return code if isinstance(code, int) else 0


def _report_unexpected(error: Exception, *, debug: bool) -> int:
    if isinstance(error, OSError) and error.errno in _OUTPUT_TROUBLES:
        return _report_failure(
            f"cannot write: {error.strerror}; free space where the output and the files of this command go", 1, debug=debug
        )
    return _report_failure(f"unexpected {type(error).__name__}: {_one_line(error)}; --debug shows the traceback", 1, debug=debug)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or "no message"


def _report_failure(sentence: str, code: int, *, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exc()
    typer.echo(f"kastellan: {sentence}", err=True)
    return code


def _report_misuse(error: typer.TyperException) -> int:
    """A command line that cannot be parsed."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "kastellan"
    message = getattr(error, "format_message", lambda: _one_line(error))()
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(message, err=True)
    else:
        typer.echo(f"kastellan: {' '.join(message.split()).rstrip('.')}; see `{path} --help`", err=True)
    return int(getattr(error, "exit_code", 2))


def _quiet() -> int:
    """Whoever read our output has gone: end as a program that is told so by its signal does, without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE


def program() -> NoReturn:
    """The installed command: `main`, then the end of the process without taking the interpreter apart.

    That would free all modules and tables object by object, for a tenth of a second in which a person waits.
    """
    gc.set_threshold(_COLLECT_EVERY)
    # A stream that the caller has closed is None: nobody reads it, and the exit code still says how it went.
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  (it is open as long as the process)
    sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    code = main()
    # What would run before the interpreter is taken apart.
    atexit._run_exitfuncs()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    program()
