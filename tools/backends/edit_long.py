"""Edits of recordings too long to be held in memory: the same operations, block by block, in flat memory.

What needs the whole in memory (composing over it, extending it, matching beats) is not done here; then the usual editor takes over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from segue.tools import edit as ops
from segue.tools.backends import edit_long_joins, edit_settings
from segue.tools.backends.edit_long_joins import Made
from segue.tools.backends.edit_titles import clock_time, listed, titled
from segue.tools.core.audio import Samples
from segue.tools.core.base import Context, Ref
from segue.tools.core.errors import CannotDo, InvalidArgument
from segue.tools.core.piece import Clip, Piece
from segue.tools.music import exact_effects, exact_sound, exact_span
from segue.tools.sound import (
    blocks,
    blocks_effects,
    blocks_stretch,
    demucs,
    dynamics,
    separate,
    splice,
)
from segue.tools.sound.blocks import Mapped, Room, Source
from segue.tools.sound.loudness import db_to_gain, gain_to_db

LONG_SAMPLES = 120_000_000  # samples of all channels from which on blocks are used: 23 minutes of stereo at 44.1 kHz


def suits(piece: Piece, operations: Sequence[Any], context: Context) -> bool:
    """Tell whether what comes of recordings is that long, and all that is asked can be done in blocks."""
    if piece.clip is None or piece.stems or piece.score:
        return False
    samples = piece.clip.frames * piece.clip.channels
    for operation in operations:
        others = [context.piece(ref) for ref in _others(operation)]
        if not _can(operation) or any(other.clip is None for other in others):
            return False
        sizes = [other.clip.frames * other.clip.channels for other in others if other.clip]
        samples = max(samples, *sizes) if operation.op in ("mix", "compare") else samples + sum(sizes)
        samples *= operation.times if operation.op == "loop" else 1
    return samples >= LONG_SAMPLES


def _others(operation: Any) -> Sequence[Ref]:  # noqa: ANN401 - one of the operations
    with_clip = getattr(operation, "with_clip", None)
    return [with_clip] if with_clip else getattr(operation, "clips", [])


def _can(operation: Any) -> bool:  # noqa: ANN401 - one of the operations
    if operation.op in ("remove", "isolate", "gain", "effect", "reverse"):
        stem = getattr(operation, "stem", None)
        names = [stem] if stem else getattr(operation, "stems", [])
        return not names or not demucs.separates(names)
    if operation.op == "tempo":
        return operation.ratio is not None
    if operation.op == "transpose":
        return operation.semitones is not None
    if operation.op == "loop":
        return operation.section is None
    return operation.op in ("trim", "fade", "loudness", *_JOINS)


def edited(piece: Piece, args: ops.Args, context: Context) -> ops.Out:
    """Do operations to a long recording and keep the result."""
    operations, at = args.operations, 0

    def report(done: float, total: float, label: str) -> None:
        context.progress(at + done / max(total, 1e-9), len(operations) + 1, label)

    with Room(context.check, report) as room:
        source = edit_long_joins.opened(piece, room, context)
        labels, details, parents = [], [], {piece.id: piece}
        for number, operation in enumerate(operations):
            at = number
            if join := _JOINS.get(operation.op):
                parents |= {other.id: other for other in map(context.piece, _others(operation))}
                made = _within(join(source, piece if number == 0 else None, operation, room, context), room, context)
            else:
                made = _done(source, operation, room, context)
            source = made.source
            labels.append(made.label)
            details.append({"op": operation.op, "how": made.how, **made.measured, "in_blocks": True})
        at = len(operations)
        kept = context.store.put_file(room.flac(source, "writing"))
    made_clip = Clip(id=kept, sample_rate=source.sample_rate, channels=source.channels, frames=source.frames)
    out = context.add_piece(titled(piece.title, labels), clip=made_clip, parents=list(parents.values()))
    return ops.Out(piece=out, details=details)


def _done(source: Source, operation: Any, room: Room, context: Context) -> Made:  # noqa: ANN401 - one of the operations
    """Do an operation; where it names a span, to that alone, which is then put back between what lies around it."""
    work = _OPERATIONS[operation.op]
    within = getattr(operation, "start_s", None), getattr(operation, "end_s", None)
    if operation.op == "trim" or within == (None, None):
        made: Made = work(source, operation, room, context)
        return made
    rate = source.sample_rate
    start, stop = splice.span(source.frames, rate, within[0] or 0.0, within[1])
    part = Mapped(source.channels, stop - start, rate, lambda a, b: source.read(start + a, start + b))
    made = work(part, operation.model_copy(update={"start_s": None, "end_s": None}), room, context)

    def put_back(sound: Samples, at: int) -> Samples:
        first, last = max(at, start), min(at + sound.shape[1], stop)
        if first >= last:
            return sound
        share = exact_span.share_of(np.arange(first, last), start, stop, source.frames, rate)
        old, new = sound[:, first - at : last - at], made.source.read(first - start, last - start)
        out = sound.copy()
        out[:, first - at : last - at] = np.where(share == 1, new, old + (new - old) * share)
        return out

    span = {"start_s": round(start / rate, 4), "end_s": round(stop / rate, 4)}
    label = f"{made.label} {clock_time(start / rate)}–{clock_time(stop / rate)}"
    return Made(blocks.changed(source, put_back), made.how, label, {**made.measured, **span})


def _trim(source: Source, op: ops.Trim, room: Room, context: Context) -> Made:
    start, stop = splice.span(source.frames, source.sample_rate, op.start_s, op.end_s)
    cut = Mapped(source.channels, stop - start, source.sample_rate, lambda a, b: source.read(start + a, start + b))
    span = {"start_s": start / source.sample_rate, "end_s": stop / source.sample_rate}
    return Made(cut, "copy of the span", f"{clock_time(span['start_s'])}–{clock_time(span['end_s'])}", span)


def _fade(source: Source, op: ops.Fade, room: Room, context: Context) -> Made:
    if op.in_s == 0 and op.out_s == 0:
        raise InvalidArgument("A fade of no length does nothing.", "Give in_s, out_s or both in seconds.")
    rate, frames = source.sample_rate, source.frames
    if max(op.in_s, op.out_s) > frames / rate:
        raise InvalidArgument("A fade is longer than the sound.", "Give a shorter fade.")
    counts = round(op.in_s * rate), round(op.out_s * rate)

    def faded(x: Samples, at: int) -> Samples:
        places = np.arange(at, at + x.shape[1])
        inward = np.minimum(places / max(counts[0], 1), 1) if counts[0] else np.ones(len(places))
        outward = np.minimum((frames - 1 - places) / max(counts[1], 1), 1) if counts[1] else np.ones(len(places))
        curve = np.sin(np.pi / 2 * inward) * np.sin(np.pi / 2 * outward)
        return np.where(curve == 1, x, x * curve.astype(np.float32)).astype(np.float32)

    return Made(blocks.changed(source, faded), "equal-power fade", "faded", {"in_s": op.in_s, "out_s": op.out_s})


def _reverse(source: Source, op: ops.Reverse, room: Room, context: Context) -> Made:
    frames = source.frames
    back = Mapped(
        source.channels, frames, source.sample_rate, lambda a, b: source.read(frames - b, frames - a)[:, ::-1]
    )
    return Made(back, "samples in reverse order", "backwards")


def _gain(source: Source, op: ops.Gain, room: Room, context: Context) -> Made:
    if op.stem is not None:
        stem, measured = _separated(source, [op.stem], room, context)
        factor = np.float32(db_to_gain(op.db) - 1)
        made = blocks.changed(source, lambda x, at: x + stem.read(at, at + x.shape[1]) * factor)
        measured["gain_db"] = op.db
        return _within(Made(made, "mix plus stem", f"{op.stem} {op.db:+g} dB", measured), room, context)
    gain = op.db
    if gain > 0:
        found = blocks.measured(source, room)
        headroom = -gain_to_db(max(found.highest, -found.lowest) / dynamics.FULL_SCALE)
        gain = min(gain, max(0.0, headroom))
        if gain < op.db:
            context.note(f"Only {gain:+.1f} dB of the {op.db:+g} dB fit without clipping.")
    return Made(blocks_effects.gained(source, gain), "constant gain", f"all {op.db:+g} dB", {"gain_db": round(gain, 2)})


def _loudness(source: Source, op: ops.Loudness, room: Room, context: Context) -> Made:
    found = blocks.measured(source, room)
    if found.lufs(source.sample_rate) <= -70:
        raise CannotDo("This is silent: its loudness cannot be measured.", "Give a recording with sound.")
    made, measured = blocks_effects.at_loudness(source, op.lufs, room, found)
    if "limited_db" in measured:
        context.note(
            f"Peaks were limited by up to {-measured['limited_db']:.1f} dB, so that the true peak stays under −1 dBTP."
        )
    label = exact_sound.level_label(op.lufs, measured, context.note)
    return Made(made, "gain and limiter" if "limited_db" in measured else "gain", label, measured)


def _effect(source: Source, op: ops.Effect, room: Room, context: Context) -> Made:
    stages, heard = exact_effects.chosen(*edit_settings.stated(op), context.note)
    how = "; ".join(heard) or ", ".join(dict.fromkeys(stage.kind for stage in stages))
    label = op.description or ", ".join(dict.fromkeys(stage.stage for stage in op.stages))
    shown = {"stages": [stage.as_json() for stage in stages]}
    if op.stem is None:
        made, measured = blocks_effects.processed(source, stages, room)
        return Made(made, how, label, {**shown, **measured})
    stem, about = _separated(source, [op.stem], room, context)
    wet, measured = blocks_effects.processed(stem, stages, room)
    # What is added is the difference, so that where the effect does nothing not a sample changes.
    out = blocks.changed(source, lambda x, at: x + (wet.read(at, at + x.shape[1]) - stem.read(at, at + x.shape[1])))
    return _within(Made(out, how, f"{op.stem}: {label}", {**shown, **about, **measured}), room, context)


def _separated(source: Source, names: Sequence[str], room: Room, context: Context) -> tuple[Source, dict[str, Any]]:
    """Return stems as a source, and what was measured; what masks make is written first."""
    rate = source.sample_rate
    stems = separate.named(names, source.frames / rate, source.channels)
    masked = [stem for stem in stems if stem not in separate.LINEAR]
    silence = Mapped(source.channels, source.frames, rate, lambda a, b: np.zeros((source.channels, b - a), np.float32))
    stem, energies = _masked(source, masked, room, context) if masked else (silence, (0.0, 0.0))
    for name in stems:
        if name in separate.LINEAR:
            stem = _with_linear(source, stem, name)
    bleed = separate.bleed_db(stems, *energies)
    measured: dict[str, Any] = {"stems": list(stems)}
    if bleed is not None:
        measured |= {"preview": True, "bleed_db": bleed}
        context.note(
            f"This is a preview of {listed(stems)}, made by filters: other instruments are in it at about {bleed:+.0f} dB "
            f"(estimated); Demucs gives clean stems: {separate.DEMUCS}.".replace(" -", " −")
        )
    return stem, measured


def _masked(source: Source, stems: Sequence[str], room: Room, context: Context) -> tuple[Source, tuple[float, float]]:
    """Return the sum of stems by masks, written, and the energies that the masks take for theirs and for the others'."""
    power = sum(float(np.sum(source.read(a, b).astype(np.float64) ** 2)) for a, b in blocks.spans(source))
    level = separate.level_of(power / (source.frames * source.channels), source.sample_rate)
    masked = separate.Masked(source.read, source.frames, source.sample_rate, level, stems, context.check)
    energies = [0.0, 0.0]

    def spans() -> Iterator[Samples]:
        for start, stop in blocks.spans(source):
            sound, kept, lost = masked.span(start, stop)
            energies[0], energies[1] = energies[0] + kept, energies[1] + lost
            room.report(stop, source.frames, "separating")
            yield sound

    written = room.written(spans(), source.channels, source.sample_rate)
    return written, (energies[0], energies[1])


def _with_linear(source: Source, taken: Source, stem: str) -> Source:
    """Return what was taken, and of what is left the centre, the sides or the low as well."""
    rate = source.sample_rate
    left = blocks.changed(source, lambda x, at: x - taken.read(at, at + x.shape[1]))
    more = blocks.with_context(left, lambda x, at: separate.linear(x, stem, rate), separate.reach(stem, rate))
    return blocks.changed(taken, lambda x, at: x + more.read(at, at + x.shape[1]))


def _isolate(source: Source, op: ops.Isolate, room: Room, context: Context) -> Made:
    stem, measured = _separated(source, op.stems, room, context)
    return _within(Made(stem, "stem by filters", f"{listed(op.stems)} only", measured), room, context)


def _remove(source: Source, op: ops.Remove, room: Room, context: Context) -> Made:
    stem, measured = _separated(source, op.stems, room, context)
    rest = blocks.changed(source, lambda x, at: x - stem.read(at, at + x.shape[1]))
    return _within(Made(rest, "mix minus stem", f"without {listed(op.stems)}", measured), room, context)


def _within(made: Made, room: Room, context: Context) -> Made:
    """Lower what would clip by one constant gain, said aloud."""
    found = blocks.measured(made.source, room)
    over = gain_to_db(max(found.highest, -found.lowest) / dynamics.FULL_SCALE)
    if over <= 0:
        return made
    context.note(f"The whole was lowered by {over:.1f} dB, so that it does not clip.")
    return replace(made, source=blocks_effects.gained(made.source, -over - 0.01))


def _tempo(source: Source, op: ops.Tempo, room: Room, context: Context) -> Made:
    assert op.ratio is not None
    made = blocks_stretch.stretched(source, op.ratio, 0.0, room)
    context.note("So long a recording is stretched in pieces of half a minute, cross-faded where they agree best.")
    return _within(Made(made, "stretched, pitch kept", f"× {op.ratio:g} in tempo", {"ratio": op.ratio}), room, context)


def _transpose(source: Source, op: ops.Transpose, room: Room, context: Context) -> Made:
    assert op.semitones is not None
    made = blocks_stretch.stretched(source, 1.0, op.semitones, room, op.formants == "kept")
    context.note("So long a recording is shifted in pieces of half a minute, cross-faded where they agree best.")
    label = f"{op.semitones:+g} semitones"
    return _within(Made(made, "pitch shifted, length kept", label, {"semitones": op.semitones}), room, context)


_OPERATIONS: Mapping[str, Any] = {
    "trim": _trim, "fade": _fade, "reverse": _reverse, "gain": _gain, "loudness": _loudness, "effect": _effect,
    "isolate": _isolate, "remove": _remove, "tempo": _tempo, "transpose": _transpose,
}  # fmt: skip
_JOINS: Mapping[str, Any] = {
    "concat": edit_long_joins.concat, "mix": edit_long_joins.mix, "loop": edit_long_joins.loop,
    "compare": edit_long_joins.compare,
}  # fmt: skip
