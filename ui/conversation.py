"""A conversation in the terminal: ``segue chat`` without a message."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from segue.agent import Agent
from segue.agent.events import Reply
from segue.tools.core.errors import SegueError
from segue.tools.core.settings import load_settings
from segue.tools.core.store import SHARED
from segue.ui.players import clock
from segue.ui.playing import Player
from segue.ui.terminal import ShownProgress, as_json, log, out, plain
from segue.ui.voice import Voice

HELP = """/attach FILE   a file to talk about, with your next message
/new           begin another conversation
/sessions      list conversations; /session ID goes on with one
/play [N]      play the Nth sound of the last answer; /stop ends it
/quit          leave (or Ctrl-D); Ctrl-C stops what runs"""
_HISTORY = 1000  # lines


class Talk:
    """What the terminal's conversation knows."""

    def __init__(self, speaker: Voice, session: str | None, files: list[Path], json_output: bool) -> None:
        self.speaker = speaker
        self.session = session
        self.files = files
        self.json_output = json_output
        self.last: Reply | None = None
        self.player = Player()

    def say(self, message: str) -> None:
        """Take one turn and print its answer."""
        with ShownProgress() as shown:
            reply = self.speaker.chat(message, self.session, self.files, shown)
        self.session, self.files, self.last = reply.session, [], reply
        if self.json_output:
            as_json(reply.model_dump(mode="json"))
        else:
            show(reply)

    @property
    def commands(self) -> dict[str, Callable[[str], None]]:
        """What begins with a slash, besides leaving."""
        return {
            "attach": self._attach, "new": self._new, "sessions": self._sessions, "session": self._resume,
            "play": self._play, "stop": self._stop, "help": self._help,
        }  # fmt: skip

    def command(self, line: str) -> bool:
        """Do a command that begins with a slash; return False to leave."""
        name, _, rest = line[1:].partition(" ")
        commands = self.commands
        if name in ("quit", "exit"):
            return False
        if name in commands:
            commands[name](rest.strip())
        else:
            log(f"There is no /{name}.\n{HELP}")
        return True

    def _help(self, rest: str) -> None:
        log(HELP)

    def _attach(self, rest: str) -> None:
        path = Path(rest.strip("'\"")).expanduser()
        if path.is_file():
            self.files.append(path)
            log(f"attached {path.name}; now say what to do with it")
        else:
            log(f"There is no file {path}.")

    def _new(self, rest: str) -> None:
        self.session, self.files, self.last = None, [], None
        log("a new conversation")

    def _sessions(self, rest: str) -> None:
        for session in self.speaker.sessions()[:20]:
            log(plain(f"{session.id}  {session.turns:3d} turns  {session.title}"))

    def _resume(self, rest: str) -> None:
        for turn in self.speaker.history(rest)[-3:]:
            log(plain(f"you: {turn.message}"))
            if turn.reply:
                log(plain(turn.reply.reply))
        self.session = rest

    def _play(self, rest: str) -> None:
        sounds = [one for one in (self.last.artifacts if self.last else []) if one.kind == "audio"]
        number = int(rest) if rest.isdigit() else 1
        if 1 <= number <= len(sounds):
            log(self.player.play(Path(sounds[number - 1].path)))
        else:
            log("The last answer has no such sound.")

    def _stop(self, rest: str) -> None:
        log("stopped" if self.player.stop() else "nothing plays")

    def completions(self, line: str) -> list[str]:
        """Return what a line could become: commands, files to attach, sessions to go on with."""
        name, space, rest = line.partition(" ")
        if not line.startswith("/"):
            return []
        if not space:
            return [f"/{one} " for one in [*self.commands, "quit"] if f"/{one}".startswith(name)]
        if name == "/attach":
            start = Path(rest).expanduser()
            folder = start if rest.endswith("/") else start.parent
            begun = "" if rest.endswith("/") else start.name
            found = sorted(
                path for path in folder.glob("*") if path.name.startswith(begun) and (begun or path.name[0] != ".")
            )
            return [f"{name} {path}{'/' if path.is_dir() else ''}" for path in found]
        if name == "/session":
            return [f"{name} {session.id}" for session in self.speaker.sessions() if session.id.startswith(rest)]
        return []


def converse(speaker: Voice, session: str | None, files: list[Path], json_output: bool) -> None:
    """Read messages until the input ends."""
    talk = Talk(speaker, session, list(files), json_output)
    if session:
        speaker.history(session)  # an unknown one is an error now, not after the first message
    at_terminal = sys.stdin.isatty()
    try:
        with _line_editing(talk) if at_terminal else contextlib.nullcontext():
            if at_terminal:
                log('Segue. Say what you want, for example "make a calm piano loop"; /help lists commands.')
                offer_library(speaker)
            _read_lines(talk, "\n› " if at_terminal else "")
    finally:
        talk.player.stop()


def _read_lines(talk: Talk, prompt: str) -> None:
    while True:
        try:
            line = input(prompt).strip()
        except EOFError:
            return
        except KeyboardInterrupt:
            log("(Ctrl-D or /quit leaves)")
            continue
        if not line:
            continue
        try:
            if line.startswith("/"):
                if not talk.command(line):
                    return
            else:
                talk.say(line)
        except SegueError as error:
            log(plain(str(error)))
        except KeyboardInterrupt:
            log("stopped")


@contextlib.contextmanager
def _line_editing(talk: Talk) -> Iterator[None]:
    """Give ``input`` a history that is kept in the data folder, and completion by Tab."""
    try:
        import readline
    except ImportError:  # Windows has its own
        yield
        return
    history = load_settings().home / "chat_history"
    with contextlib.suppress(OSError):  # the first time there is none
        readline.read_history_file(history)
    readline.set_history_length(_HISTORY)
    readline.set_completer_delims("")  # a command with its file is completed as a whole

    def complete(text: str, state: int) -> str | None:
        found = talk.completions(text)
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            readline.write_history_file(history)
            history.chmod(0o600)


def offer_library(speaker: Voice) -> None:
    """On an empty library, offer to add a folder or to make the demo library; nothing without a yes."""
    if not isinstance(speaker, Agent) or speaker.store.pieces(SHARED, kind="track", limit=1):
        return
    log("Your library is empty. A folder with music can be added, or a demo library of 24 short pieces composed.")
    try:
        answer = input("Folder, 'demo', or Enter for neither: ").strip()
    except (EOFError, KeyboardInterrupt):
        log("")
        return
    if not answer:
        return
    with ShownProgress() as shown:
        if answer.lower().strip("'\"") in ("demo", "d"):
            from segue.ui.demo import make

            made = make(speaker, lambda done, total, label: log(f"{done} of {total}  {label}"))
            log(f"{made} pieces are in your library")
            return
        result = speaker.run_tool(
            "library", {"action": "add", "folder": str(Path(answer.strip("'\"")).expanduser())}, shown
        )
    log(plain(str(result.error)) if result.error else "the folder is in your library")


def show(reply: Reply) -> None:
    """Print an answer: its words, its files, its notes."""
    if reply.reply:
        out(plain(reply.reply))
    for made in reply.artifacts:
        length = f"  {clock(made.duration_s)}" if made.duration_s else ""
        out(plain(f"  {made.kind}: {made.title}{length}  {made.path}"))
