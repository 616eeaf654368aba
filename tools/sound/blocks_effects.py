"""The stages of effects on sound that is never whole in memory; the same stages and figures as ``effects``."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from segue.tools.core.audio import Samples
from segue.tools.sound import blocks, dynamics, effects
from segue.tools.sound.blocks import Levels, Room, Source
from segue.tools.sound.effects import LEVELS, Stage
from segue.tools.sound.loudness import SILENCE_LUFS, db_to_gain, gain_to_db

_CONTEXT_S = 1  # around what reads its neighbourhood
_TRIES = 3


def processed(source: Source, stages: Sequence[Stage], room: Room) -> tuple[Source, dict[str, float]]:
    """Send a source through stages; the loudness is kept unless a stage is about it, as in ``effects.apply``."""
    before = blocks.measured(source, room).lufs(source.sample_rate)
    made = source
    for stage in stages:
        if stage.kind not in LEVELS:
            made = _through(made, stage, room)
    made = room.written((made.read(a, b) for a, b in blocks.spans(made)), made.channels, made.sample_rate)
    now = blocks.measured(made, room)
    after = now.lufs(source.sample_rate)
    gain = before - after if min(before, after) > SILENCE_LUFS else 0.0
    measured: dict[str, float] = {}
    out: Source = gained(made, gain)
    for stage in stages:
        if stage.kind == "gain":
            out, gain = gained(out, stage.values["db"]), gain + stage.values["db"]
        elif stage.kind == "loudness":
            out, _ = at_loudness(out, after + gain + stage.values["lu"], room)
    over = gain_to_db(max(now.highest, -now.lowest) * db_to_gain(gain) / dynamics.FULL_SCALE)
    if over > 0 and not any(stage.kind == "loudness" for stage in stages):
        measured["constant_gain_db"] = round(-over - 0.01, 2)
        out = gained(out, -over - 0.01)
    return out, measured | {"loudness_before": round(before, 2), "loudness_after": round(after + gain, 2)}


def gained(source: Source, db: float) -> Source:
    """Return a source ``db`` louder."""
    factor = np.float32(db_to_gain(db))
    return source if db == 0 else blocks.changed(source, lambda x, at: np.asarray(x * factor, dtype=np.float32))


def at_loudness(
    source: Source, lufs: float, room: Room, known: Levels | None = None
) -> tuple[Source, dict[str, float]]:
    """Return a source at a loudness, true peaks at or below −1 dBTP, by a gain and where needed a limiter; and what that took."""
    rate = source.sample_rate
    now = known or blocks.measured(source, room)
    before = now.lufs(rate)
    gain = lufs - before
    measured = {"lufs_before": round(before, 2)}
    if now.true_peak_db + gain <= dynamics.CEILING_DB:
        return gained(source, gain), {**measured, "gain_db": round(gain, 2), "lufs_after": round(lufs, 2)}
    ceiling = db_to_gain(dynamics.CEILING_DB - 0.3)
    for _ in range(_TRIES):
        points, driven, reached = dynamics.limited_to(lufs, gain, ceiling, now.peaks, now.energy, rate, room.check)
        out = _under(source, points, driven)
        # What lies between samples may pass the ceiling of the samples: then that comes down.
        over = blocks.measured(out, room).true_peak_db - dynamics.CEILING_DB
        if over <= 0:
            break
        ceiling *= db_to_gain(-over - 0.05)
    depth = round(gain_to_db(float(points.min())), 1)
    found = {"gain_db": round(driven, 2), "limited_db": depth, "lufs_after": round(reached, 2)}
    return gained(out, -over) if over > 0 else out, measured | found


def _under(source: Source, points: dynamics.Curve, gain_db: float) -> Source:
    factor = np.float32(db_to_gain(gain_db))
    return blocks.changed(source, lambda x, at: x * (dynamics.between(points, at, at + x.shape[1]) * factor))


def _through(source: Source, stage: Stage, room: Room) -> Source:
    v, rate = stage.values, source.sample_rate
    context = _CONTEXT_S * rate
    match stage.kind:
        case "highpass" | "lowpass" | "low_shelf" | "high_shelf" | "peak":
            return room.written(_filtered(source, effects.sections_of(stage.kind, v, rate)), source.channels, rate)
        case "reverb" | "delay":
            make = effects.room_response if stage.kind == "reverb" else effects.echo_response
            return room.written(
                _wet(source, make(v, rate, source.channels), db_to_gain(v["wet_db"]), room.check), source.channels, rate
            )
        case "width":
            return blocks.changed(source, lambda x, at: effects.widened(x, v["factor"]))
        case "chorus" | "wow":
            return blocks.with_context(source, lambda x, at: effects.wobbled(x, stage, rate, at), context)
        case "saturate":
            reference = effects.drive_reference(_thinned(source))
            return blocks.with_context(source, lambda x, at: effects.saturated(x, reference, v["drive_db"]), context)
        case "bits":
            return blocks.with_context(source, lambda x, at: effects.crushed(x, rate, v["bits"], v["rate_hz"]), context)
        case "tremolo":
            return blocks.changed(source, lambda x, at: x * effects.tremolo(v, rate, at, at + x.shape[1]))
        case _:
            points = effects.gain_points(stage, _power(source, room), rate)
            return blocks.changed(source, lambda x, at: x * dynamics.spread(points, at, at + x.shape[1]))


def _filtered(source: Source, sections: npt.NDArray[np.float64]) -> Iterator[Samples]:
    from scipy.signal import sosfilt

    state = np.zeros((len(sections), source.channels, 2))
    for start, stop in blocks.spans(source):
        block, state = sosfilt(sections, source.read(start, stop), axis=1, zi=state)
        yield np.asarray(block, dtype=np.float32)


def _wet(source: Source, response: Samples, level: float, check: blocks.Check) -> Iterator[Samples]:
    """Add a convolution block by block; what rings beyond a block is carried on, what rings at the end fades out there."""
    tail = np.zeros((source.channels, response.shape[1] - 1), np.float32)
    for start, stop in blocks.spans(source):
        dry = source.read(start, stop)
        made = effects.convolved(dry, response, check)
        made[:, : tail.shape[1]] += tail
        size = stop - start
        tail = made[:, size:]  # as long as the response less one, which the last tail was as well
        wet = made[:, :size]
        if stop == source.frames:
            count = min(effects.tail_frames(source.sample_rate), size)
            wet[:, size - count :] *= np.linspace(1, 0, count, dtype=np.float32)
        yield np.asarray(dry + np.float32(level) * wet, dtype=np.float32)


def _thinned(source: Source) -> Samples:
    step = max(1, source.frames // 200_000)
    parts = [source.read(start, stop)[:, ::step] for start, stop in blocks.spans(source)]
    return np.concatenate(parts, axis=1)


def _power(source: Source, room: Room) -> Samples:
    size = blocks.BLOCK_S * source.sample_rate // dynamics.STEP * dynamics.STEP
    parts = []
    for start in range(0, source.frames, size):
        room.check()
        parts.append(dynamics.levels(source.read(start, min(start + size, source.frames))))
    return np.concatenate(parts)
