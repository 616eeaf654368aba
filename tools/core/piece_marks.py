"""What a piece's files say about it besides their sound: tempo, key, loop points."""

from segue.tools.core.audio_marks import Marks
from segue.tools.core.piece import Piece
from segue.tools.core.score import Score
from segue.tools.core.theory import parse_key


def marks_of(piece: Piece, score: Score | None, frames: int) -> Marks | None:
    """Return tempo, key and loop points of a piece with notes; a tempo that changes is none."""
    if score is None:
        return None
    loop = (0, frames) if piece.mix.get("loop") else None
    bpm = score.bpm if len({mark.bpm for mark in score.tempo}) == 1 else None
    return Marks(bpm, score.key, parse_key(score.key).tonic, score.meter, loop)
