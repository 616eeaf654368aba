"""Edits of a piece whose stems are known: exact, because nothing but what was named is touched.

The mix is the sum of the stems on the 24-bit grid, so taking one out, cutting or fading all of them
alike keeps every other sample. Parts that must sound anew are rendered with the stored master curve
and put beside the untouched stems.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from segue.tools.core.audio import Samples, Waveform, quantised
from segue.tools.core.errors import CannotDo
from segue.tools.core.instruments import find_instrument
from segue.tools.core.score import Part, Score
from segue.tools.core.settings import Settings
from segue.tools.music import exact_score, mixdown, revise
from segue.tools.music.parts import parts_named
from segue.tools.music.render import Rendered, remix, render
from segue.tools.sound import splice
from segue.tools.sound.dynamics import FULL_SCALE, Curve, fitting_gain_db, headroom_db, limiter_curve
from segue.tools.sound.effects import Stage, apply
from segue.tools.sound.loudness import db_to_gain, gain_to_db, true_peak_db, with_gain

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


def _of(rendered: Rendered, score: Score | None, applied: Sequence[Any], say: Say) -> Material:
    meta = dict(rendered.meta)
    if note := meta.pop("note", ""):
        say(str(note))
    if applied:
        meta["applied"] = list(applied)
    return Material(rendered.mix, rendered.stems, score, meta)


def summed(stems: Mapping[str, Waveform], score: Score | None, mix: Mapping[str, Any], say: Say) -> Material:
    """Return the sum of stems as material; one constant gain, said aloud, where it passes −1 dBTP."""
    return _of(remix(stems, {**mix, "note": ""}), score, mix.get("applied", []), say)


def changed(
    material: Material, change: Callable[[Waveform], Waveform], say: Say, score: Score | None, mix: Mapping[str, Any]
) -> Material:
    """Return material with the same linear change made to every stem, or to the recording."""
    if material.stems:
        stems, down = _fitted({name: change(stem) for name, stem in material.stems.items()}, say)
        return summed(stems, score, _with_gain(mix, down), say)
    return Material(unclipped(change(material.wave), say), score=score)


def unclipped(wave: Waveform, say: Say) -> Waveform:
    """Return a sound that does not clip: lowered by one constant gain, said aloud, where it would."""
    gain = fitting_gain_db(wave)
    if gain == 0:
        return wave
    say(f"The whole was lowered by {-gain:.1f} dB, so that it does not clip.")
    return with_gain(wave, gain)


def _fitted(stems: Mapping[str, Waveform], say: Say) -> tuple[dict[str, Waveform], float]:
    """Return stems on the 24-bit grid, and the constant gain in dB, said aloud, that all of them needed for it."""
    down = min(0.0, min(headroom_db(stem) for stem in stems.values()) - 0.01)
    if down < 0:
        say(f"The whole was lowered by {-down:.1f} dB, so that no part clips.")
        stems = {name: with_gain(stem, down) for name, stem in stems.items()}
    return {name: _on_grid(stem) for name, stem in stems.items()}, max(-120.0, down)


def _on_grid(wave: Waveform) -> Waveform:
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
    stems, down = _fitted(louder, say)
    if down == 0:
        stems |= {name: stem for name, stem in material.stems.items() if name not in names}
    return summed(stems, score, _with_gain(material.mix, down), say)


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
    fitted, down = _fitted(stems, say)
    return summed(fitted, material.score, _with_gain({**material.mix, "applied": applied}, down), say), measured


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

    return changed(material, change, say, revise.loop(score, times), _without_curve(material.mix))


def backwards(material: Material, say: Say) -> Material:
    """Return everything backwards; stems stay, the score goes (its notes do not sound like that)."""
    return changed(material, splice.reversed_, say, None, {})


def joined(materials: Sequence[Material], softened: Sequence[bool], say: Say) -> Material:
    """Return materials that all have stems behind one another; the same part goes on in the same stem.

    All of one rate and channel count; ``softened`` are the joins of the mixes that would click.
    """
    names, score = _names_and_score(materials, say, one_after_another=True)
    rate = materials[0].sample_rate
    stems: dict[str, Waveform] = {}
    for name in dict.fromkeys(new for mapping in names for new in mapping.values()):
        pieces = []
        for material, mapping in zip(materials, names, strict=True):
            old = next((old for old, new in mapping.items() if new == name), None)
            silence = np.zeros((material.wave.channels, material.frames), np.float32)
            pieces.append(material.stems[old] if old is not None else Waveform(silence, rate))
        stems[name] = _on_grid(splice.join_as(pieces, softened))
    return summed(stems, score, _without_curve(materials[0].mix), say)


def overlaid(materials: Sequence[Material], gains_db: Sequence[float], say: Say) -> Material:
    """Return materials that all have stems at once, as long as the longest."""
    names, score = _names_and_score(materials, say, one_after_another=False)
    frames = max(material.frames for material in materials)
    stems: dict[str, Waveform] = {}
    for material, mapping, gain in zip(materials, names, gains_db, strict=True):
        for old, new in mapping.items():
            wave = material.stems[old] if gain == 0 else with_gain(material.stems[old], gain)
            padded = np.pad(wave.samples, ((0, 0), (0, frames - wave.frames)))
            if new in stems:
                padded = padded + stems[new].samples
            stems[new] = Waveform(padded, wave.sample_rate)
    fitted, down = _fitted(stems, say)
    return summed(fitted, score, _with_gain(_without_curve(materials[0].mix), down), say)


def _names_and_score(
    materials: Sequence[Material], say: Say, one_after_another: bool
) -> tuple[list[dict[str, str]], Score | None]:
    """Return each material's stem names in the result, and the scores as one where that can be."""
    score = materials[0].score
    names = [{name: name for name in materials[0].stems}]
    seconds = materials[0].frames / materials[0].sample_rate
    for material in materials[1:]:
        mapping = {name: name for name in material.stems}
        if score and material.score:
            mapping |= exact_score.renamed_parts(score, material.score)
            if one_after_another:
                score = exact_score.join_scores(score, seconds, material.score, mapping)
            else:
                score = exact_score.overlay_scores(score, material.score, mapping)
                if score is None:
                    say("The two have different tempi, so the result has its parts as sound but no common score.")
        else:
            score = None
        names.append(mapping)
        seconds += material.frames / material.sample_rate
    return names, score


# -- parts that sound anew ---------------------------------------------------------------------


def rescored(
    material: Material, score: Score, settings: Settings, say: Say, progress: Progress, span_s: tuple[float, float] | None = None
) -> tuple[Material, list[str]]:  # fmt: skip
    """Return the piece with a changed score of the same length: changed parts sound anew, the others stay.

    ``span_s`` promises that only this time was rewritten: outside it, and what rings out of it, changed
    parts keep their samples, too. The list names the parts that were rendered.
    """
    old = {part.name: part for part in material.score.parts} if material.score else {}
    reuse = {p.name: material.stems[p.name] for p in score.parts if p == old.get(p.name) and p.name in material.stems}
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
    stems = {p.name: reuse[p.name] if p.name in reuse else _on_grid(fresh[p.name]) for p in score.parts}
    return summed(stems, score, {**rendered.meta, "gain_db": meta["gain_db"], "applied": applied}, say), new


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
    for _ in range(6):
        over = true_peak_db(Waveform(fixed + added * factor, rate)) - mixdown.CEILING_DB
        if over <= 0:
            break
        ceiling *= db_to_gain(-over - 0.02)
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
    material: Material, score: Score, settings: Settings, say: Say, progress: Progress, duration_s: float | None = None
) -> Material:  # fmt: skip
    """Return the whole of a changed score, mastered to the loudness it had, with its effects and fades."""
    lufs = float(material.mix.get("lufs", -14.0))
    loop = duration_s is None and bool(material.score) and _is_loop(material)
    rendered = render(
        score, settings, progress=progress, lufs=max(-40.0, min(-8.0, lufs)), sample_rate=material.sample_rate,
        duration_s=duration_s, loop=loop,
    )  # fmt: skip
    applied = material.mix.get("applied", [])
    if not applied:
        return _of(rendered, score, [], say)
    stems, _ = _fitted({n: _reapplied(stem, applied, fades=True) for n, stem in rendered.stems.items()}, say)
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
    return _with_gain(out, gain_to_db(top))


def _with_gain(mix: Mapping[str, Any], db: float) -> dict[str, Any]:
    return {**mix, "gain_db": round(float(mix["gain_db"]) + db, 4)} if "gain_db" in mix else dict(mix)


def _without_curve(mix: Mapping[str, Any]) -> dict[str, Any]:
    """Another length: the curve no longer fits, so parts rendered later get the gain alone."""
    out = dict(mix)
    if "curve" in out:
        out["curve"] = mixdown.pack_curve(np.array([float(np.median(mixdown.unpack_curve(str(out["curve"]))))] * 2))
    return out


def without_stems(material: Material, wave: Waveform) -> Material:
    """Return a changed mix on its own: stems that no longer sum to it are let go; the notes stay."""
    return replace(material, wave=wave, stems={}, mix={})
