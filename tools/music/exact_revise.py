"""Edits of composed pieces by their score: notes change, what they touch sounds anew, all else keeps its samples.

Each takes the piece's material, the desk of whoever asked, and an operation's plain values; it returns
what was done and a few words for the title.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import CannotDo
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.music import exact, exact_anew, revise
from segue.tools.music.exact import Material
from segue.tools.music.exact_sound import Desk, Done, difference_s
from segue.tools.music.melody_lyrics import set_lyrics
from segue.tools.music.revise_words import number_of

Named = tuple[Done, str]  # what was done, and how a title says it


def _score_of(material: Material) -> Score:
    if material.score is None or not material.stems:
        raise CannotDo(
            "This needs the notes of each part, and this is a recording.",
            "Transcribe it to notes first and edit those, or generate a new piece in its key and tempo.",
        )
    return material.score


def put(
    material: Material, score: Score, how: str, desk: Desk, settings: Settings, measured: Mapping[str, Any],
    bars: tuple[int, int] | None = None,
) -> Done:  # fmt: skip
    """Return material with a changed score of the same length: only the parts that changed sound anew.

    With ``bars`` these parts keep their samples outside them, and outside what rings on.
    """
    old = _score_of(material)
    span = None
    if bars is not None and bars != (1, old.bars):
        clock = old.clock()
        span = (clock.seconds(old.bar_beat(bars[0])), clock.seconds(old.bar_beat(bars[1] + 1)))
    made, new = exact_anew.rescored(material, score, settings, desk.say, desk.progress, span)
    stems = material.stems
    same = [name for name, stem in made.stems.items() if name in stems and stem.samples is stems[name].samples]
    found: dict[str, Any] = {"rendered": new, "unchanged": same, **measured}
    if span is not None:
        found |= {"span_s": [round(s, 3) for s in span], "changed_s": difference_s(material.wave, made.wave)}
    return Done(made, how, found)


def _whole(
    material: Material, score: Score, how: str, desk: Desk, settings: Settings, measured: Mapping[str, Any],
    duration_s: float | None = None,
) -> Done:  # fmt: skip
    """Return material of a score whose length changed: everything is rendered and mastered anew."""
    made = exact_anew.rendered_anew(material, score, settings, desk.say, desk.progress, duration_s)
    return Done(made, how, measured)


# -- parts and bars --------------------------------------------------------------------------------


def replaced(material: Material, desk: Desk, settings: Settings, *, stem: str, instrument: str) -> Named:
    """Play a part on another instrument."""
    score, names = _score_of(material), exact.find_parts(material, stem)
    for name in names:
        score = revise.replace_instrument(score, name, instrument)
    return put(material, score, "the part played anew", desk, settings, {"parts": names}), f"{stem} → {instrument}"


def added(
    material: Material, desk: Desk, settings: Settings, *, instrument: str, prompt: str | None = None,
    seed: int | None = None,
) -> Named:  # fmt: skip
    """Compose one more part over the piece's chords."""
    number = number_of(seed)
    score = revise.add_part(_score_of(material), instrument, prompt or "", seed=number)
    how = "a part composed over the same chords"
    return put(material, score, how, desk, settings, {"seed": number}), f"with {instrument}"


def regenerated(
    material: Material, desk: Desk, settings: Settings, *, start_bar: int | None = None, end_bar: int | None = None,
    section: str | None = None, prompt: str | None = None, parts: Sequence[str] = (), keep: Sequence[str] = (),
    seed: int | None = None,
) -> Named:  # fmt: skip
    """Write bars anew, in all parts or some."""
    old, number = _score_of(material), number_of(seed)
    bars = revise.bars_meant(old, start_bar, end_bar, section)
    score = revise.regenerate(
        old, *bars, prompt or "", parts=parts, keep=keep, seed=number, say=desk.say
    )  # fmt: skip
    where = _where(old, bars, section)
    label = f"{where} anew" if where else "another take"
    if prompt:
        label = f"{where} {prompt}".strip()
    how = "new notes in these bars; the rest keeps its samples" if where else "new notes over the same form and chords"
    return put(material, score, how, desk, settings, {"bars": list(bars), "seed": number}, bars), label


def _where(score: Score, bars: tuple[int, int], section: str | None) -> str:
    if section:
        return section.removeprefix("the ")
    if bars == (1, score.bars):
        return ""
    return f"bars {bars[0]}–{bars[1]}" if bars[0] != bars[1] else f"bar {bars[0]}"


def restyled(
    material: Material, desk: Desk, settings: Settings, *, prompt: str, keep: Sequence[str] = (), seed: int | None = None
) -> Named:  # fmt: skip
    """Play the tune in another style; locked parts keep their samples."""
    number = number_of(seed)
    score = revise.restyle(_score_of(material), prompt, keep=keep, seed=number, say=desk.say)
    measured = {"genre": score.genre, "seed": number}
    if keep:
        return put(material, score, "arranged anew round what is locked", desk, settings, measured), prompt
    return _whole(material, score, "arranged and rendered anew", desk, settings, measured), prompt


# -- harmony, meter --------------------------------------------------------------------------------


def rechorded(
    material: Material, desk: Desk, settings: Settings, *, chords: Sequence[str], start_bar: int | None = None,
    end_bar: int | None = None, section: str | None = None, keep: Sequence[str] = (), seed: int | None = None,
) -> Named:  # fmt: skip
    """Put other chords under bars."""
    old, number = _score_of(material), number_of(seed)
    if start_bar is not None and end_bar is None and section is None:
        end_bar = min(old.bars, start_bar + len(chords) - 1)
    bars = revise.bars_meant(old, start_bar, end_bar, section)
    score = revise.set_chords(old, chords, *bars, keep=keep, seed=number, say=desk.say)
    where = _where(old, bars, section)
    how = "the harmony written anew over these chords; drums stay, the tune moves to chord tones"
    done = put(material, score, how, desk, settings, {"bars": list(bars), "seed": number}, bars)
    return done, f"{' '.join(chords)} {'in ' + where if where else ''}".strip()


def moded(
    material: Material, desk: Desk, settings: Settings, *, mode: str, start_bar: int | None = None,
    end_bar: int | None = None, section: str | None = None, keep: Sequence[str] = (),
) -> Named:  # fmt: skip
    """Make the harmony brighter or darker, by the degrees of another mode."""
    old = _score_of(material)
    bars = revise.bars_meant(old, start_bar, end_bar, section)
    score = revise.set_mode(old, mode, *bars, keep=keep)
    if score == old:
        desk.say(f"It is in {old.key} already, so nothing changed.")
    where = _where(old, bars, section)
    done = put(material, score, "degrees moved to another mode; drums stay", desk, settings,
               {"key": score.key, "bars": list(bars)}, bars)  # fmt: skip
    return done, f"{mode} {where}".strip()


def in_key(material: Material, desk: Desk, settings: Settings, *, key: str) -> Named:
    """Move a piece to a key; where the mode differs its degrees change as well."""
    old = _score_of(material)
    score = revise.set_key(old, key)
    if score.key.split()[-1] != old.key.split()[-1]:
        desk.say(f"Its mode changed as well: what was in {old.key} is in {score.key}, every note on its own degree.")
    return put(material, score, "notes moved", desk, settings, {"key_before": old.key}), f"in {score.key}"


def metred(material: Material, desk: Desk, settings: Settings, *, meter: str, seed: int | None = None) -> Named:
    """Put a piece into another meter, bar for bar."""
    number = number_of(seed)
    score = revise.set_meter(_score_of(material), meter, seed=number, say=desk.say)
    done = _whole(
        material, score, "all parts written in the new meter", desk, settings, {"bars": score.bars, "seed": number}
    )
    return done, f"in {score.meter}"


# -- feel, form ------------------------------------------------------------------------------------


def felt(
    material: Material, desk: Desk, settings: Settings, *, start_bar: int | None = None, end_bar: int | None = None,
    section: str | None = None, beat: str | None = None, swing: float | None = None, swing_by: float | None = None,
    humanise: float | None = None, quantise: float | None = None, parts: Sequence[str] = (), seed: int | None = None,
) -> Named:  # fmt: skip
    """Change the beat's pace, the swing, or how loosely it is played."""
    score, number = _score_of(material), number_of(seed)
    labels: list[str] = []
    bars = revise.bars_meant(score, start_bar, end_bar, section)
    if beat is not None:
        change = revise.half_time if beat == "half_time" else revise.double_time
        score = change(score, *bars)
        labels.append(beat.replace("_", "-") + " beat")
    if swing is not None or swing_by is not None:
        wanted = max(0.5, min(0.75, score.swing + (swing_by or 0.0))) if swing is None else swing
        if abs(wanted - score.swing) < 1e-6:
            desk.say(f"It swings by {score.swing:.2f} already, and cannot go further that way.")
        score = revise.set_swing(score, wanted)
        labels.append("straight" if wanted <= 0.505 else f"swing {wanted:.2f}")
    if quantise is not None:
        score = revise.quantise(score, quantise, parts)
        labels.append("quantised")
    if humanise is not None:
        score = revise.humanise(score, humanise, parts, seed=number)
        labels.append("humanised")
    measured = {"swing": score.swing} | ({"seed": number} if humanise is not None else {})
    return put(material, score, "the same notes played otherwise", desk, settings, measured, bars), ", ".join(labels)


def ended(material: Material, desk: Desk, settings: Settings, *, kind: str = "new", seed: int | None = None) -> Named:
    """Give a piece another ending."""
    old, number = _score_of(material), number_of(seed)
    score = revise.set_ending(old, kind, seed=number, say=desk.say)
    measured = {"kind": kind, "seed": number}
    label = {"new": "a new ending", "cold": "ends at once", "slowing": "slows at the end"}.get(kind, f"{kind} ending")
    if kind == "slowing":
        return _whole(material, score, "the last bars slower", desk, settings, measured), label
    first = old.bars if kind != "new" else max(1, old.bars - 3)
    return put(material, score, "the last bars written anew", desk, settings, measured, (first, old.bars)), label


def lengthened(
    material: Material, desk: Desk, settings: Settings, *, duration_s: float | None = None, bars: int | None = None,
    section: str | None = None, seed: int | None = None,
) -> Named:  # fmt: skip
    """Make a piece, or one of its sections, last longer (a section shorter, too)."""
    old = _score_of(material)
    if section is not None and bars is not None:
        number = number_of(seed)
        score = revise.resize_section(old, section, bars, seed=number)
        found = revise.find_section(old, section)
        measured = {"bars": score.bars, "section_bars": [found.bars, bars], "seed": number}
        done = _whole(material, score, "the section resized, all else moved", desk, settings, measured)
        return done, f"{bars} bars of {section.removeprefix('the ')}"
    if bars is not None and bars < old.bars:
        score = revise.trim_bars(old, 1, bars)
        desk.say(f"It had {old.bars} bars, so it now stops after {bars}.")
    else:
        score = revise.extend(old, duration_s, bars=bars)
    done = _whole(material, score, "more sections composed", desk, settings, {"bars": score.bars}, duration_s)
    return done, f"{bars} bars long" if bars is not None else "longer"


def worded(material: Material, desk: Desk, settings: Settings, *, text: str) -> Named:
    """Set words to the tune; its sound stays where no note had to be divided for them."""
    old = _score_of(material)
    blank = [
        p.model_copy(update={"notes": [n.model_copy(update={"lyric": None}) if n.lyric else n for n in p.notes]})
        for p in old.parts
    ]
    score = set_lyrics(old.model_copy(update={"parts": blank}), text, desk.say)
    count = [sum(len(p.notes) for p in s.parts) for s in (old, score)]
    if count[0] != count[1]:
        desk.say("Long notes of the tune were divided, so that every syllable has one.")
    done = put(material, score, "words on the notes of the tune", desk, settings, {"divided": count[1] - count[0]})
    return done, "with words"


# -- loops -----------------------------------------------------------------------------------------


def seamless(
    material: Material, desk: Desk, settings: Settings, *, times: int = 1, start_bar: int | None = None,
    end_bar: int | None = None, section: str | None = None,
) -> Named:  # fmt: skip
    """Make a loop of whole bars: exactly bars × beats × 60 / bpm long, what rings over its end at its start."""
    old = _score_of(material)
    bars = revise.bars_meant(old, start_bar, end_bar, section)
    score = revise.trim_bars(old, *bars)
    applied = [entry for entry in material.mix.get("applied", []) if "fade" not in entry]
    unfaded = replace(material, mix={**material.mix, "applied": applied})
    once = exact_anew.rendered_anew(unfaded, score, settings, desk.say, desk.progress, loop=True)
    stems = {n: Waveform(np.tile(s.samples, (1, times)), s.sample_rate) for n, s in once.stems.items()}
    made = exact.summed(stems, revise.loop(score, times), {**once.mix, "loop": True}, desk.say) if times > 1 else once
    made = replace(made, mix={**made.mix, "loop": True, "frames": made.frames})
    seconds = score.clock().seconds(score.bars * score.beats_per_bar)
    measured = {"bars": score.bars, "times": times, "loop_s": round(seconds, 6)}
    where = _where(old, bars, section)
    return Done(made, "rendered as a loop, its tail wrapped round", measured), f"loop of {where or 'all'}"
