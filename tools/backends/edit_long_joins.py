"""Long recordings joined, mixed, looped and compared in blocks: the same words, cuts and fades as in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segue.tools import edit as ops
from segue.tools.backends import edit_heard, edit_joins
from segue.tools.backends.edit_titles import listed
from segue.tools.core.base import Context, Ref
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.piece import Piece
from segue.tools.listen.analyse import analyse, analyse_blocks
from segue.tools.listen.facts import Analysis
from segue.tools.music import exact_match, exact_sound
from segue.tools.music.exact_match import Heard
from segue.tools.sound import blocks, blocks_effects, blocks_joins, blocks_stretch, splice
from segue.tools.sound.blocks import Room, Source
from segue.tools.sound.loudness import SILENCE_LUFS


@dataclass(frozen=True)
class Made:
    """What an operation made: a source, how, a few words for the title, and what was measured."""

    source: Source
    how: str
    label: str
    measured: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Voice:
    """One of the sounds that come together; ``piece`` where it is one as it is kept, and nothing was done to it yet."""

    title: str
    source: Source
    piece: Piece | None

    def heard(self, room: Room, context: Context) -> Heard:
        """Return what is heard of it surely enough."""
        return edit_joins.sure(facts(self.source, self.piece, room, context))


def facts(source: Source, piece: Piece | None, room: Room, context: Context) -> Analysis:
    """Return what is heard of a source, remembered where it is a piece."""
    if piece is not None:
        return analyse(context.store, piece, check=room.check)
    spans = (source.read(start, stop) for start, stop in blocks.spans(source))
    return analyse_blocks(spans, source.sample_rate, source.channels, source.frames, room.check)


def opened(piece: Piece, room: Room, context: Context) -> Source:
    """Decode a recording's sound to a temporary file."""
    assert piece.clip is not None
    clip = piece.clip
    path = context.store.path(clip.id)
    return room.decoded(path, clip.channels, clip.sample_rate, context.settings.max_input_s)


def _voices(source: Source, own: Piece | None, refs: Sequence[Ref], room: Room, context: Context) -> list[Voice]:
    """Return our source and other pieces, all of one rate and channel count."""
    pieces = [context.piece(ref) for ref in refs]
    titles = [piece.title for piece in pieces]
    sources = [source, *(opened(piece, room, context) for piece in pieces)]
    rate, channels = source.sample_rate, max(one.channels for one in sources)
    for title, one in zip(titles, sources[1:], strict=True):
        if one.sample_rate != rate:
            context.note(f"'{title}' was resampled from {one.sample_rate} to {rate} Hz to match.")
    fitted = [blocks_joins.fitted(one, rate, channels, room) for one in sources]
    return [
        Voice(title, one, piece)
        for title, one, piece in zip(["", *titles], fitted, [own, *pieces], strict=True)
    ]  # fmt: skip


def _fit(voice: Voice, first: Heard, match: Sequence[str], room: Room, context: Context) -> tuple[Source, Heard, dict[str, Any]]:  # fmt: skip
    """Return a sound brought to the first one's tempo and key, what is then heard of it, and what was done."""
    ratio, semitones, there = exact_match.way(voice.heard(room, context), first, match, voice.title, context.note)
    if ratio == 1.0 and semitones == 0:
        return voice.source, there, {}
    made = blocks_stretch.stretched(voice.source, ratio, float(semitones), room)
    return made, there, {"ratio": round(ratio, 6), "semitones": semitones}


def _lufs(source: Source, room: Room) -> float:
    return blocks.measured(source, room).lufs(source.sample_rate)


def titled(refs: Sequence[Ref], context: Context) -> str:
    """Name other pieces without what was done to them."""
    return listed([context.piece(ref).title.partition(" – ")[0] or "another piece" for ref in refs])


def concat(source: Source, own: Piece | None, op: ops.Concat, room: Room, context: Context) -> Made:
    """Put sounds behind one another; see ``edit.Concat``."""
    voices = _voices(source, own, op.clips, room, context)
    label = f"then {titled(op.clips, context)}"
    if not (op.match or op.crossfade_s):
        return _joined([voice.source for voice in voices], label, {}, room, context)
    first = heard = voices[0].heard(room, context)
    fitted = [_fit(voice, first, op.match, room, context) for voice in voices[1:]]
    matched = [done for _, _, done in fitted if done]
    if not op.crossfade_s:
        sources = [voices[0].source, *(one for one, _, _ in fitted)]
        return _joined(sources, label, {"matched": matched}, room, context)
    made, joins = voices[0].source, []
    for other, theirs, _ in fitted:
        at = exact_match.meeting(
            heard, theirs, (made.frames, other.frames), made.sample_rate, op.crossfade_s, context.note
        )
        made, heard = blocks_joins.crossfaded(made, other, at.out_at, at.in_at, at.count), at.heard
        joins.append(at.measured)
    return Made(made, "cross-faded", label, {"joins": joins, "matched": matched})


def _joined(sources: list[Source], label: str, measured: Mapping[str, Any], room: Room, context: Context) -> Made:
    levels = [_lufs(one, room) for one in sources]
    exact_sound.say_steps([level if level > SILENCE_LUFS else None for level in levels], context.note)
    made, softened = blocks_joins.joined(sources)
    seams, at = [], 0
    for one in sources[:-1]:
        at += one.frames
        seams.append(round(at / one.sample_rate, 4))
    found = {"joins_s": seams, "softened": softened, "softened_ms": splice.JOIN_S * 2000}
    return Made(made, "one behind the other", label, {**found, **measured})


def mix(source: Source, own: Piece | None, op: ops.Mix, room: Room, context: Context) -> Made:
    """Lay sounds over one another; see ``edit.Mix``."""
    voices = _voices(source, own, op.clips, room, context)
    sources = [voice.source for voice in voices]
    gains = list(op.gains_db) or [0.0] * len(voices)
    measured: dict[str, Any] = {"gains_db": list(gains)}
    if op.match:
        first = voices[0].heard(room, context)
        fitted = [_fit(voice, first, op.match, room, context) for voice in voices[1:]]
        sources[1:] = [one for one, _, _ in fitted]
        measured["matched"] = [done for _, _, done in fitted if done]
        others = [(voice.title, heard) for voice, (_, heard, _) in zip(voices[1:], fitted, strict=True)]
        exact_match.say_clashes(first, others, context.note)
    if op.even:
        level = _lufs(sources[0], room)
        evened = [
            round(exact_match.gain_to(level, _lufs(one, room), voice.title, context.note), 2)
            for voice, one in zip(voices[1:], sources[1:], strict=True)
        ]
        gains[1:] = [gain + more for gain, more in zip(gains[1:], evened, strict=True)]
        measured["evened_db"] = evened
    return Made(blocks_joins.overlaid(sources, gains), "summed", f"with {titled(op.clips, context)}", measured)


def loop(source: Source, own: Piece | None, op: ops.Loop, room: Room, context: Context) -> Made:
    """Play all of it, or bars of it, several times; see ``edit.Loop``."""
    found = facts(source, own, room, context)
    lines = edit_joins.sure(found).lines_s
    label = f"{op.times} times" if op.times > 1 else "as a loop"
    if op.seamless or op.start_bar:
        where, measured = edit_heard.bars_meant(source.frames, source.sample_rate, lines, op.start_bar, op.end_bar)
        made = blocks_joins.bars_looped(source, *where, op.times, op.seamless)
        return Made(made, "bars as heard, from bar line to bar line", label, {"times": op.times, **measured})
    segments, how = splice.loop_segments(source, op.times, lines)
    blends = [1000 * segment.blend / source.sample_rate for segment in segments[1:]]
    made = blocks_joins.assembled(source, segments)
    return Made(made, how, label, {"times": op.times, "blend_ms": max(blends, default=0.0)})


def compare(source: Source, own: Piece | None, op: ops.Compare, room: Room, context: Context) -> Made:
    """Play two versions in turns at one loudness, the softer of the two."""
    sources = [voice.source for voice in _voices(source, own, [op.with_clip], room, context)]
    levels = [_lufs(one, room) for one in sources]
    if min(levels) <= SILENCE_LUFS:
        raise InvalidArgument(
            "One of the two is silent or too short to be levelled.", "Compare at least 0.4 s of sound."
        )
    level, rate = min(levels), source.sample_rate
    turn = min(round(op.turn_s * rate), *(one.frames for one in sources))
    even = [blocks_effects.gained(one, level - now) for one, now in zip(sources, levels, strict=True)]
    made = blocks_joins.in_turns(even, turn, op.turns)
    text = f"This version and the other in turns of {turn / rate:g} s, both at {level:.1f} LUFS."
    context.note(text.replace("-", "−"))
    gains = [round(level - now, 2) for now in levels]
    measured = {"lufs": round(level, 2), "gains_db": gains, "turn_s": turn / rate}
    return Made(made, "in turns, equally loud", f"beside {titled([op.with_clip], context)}", measured)
