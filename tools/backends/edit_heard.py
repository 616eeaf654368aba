"""What can be done to a recording by what is heard in it: loops of its bars, and its chords in another style."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import CannotDo, InvalidArgument
from segue.tools.core.settings import Settings
from segue.tools.core.vocabulary import genres_in
from segue.tools.listen.facts import Analysis
from segue.tools.music import exact_score, exact_sound
from segue.tools.music.compose import compose
from segue.tools.music.compose_request import Request
from segue.tools.music.exact import Material, played
from segue.tools.music.exact_sound import Desk, Done, recording
from segue.tools.music.render import render
from segue.tools.sound.splice import SEAM_S

_LEAST_TEMPO = 0.3  # confidence of the tempo from which a recording's bars are composed over


def bars_looped(
    material: Material,
    lines_s: Sequence[float],
    first: int | None,
    last: int | None,
    times: int,
    seamless: bool,
    desk: Desk,
) -> Done:
    """Play bars of a recording ``times`` times, from bar line to bar line.

    The end of every pass fades over 20 ms into what lies before the first bar, so that it goes on at the bar line as the
    recording did; a seamless loop ends like that as well, and can go round for ever. Bars count from the first one heard.

    Raises
    ------
    CannotDo : no bar lines are heard.
    InvalidArgument : bars that are not there.
    """
    rate = material.sample_rate
    (start, stop, size), measured = bars_meant(material.frames, rate, lines_s, first, last)
    once = material.wave.samples[:, start:stop].copy()
    turned = once.copy()
    if size:
        rise = np.sin(np.pi / 2 * (np.arange(size, dtype=np.float32) + 0.5) / size)
        before = material.wave.samples[:, start - size : start]
        turned[:, -size:] = once[:, -size:] * rise[::-1] + before * rise
    passes = [turned] * (times - 1) + [turned if seamless else once]
    made = recording(Waveform(np.concatenate(passes, axis=1), rate), desk)
    return Done(made, "bars as heard, from bar line to bar line", {"times": times, **measured})


def bars_meant(
    frames: int, rate: int, lines_s: Sequence[float], first: int | None, last: int | None
) -> tuple[tuple[int, int, int], dict[str, Any]]:  # fmt: skip
    """Return where bars begin and end and the length of the fade at their end, in frames; and that in words.

    Raises
    ------
    CannotDo : no bar lines are heard.
    InvalidArgument : bars that are not there.
    """
    lines = [round(at * rate) for at in lines_s if 0 <= at * rate <= frames]
    if len(lines) < 2:
        raise CannotDo(
            "No bars of this recording are heard clearly enough to loop them.", "Trim by seconds, and loop that."
        )
    first, last = first or 1, last or first or len(lines) - 1
    if last >= len(lines):
        raise InvalidArgument(
            f"Bar {last} is not there: {len(lines) - 1} whole bars are heard.", "Name bars that are there."
        )
    start, stop = lines[first - 1], lines[last]
    size = min(round(SEAM_S * rate), start, (stop - start) // 4)
    where = {"start_s": round(start / rate, 4), "end_s": round(stop / rate, 4)}
    return (start, stop, size), {"bars": [first, last], **where, "blend_ms": round(1000 * size / rate, 1)}


def accompanied(
    material: Material, facts: Analysis, instrument: str, prompt: str | None, settings: Settings, desk: Desk
) -> Done:  # fmt: skip
    """Compose a part for a recording: over the bars, key and chords that are heard.

    Raises
    ------
    CannotDo : no beat or key is heard clearly enough.
    """
    if len(facts.downbeats) < 3 or facts.meter is None or facts.key is None or facts.bpm_confidence < _LEAST_TEMPO:
        raise CannotDo(
            "No beat or key is heard clearly enough to add a part in time and in tune.",
            "Generate a piece with the tempo and key that you want, and mix the two.",
        )
    if prompt:
        desk.say(f"'{prompt}' could not be followed: over a recording only the instrument can be chosen.")
    heard = exact_score.heard_score(facts.downbeats, facts.meter, facts.key, facts.chords, facts.genre)
    done = exact_sound.accompanied(material, heard, facts.downbeats[0], instrument, settings, desk)
    sure = {"bpm_confidence": round(facts.bpm_confidence, 2), "key_confidence": round(facts.key_confidence, 2)}
    return Done(done.material, done.how, {**done.measured, **sure})


def restyled(
    material: Material, facts: Analysis, prompt: str, seed: int | None, settings: Settings, desk: Desk
) -> Done:  # fmt: skip
    """Compose the recording's bars anew in another style: over its tempo, key and chords as they are heard.

    Raises
    ------
    CannotDo : no beat or key is heard clearly enough, or the words name no style that is known.
    """
    if len(facts.downbeats) < 3 or facts.meter is None or facts.key is None or facts.bpm_confidence < _LEAST_TEMPO:
        raise CannotDo(
            "No beat or key is heard clearly enough to play this in another style.",
            "Generate a piece in that style with the tempo and key that you want.",
        )
    named = genres_in(prompt)
    if not named:
        raise CannotDo(
            f"'{prompt}' names no style that I know.", "Name a genre, for example bossa nova, techno or jazz."
        )
    genre = named[0].value
    heard = exact_score.heard_score(facts.downbeats, facts.meter, facts.key, facts.chords, genre)
    score = compose(Request(accompany=heard, genre=genre, seed=seed), desk.say)
    made = render(score, settings, progress=desk.progress)
    desk.say(
        f"This is a new performance and not the recording changed: {genre.replace('_', ' ')} over the {heard.bars} bars that were heard, "
        f"in {heard.key} at {heard.bpm:.0f} bpm, with its chords. The tune, the voices and the sound of the recording are not in it."
    )
    measured = {"bars": heard.bars, "key": heard.key, "bpm": round(heard.bpm, 2), "genre": genre}
    measured |= {"bpm_confidence": round(facts.bpm_confidence, 2), "key_confidence": round(facts.key_confidence, 2)}
    return Done(played(made, score, [], desk.say), "composed over the chords heard", measured)
