"""Playing a sound from the terminal by a player that this machine has."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

_PLAYERS = (
    "mpv --no-video --really-quiet", "ffplay -nodisp -autoexit -loglevel quiet", "afplay", "pw-play", "paplay", "play -q",
    "aplay -q",
)  # fmt: skip


def command() -> list[str] | None:
    """Return the player: what SEGUE_PLAYER says, else the first that is found; None without one."""
    named = os.environ.get("SEGUE_PLAYER")
    if named:
        return shlex.split(named)
    return next((words for line in _PLAYERS if shutil.which((words := line.split())[0])), None)


class Player:
    """Plays one sound at a time, beside the conversation."""

    def __init__(self) -> None:
        self._running: subprocess.Popen[bytes] | None = None

    def play(self, path: Path) -> str:
        """Begin to play; return what to tell: the path where there is no player."""
        self.stop()
        words = command()
        if words is None:
            return f"{path}\n(no player is here: install mpv, or name one as SEGUE_PLAYER)"
        try:
            self._running = subprocess.Popen(
                [*words, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            return f"{path}\n({words[0]} cannot be started: {error.strerror})"
        return f"playing with {words[0]}; /stop ends it"

    def stop(self) -> bool:
        """Stop what plays; tells whether something did."""
        running, self._running = self._running, None
        if running is None or running.poll() is not None:
            return False
        running.terminate()
        running.wait(timeout=5)
        return True
