"""Edits of a piece whose stems are known: exact, because nothing but what was named is touched.

The mix is the sum of the stems on the 24-bit grid, so taking one out, cutting or fading all of them
alike keeps every other sample. Parts that must sound anew are rendered with the stored master curve
and put beside the untouched stems.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from segue.tools.core.audio import Waveform, quantised
from segue.tools.core.errors import CannotDo
from segue.tools.core.instruments import find_instrument
from segue.tools.core.score import Part, Score
from segue.tools.music import exact_score, mixdown, mixdown_duck, revise
from segue.tools.music.parts import parts_named
from segue.tools.music.render import Rendered, remix
from segue.tools.sound import splice
from segue.tools.sound.dynamics import FULL_SCALE, Curve, fitting_gain_db, headroom_db
from segue.tools.sound.effects import Stage, apply
from segue.tools.sound.loudness import gain_to_db, with_gain

Say = Callable[[str], None]
Check = Callable[[], None]
Progress = Callable[[float, float, str], None]

_SPLICE_S = 0.05
_RING_S = 2.0  # how long what was rewritten may ring on into what was not
_DEEPEST_DB = 6.0  # how much softer a new part may become for moments to make room for the others


@dataclass(frozen=True)
class Material:
    """What a piece is made of while it is edited.

    ``stems`` (by part name; empty for a recording) sum to ``wave``, sample for sample. ``mix`` is the
    renderer's description of the master (``Piece.mix``), with ``applied``: the effects and fades that
    parts rendered later must go through as well.
    """

    wave: Waveform
    stems: Mapping[str, Waveform] = field(default_factory=dict)
    score: Score | None = None
    mix: Mapping[str, Any] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """Length in frames."""
        return self.wave.frames

    @property
    def sample_rate(self) -> int:
        """Rate in Hz."""
        return self.wave.sample_rate


def played(rendered: Rendered, score: Score | None, applied: Sequence[Any], say: Say) -> Material:
    """Return a rendering as material; what the renderer has to tell is said."""
    meta = dict(rendered.meta)
    if note := meta.pop("note", ""):
        say(str(note))
    if applied:
        meta["applied"] = list(applied)
    return Material(rendered.mix, rendered.stems, score, meta)


def summed(stems: Mapping[str, Waveform], score: Score | None, mix: Mapping[str, Any], say: Say) -> Material:
    """Return the sum of stems as material; one constant gain, said aloud, where it passes −1 dBTP."""
    return played(remix(stems, {**mix, "note": ""}), score, mix.get("applied", []), say)


def changed(
    material: Material, change: Callable[[Waveform], Waveform], say: Say, score: Score | None, mix: Mapping[str, Any]
) -> Material:
    """Return material with the same linear change made to every stem, or to the recording."""
    if material.stems:
        stems, down = fitted({name: change(stem) for name, stem in material.stems.items()}, say)
        return summed(stems, score, gain_noted(mix, down), say)
    return Material(unclipped(change(material.wave), say), score=score)


def unclipped(wave: Waveform, say: Say) -> Waveform:
    """Return a sound that does not clip: lowered by one constant gain, said aloud, where it would."""
    gain = fitting_gain_db(wave)
    if gain == 0:
        return wave
    say(f"The whole was lowered by {decibels(gain)}, so that it does not clip.")
    return with_gain(wave, gain)


def decibels(gain_db: float) -> str:
    """Return the size of a gain in words, never as nothing: "0.3 dB", "0.02 dB"."""
    size = abs(gain_db)
    return f"{size:.{1 if size > 0.1 else 2}f} dB"


def fitted(stems: Mapping[str, Waveform], say: Say) -> tuple[dict[str, Waveform], float]:
    """Return stems on the 24-bit grid, and the constant gain in dB, said aloud, that all of them needed for it."""
    down = min(0.0, min(headroom_db(stem) for stem in stems.values()) - 0.01)
    if down < 0:
        say(f"The whole was lowered by {-down:.1f} dB, so that no part clips.")
        stems = {name: with_gain(stem, down) for name, stem in stems.items()}
    return {name: on_grid(stem) for name, stem in stems.items()}, max(-120.0, down)


def on_grid(wave: Waveform) -> Waveform:
    """Return a sound on the 24-bit grid, on which stems sum exactly."""
    return Waveform(quantised(wave.samples), wave.sample_rate)


# -- which parts -------------------------------------------------------------------------------


def find_parts(material: Material, word: str) -> list[str]:
    """Return the names of the stems that a word means: a part's name, a role, an instrument or a group.

    Raises
    ------
    NotFound : nothing of that name plays; the hint lists what does.
    """
    parts = {part.name: part for part in material.score.parts} if material.score else {}
    return parts_named([parts.get(name) or Part(name=name, stem=_group_of(name)) for name in material.stems], word)


def _group_of(name: str) -> str:
    instrument = find_instrument(name)
    return instrument.stem if instrument else "other"


def find_all(material: Material, words: Sequence[str]) -> list[str]:
    """Return the stems that several words mean, each once, in the piece's order."""
    wanted = {name for word in words for name in find_parts(material, word)}
    return [name for name in material.stems if name in wanted]


# -- exact operations --------------------------------------------------------------------------


def kept_parts(material: Material, names: Sequence[str], say: Say) -> Material:
    """Return only the named stems; their samples do not change."""
    if not names:
        raise CannotDo("Nothing would be left.", "Leave at least one part in.")
    score = material.score
    if score:
        score = score.model_copy(update={"parts": [part for part in score.parts if part.name in names]})
    return summed({name: material.stems[name] for name in names}, score, material.mix, say)


def louder_parts(material: Material, names: Sequence[str], db: float, say: Say) -> Material:
    """Return the named stems ``db`` louder and the others as they were."""
    score = material.score
    if score:
        parts = [p.model_copy(update={"gain_db": p.gain_db + db}) if p.name in names else p for p in score.parts]
        score = score.model_copy(update={"parts": parts})
    louder = {name: with_gain(stem, db) if name in names else stem for name, stem in material.stems.items()}
    stems, down = fitted(louder, say)
    if down == 0:
        stems |= {name: stem for name, stem in material.stems.items() if name not in names}
    return summed(stems, score, gain_noted(material.mix, down), say)


def shaped(material: Material, curve: Curve, say: Say, applied: Mapping[str, Any] | None = None) -> Material:
    """Return everything times a gain curve ``[frames]``; where it is exactly 1, no sample changes."""
    mix = with_curve(material.mix, curve)
    if applied:
        mix["applied"] = [*mix.get("applied", []), dict(applied)]

    def change(wave: Waveform) -> Waveform:
        return Waveform(np.asarray(wave.samples * curve, dtype=np.float32), wave.sample_rate)

    return changed(material, change, say, material.score, mix)


def processed(material: Material, stages: Sequence[Stage], say: Say, check: Check) -> tuple[Material, dict[str, float]]:
    """Send everything through stages that keep stems (``effects.keeps_stems``), or a recording through any."""
    wave, stems, measured = apply(stages, material.wave, material.stems, check)
    if not material.stems:
        return Material(wave, score=material.score), measured
    applied = [*material.mix.get("applied", []), {"stages": [_plain(stage) for stage in stages]}]
    in_range, down = fitted(stems, say)
    return summed(in_range, material.score, gain_noted({**material.mix, "applied": applied}, down), say), measured


def _plain(stage: Stage) -> dict[str, Any]:
    return {"kind": stage.kind, "values": dict(stage.values)}


def cut(material: Material, start: int, stop: int, say: Say) -> Material:
    """Return the frames ``start`` to ``stop``, every sample as it was; the score is cut alike."""
    rate = material.sample_rate
    score = exact_score.cut_score(material.score, start / rate, stop / rate) if material.score else None
    mix = dict(material.mix)
    if "curve" in mix:
        points = mixdown.unpack_curve(str(mix["curve"]))
        at = start / mixdown.HOP + np.arange((stop - start) // mixdown.HOP + 2)
        mix["curve"] = mixdown.pack_curve(np.interp(at, np.arange(len(points)), points))
    if "ducks" in mix:
        mix["ducks"] = mixdown_duck.moved(mix["ducks"], -start / rate)
    mix["applied"] = [entry for entry in mix.get("applied", []) if "fade" not in entry]
    segment = [splice.Segment(start, stop)]
    return changed(material, lambda wave: splice.assemble(wave, segment), say, score, mix)


def repeated(material: Material, times: int, say: Say) -> Material:
    """Return a scored piece ``times`` times: each pass begins on the bar line where the last one's bars end.

    What rings out of a pass sounds on under the next one, so the stems are sums of their own shifted copies.
    """
    assert material.score is not None
    score, rate = material.score, material.sample_rate
    period = min(material.frames, round(score.clock().seconds(score.bars * score.beats_per_bar) * rate))
    frames = period * (times - 1) + material.frames

    def change(wave: Waveform) -> Waveform:
        out = np.zeros((wave.channels, frames), np.float64)
        for k in range(times):
            out[:, k * period : k * period + wave.frames] += wave.samples
        return Waveform(np.clip(out, -FULL_SCALE, FULL_SCALE).astype(np.float32), rate)

    return changed(material, change, say, revise.loop(score, times), curve_levelled(material.mix))


def backwards(material: Material, say: Say) -> Material:
    """Return everything backwards; stems stay, the score goes (its notes do not sound like that)."""
    return changed(material, splice.reversed_, say, None, {})


# -- the master's description ------------------------------------------------------------------


def with_curve(mix: Mapping[str, Any], curve: Curve) -> dict[str, Any]:
    """Return the master's description with another gain curve ``[frames]`` on top, for parts rendered later."""
    out = dict(mix)
    if "curve" not in out or len(curve) == 0:
        return out
    own = mixdown.unpack_curve(str(out["curve"]))
    index = np.minimum(np.arange(len(curve) // mixdown.HOP + 2) * mixdown.HOP, len(curve) - 1)
    own = np.concatenate([own, np.full(max(0, len(index) - len(own)), own[-1])])[: len(index)]
    product = own * curve[index]
    top = max(1e-6, float(product.max()))
    out["curve"] = mixdown.pack_curve(product / top)
    return gain_noted(out, gain_to_db(top))


def gain_noted(mix: Mapping[str, Any], db: float) -> dict[str, Any]:
    """Return the master's description after a constant gain on everything."""
    return {**mix, "gain_db": round(float(mix["gain_db"]) + db, 4)} if "gain_db" in mix else dict(mix)


def curve_levelled(mix: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description for another length: the curve no longer fits, so parts rendered later get its median.

    When they make way (``ducks``) is then worked out from the new score.
    """
    out = {name: value for name, value in mix.items() if name != "ducks"}
    if "curve" in out:
        out["curve"] = mixdown.pack_curve(np.array([float(np.median(mixdown.unpack_curve(str(out["curve"]))))] * 2))
    return out


def without_stems(material: Material, wave: Waveform) -> Material:
    """Return a changed mix on its own: stems that no longer sum to it are let go; the notes stay."""
    return replace(material, wave=wave, stems={}, mix={})
