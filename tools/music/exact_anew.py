"""Parts of a piece that sound anew beside parts whose samples stay.

What is new is rendered with the piece's stored master curve and goes through the effects that the piece
went through, so it belongs to the mix; the other stems are the ones there were.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from segue.tools.core.audio import Samples, Waveform, quantised
from segue.tools.core.score import Part, Score
from segue.tools.core.settings import Settings
from segue.tools.music import mixdown
from segue.tools.music.exact import Material, Progress, Say, fitted, on_grid, played, summed
from segue.tools.music.render import render
from segue.tools.sound import splice
from segue.tools.sound.dynamics import limiter_curve
from segue.tools.sound.effects import Stage, apply
from segue.tools.sound.loudness import db_to_gain, gain_to_db, true_peak_db, with_gain

_SPLICE_S = 0.05
_RING_S = 2.0  # how long what was rewritten may ring on into what was not
_DEEPEST_DB = 6.0  # how much softer a new part may become for moments to make room for the others


def rescored(
    material: Material, score: Score, settings: Settings, say: Say, progress: Progress, span_s: tuple[float, float] | None = None
) -> tuple[Material, list[str]]:  # fmt: skip
    """Return the piece with a changed score of the same length: changed parts sound anew, the others stay.

    ``span_s`` promises that only this time was rewritten: outside it, and what rings out of it, changed
    parts keep their samples, too. The list names the parts that were rendered.
    """
    old = {part.name: part for part in material.score.parts} if material.score else {}
    reuse = {
        p.name: material.stems[p.name]
        for p in score.parts
        if p.name in material.stems and _sounds_as(p, old.get(p.name))
    }
    new = [part.name for part in score.parts if part.name not in reuse]
    meta = {**material.mix, "note": ""} if "curve" in material.mix else {**material.mix, "gain_db": 0.0, "curve": mixdown.pack_curve(np.ones(2))}  # fmt: skip
    loop = material.frames == round(score.clock().seconds(score.bars * score.beats_per_bar) * material.sample_rate)
    rendered = render(
        score, settings, progress=progress, reuse=reuse, mix=meta, sample_rate=material.sample_rate, loop=loop,
        duration_s=material.frames / material.sample_rate,
    )  # fmt: skip
    if rendered.meta.get("note") and rendered.meta["gain_db"] == meta["gain_db"]:
        say(str(rendered.meta["note"]))
    applied = material.mix.get("applied", [])
    # The renderer lowers everything where the sum is too loud; here the new parts alone make room.
    lowered = float(rendered.meta["gain_db"]) - float(meta["gain_db"])
    fresh = {n: _reapplied(with_gain(rendered.stems[n], -lowered), applied, fades=False) for n in new}
    if reuse or span_s:  # where all is new, one constant gain does no harm
        fresh = _making_room(reuse, fresh, say)
    if span_s:
        fresh = {n: _spliced(material.stems[n], s, span_s) if n in material.stems else s for n, s in fresh.items()}
    stems = {p.name: reuse[p.name] if p.name in reuse else on_grid(fresh[p.name]) for p in score.parts}
    return summed(stems, score, {**rendered.meta, "gain_db": meta["gain_db"], "applied": applied}, say), new


def _sounds_as(part: Part, before: Part | None) -> bool:
    """Return whether a part sounds as it did; words on its notes are not heard."""
    if before is None or len(part.notes) != len(before.notes):
        return False
    if part == before:
        return True
    bare = [
        p.model_copy(update={"notes": [n.model_copy(update={"lyric": None}) for n in p.notes]}) for p in (part, before)
    ]
    return bare[0] == bare[1]


def _making_room(others: Mapping[str, Waveform], new: dict[str, Waveform], say: Say) -> dict[str, Waveform]:
    """Return new stems, softer for moments, so that their sum with the others passes no true peak of −1 dBTP.

    So the others need not be touched. A limiter lowers the new stems by 6 dB at most; what few samples
    still pass are clipped in them.
    """
    if not new:
        return new
    rate = next(iter(new.values())).sample_rate
    added: Samples = np.add.reduce([stem.samples for stem in new.values()])
    fixed: Samples = np.add.reduce([np.zeros_like(added), *(stem.samples for stem in others.values())])
    total = fixed + added
    ceiling = db_to_gain(mixdown.CEILING_DB)
    factor, deepest = np.ones_like(added), 0.0
    for turn in range(10):
        over = true_peak_db(Waveform(fixed + added * factor, rate)) - mixdown.CEILING_DB
        if over <= 0:
            break
        ceiling *= db_to_gain(-over - 0.02 * (turn + 1))
        room = (ceiling - np.sign(total) * fixed) / np.maximum(np.abs(added), 1e-9)
        needed = np.where(np.abs(total) > ceiling, np.clip(room, db_to_gain(-_DEEPEST_DB), 1.0), 1.0).min(axis=0)
        factor = np.repeat(limiter_curve((1 / needed).astype(np.float32), rate, 1.0)[None], added.shape[0], axis=0)
        deepest = -gain_to_db(float(factor.min()))
        bound = np.maximum(ceiling, np.abs(fixed))
        softer = added * factor
        clipped = np.clip(fixed + softer, -bound, bound) - fixed
        factor *= np.divide(clipped, softer, out=np.ones_like(softer), where=np.abs(softer) > 1e-6)
    if deepest > 1:
        say(f"What is new is up to {deepest:.0f} dB softer for moments, so that the peaks stay under −1 dBTP.")
    return {n: Waveform(np.asarray(s.samples * factor, dtype=np.float32), s.sample_rate) for n, s in new.items()}


def rendered_anew(
    material: Material, score: Score, settings: Settings, say: Say, progress: Progress, duration_s: float | None = None,
    loop: bool | None = None,
) -> Material:  # fmt: skip
    """Return the whole of a changed score, mastered to the loudness it had, with its effects and fades.

    ``loop`` says whether it goes round; without it, whether the piece did.
    """
    lufs = float(material.mix.get("lufs", -14.0))
    loop = (duration_s is None and bool(material.score) and _is_loop(material)) if loop is None else loop
    rendered = render(
        score, settings, progress=progress, lufs=max(-40.0, min(-8.0, lufs)), sample_rate=material.sample_rate,
        duration_s=duration_s, loop=loop,
    )  # fmt: skip
    applied = material.mix.get("applied", [])
    if not applied:
        return played(rendered, score, [], say)
    stems, _ = fitted({n: _reapplied(stem, applied, fades=True) for n, stem in rendered.stems.items()}, say)
    return summed(stems, score, {**rendered.meta, "applied": applied}, say)


def _is_loop(material: Material) -> bool:
    score = material.score
    assert score is not None
    return material.frames == round(score.clock().seconds(score.bars * score.beats_per_bar) * material.sample_rate)


def _reapplied(stem: Waveform, applied: Sequence[Mapping[str, Any]], fades: bool) -> Waveform:
    """Send a new stem through what its piece went through. Gain curves are in the master's already."""
    out = stem
    for entry in applied:
        if "fade" in entry and fades:
            in_s, out_s = (min(float(seconds), out.duration_s) for seconds in entry["fade"])
            out = Waveform(out.samples * splice.fade_curve(out.frames, out.sample_rate, in_s, out_s), out.sample_rate)
        for stage in entry.get("stages", []):
            if stage["kind"] not in ("compress", "punch", "tremolo", "loudness", "gain"):
                out, _, _ = apply([Stage(stage["kind"], stage["values"])], out)
    return out


def _spliced(old: Waveform, new: Waveform, span_s: tuple[float, float]) -> Waveform:
    """Return ``old`` with ``new`` in a span and for as long as it rings out of it."""
    start, stop = (min(old.frames, max(0, round(seconds * old.sample_rate))) for seconds in span_s)
    blend = round(_SPLICE_S * old.sample_rate)
    differs = np.flatnonzero(np.abs(new.samples[:, stop:] - old.samples[:, stop:]).max(axis=0) > 1e-4)
    # A difference that never ends is the synthesiser's drift, and is cut.
    ringing = min(int(differs[-1]) + 1 if len(differs) else 0, round(_RING_S * old.sample_rate))
    end = min(old.frames, stop + ringing)
    begin = max(0, start - blend)  # a note played a little early belongs to the span
    out: Samples = old.samples.copy()
    out[:, begin:end] = new.samples[:, begin:end]
    rise = np.linspace(0, 1, blend, dtype=np.float32)
    tail = min(blend, old.frames - end)
    out[:, end : end + tail] = (
        new.samples[:, end : end + tail] * rise[::-1][:tail] + old.samples[:, end : end + tail] * rise[:tail]
    )
    return Waveform(quantised(out), old.sample_rate)
