"""What ears that know nothing of the score find in rendered pieces, beside the same on a plain rendering.

The plain rendering has the same notes on one dry piano, with drums on a standard kit: where the estimators fail
there too, the error is theirs or the notes', and not the sound's.
"""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from segue.evals.generate_judge import DURATION_S, Verdict, judge_bars, judge_key, judge_meter, judge_tempo, readable
from segue.evals.generate_requests import Asked
from segue.tools.core.score import Part, Score
from segue.tools.core.settings import load_settings
from segue.tools.listen.analyse import analyse_wave
from segue.tools.listen.facts import Analysis
from segue.tools.music.render import render

LONGEST_S = 45.0  # seconds of the longest piece in the sample


def sample(requests: Sequence[Asked], seconds: Mapping[int, float], count: int) -> list[Asked]:
    """Return that many requests, evenly spread over those for tempo, key or chords whose pieces last ``LONGEST_S`` at most.

    Parameters
    ----------
    seconds : how long the piece of each number lasts.
    """
    fitting = [
        asked
        for asked in requests
        if (asked.bpm or asked.key or asked.chords) and seconds.get(asked.number, LONGEST_S + 1) <= LONGEST_S
    ]
    count = min(count, len(fitting))
    return [fitting[place * len(fitting) // count] for place in range(count)]


def plain(score: Score) -> Score:
    """Return the same notes on one dry piano, drums on a standard kit."""
    pitched = [note for part in score.parts if not part.is_drum for note in part.notes]
    struck = [note for part in score.parts if part.is_drum for note in part.notes]
    parts = [
        Part(name="piano", role="chords", stem="piano", instrument="piano", reverb=0.0,
             notes=sorted(pitched, key=lambda n: (n.start, n.pitch))),
        Part(name="drums", role="drums", stem="drums", instrument="drums", is_drum=True, reverb=0.0,
             notes=sorted(struck, key=lambda n: (n.start, n.pitch))),
    ]  # fmt: skip
    return score.model_copy(update={"parts": [part for part in parts if part.notes], "genre": None})


def heard(asked: Asked, score: Score) -> dict[str, Any]:
    """Render a piece twice, listen to both, and judge; JSON with ``number``, ``sound`` and ``plain`` verdicts."""
    settings = load_settings()
    wave = render(score, settings, duration_s=asked.seconds).mix
    found = judge_heard(asked, score, analyse_wave(wave))
    if asked.seconds:
        ok = abs(wave.duration_s - asked.seconds) <= DURATION_S
        found.append(Verdict("duration", ok, f"{asked.seconds} s", f"{wave.duration_s:.2f} s", "another length"))
    bare = judge_heard(asked, score, analyse_wave(render(plain(score), settings).mix))
    return {"number": asked.number, "sound": [asdict(v) for v in found], "plain": [asdict(v) for v in bare]}


def judge_heard(asked: Asked, score: Score, facts: Analysis) -> list[Verdict]:
    """Judge what was heard; of ``score`` only the bar lines are used, and only for chords."""
    out: list[Verdict] = []
    if asked.bpm:
        out += judge_tempo(asked.bpm, facts.bpm)
    if asked.key:
        out += judge_key(asked.key, facts.key, whole_modes=False)
    if asked.meter:
        out.append(judge_meter(asked.meter, facts.meter))
    if asked.chords:
        clock = score.clock()
        lines = [clock.seconds(score.bar_beat(bar + 1)) for bar in range(score.bars + 1)]
        found = [_chord_between(facts, start, end) for start, end in itertools.pairwise(lines)]
        out += judge_bars(asked.chords, found)
    return out


def _chord_between(facts: Analysis, start: float, end: float) -> tuple[int, str] | None:
    """Return the chord that is heard longest between two times."""
    lasts: Counter[str] = Counter()
    for begin, stop, symbol in facts.chords:
        if min(stop, end) > max(begin, start):
            lasts[symbol] += round(1000 * (min(stop, end) - max(begin, start)))
    return readable(lasts.most_common(1)[0][0]) if lasts else None
