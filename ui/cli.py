"""The command line: ``segue``. JSON on stdout, logs on stderr; 0 done, 1 a step failed, 2 wrong usage, 130 interrupted.

Only the command that is called is imported; the others stand in the overview by name, so that
``segue --help`` is quick. Tools without a command of their own get one made from their arguments.
"""

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

import segue.tools

# name: (module, what the overview says)
COMMANDS: dict[str, tuple[str, str]] = {
    "chat": ("commands_talk", "Say something, or talk in the terminal."),
    "serve": ("commands_house", "Serve the chat page and the API."),
    "plan": ("commands_talk", "Show what would be done; nothing is run."),
    "generate": ("commands_make", "Make a new piece of music."),
    "edit": ("commands_make", "Change a file as you say."),
    "caption": ("commands_make", "Describe music in words, or answer a question about it."),
    "tag": ("commands_make", "Measure tempo, key, mood, genre, instruments and more."),
    "transcribe": ("commands_make", "Write music down: MIDI, MusicXML, a picture, chords."),
    "separate": ("commands_make", "Take a file apart into stems."),
    "library": ("commands_library", "Your own music: add a folder, search, save a playlist."),
    "trace": ("commands_talk", "Print how a turn came to be, as JSON lines."),
    "replay": ("commands_talk", "Run a turn's plan again."),
    "eval": ("commands_house", "Measure how good Segue is."),
    "doctor": ("commands_house", "Show what this machine has and lacks; --fix brings it."),
    "serve-tools": ("commands_house", "Serve a model to other machines over HTTP."),
    "keys": ("commands_keys", "Keys of a server: who else may use it, and how much."),
    "mcp": ("commands_house", "Serve the tools to other agents: MCP on stdio."),
    "store": ("commands_house", "Show and clean the room that pieces take."),
    "backup": ("commands_house", "Save the whole data folder to one file."),
    "restore": ("commands_house", "Bring a saved data folder back."),
}
GROUPS = {"library", "store", "keys"}


def tool_files() -> dict[str, str]:
    """Return every tool's name and the first sentence of its description, read without importing it."""
    found: dict[str, str] = {}
    for folder in segue.tools.__path__:
        for path in sorted(Path(folder).glob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            described = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Args"]
            if described:
                words = " ".join((ast.get_docstring(described[0]) or "").split())
                found[path.stem] = words.split(". ")[0].rstrip(".") + "."
    return found


def build(wanted: str | None) -> typer.Typer:
    """Return the application with ``wanted`` imported and every other command named only."""
    app = typer.Typer(
        name="segue",
        help="A conversational music agent: talk to it, and it finds, makes, changes, describes and writes down music.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help: rich takes 0.3 s to import
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name, (module, help) in COMMANDS.items():
        if name != wanted:
            app.command(name, help=help)(_named_only)
        else:
            _add(app, name, module, help)
    for name, help in tool_files().items():
        if name not in COMMANDS:
            run = _generated(name) if name == wanted else _named_only
            app.command(name, help=None if name == wanted else help)(run)
    return app


def _add(app: typer.Typer, name: str, module: str, help: str) -> None:
    loaded = importlib.import_module(f"segue.ui.{module}")
    entry: Any = getattr(loaded, name.replace("-", "_") + "_command")
    if name in GROUPS:
        app.add_typer(entry, name=name, help=help)
    else:
        guarded = importlib.import_module("segue.ui.terminal").guarded
        app.command(name)(guarded(entry))


def _generated(name: str) -> Callable[..., Any]:
    from segue.tools.core.registry import tool
    from segue.ui.generated import command
    from segue.ui.terminal import guarded

    made: Callable[..., Any] = guarded(command(tool(name)))
    return made


def _named_only() -> None:
    """Stand in the overview."""


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"segue {version('segue-music')}")
        raise typer.Exit


def _options(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_show_version, is_eager=True),
) -> None:
    """Take what stands before the command."""


def main() -> None:
    """Run the command line; the entry point ``segue``."""
    wanted = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    build(wanted)()


if __name__ == "__main__":
    main()
