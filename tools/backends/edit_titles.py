"""What an edited piece is called."""

from collections.abc import Sequence


def titled(old: str, labels: Sequence[str]) -> str:
    """Return "<name> – without drums": of the latest edit only; the version tree has them all."""
    name = old.partition(" – ")[0] or "Piece"
    return f"{name} – {', '.join(labels)}"[:120]


def listed(names: Sequence[str]) -> str:
    """Return "drums, bass and piano"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def clock_time(seconds: float) -> str:
    """Return minutes and seconds, "1:02.50"."""
    return f"{int(seconds // 60)}:{seconds % 60:05.2f}".replace(".00", "")
