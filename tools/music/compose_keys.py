"""Changes of key: which sections they fall on, and what leads into them."""

import itertools
import re
from collections.abc import Sequence

from segue.tools.core.score import Section
from segue.tools.core.theory import Chord, Key, make_chord, parse_key
from segue.tools.music.compose_plan import Span
from segue.tools.music.compose_wishes import KeyWish, Say
from segue.tools.music.form import kind_of, section_name
from segue.tools.music.rhythm import Meter

_ORDER = {"first": 0, "second": 1, "third": 2}


def key_of(section: Section, home: Key) -> Key:
    """Return the key of a section."""
    return parse_key(section.key) if section.key else home


def key_of_wish(wish: KeyWish, home: Key) -> Key:
    """Return the key that a wish names from a home key."""
    if wish.key == "relative":
        return Key((home.tonic + 3) % 12) if home.is_minor else Key((home.tonic + 9) % 12, "minor")
    if wish.key == "parallel":
        return Key(home.tonic, "major" if home.is_minor else "minor")
    if wish.key in ("dominant", "subdominant"):
        return home.transposed(7 if wish.key == "dominant" else 5)
    return parse_key(wish.key) if wish.key else home.transposed(wish.shift)


def with_keys(sections: Sequence[Section], home: Key, wishes: Sequence[KeyWish], say: Say) -> list[Section]:
    """Return sections with the keys that are wished for them; a change inside a section cuts it in two."""
    out = list(sections)
    for wish in wishes:
        key = key_of_wish(wish, home)
        out, chosen = _placed(out, wish, say)
        if not chosen:
            continue
        name = None if key == home else str(key)
        if name is None and all(s.key is None for s in out):
            say(f"The piece is in {home} already, so the key does not change.")
        out = [s.model_copy(update={"key": name}) if i in chosen else s for i, s in enumerate(out)]
    before = home
    for section in out:
        key = key_of(section, home)
        if key != before:
            say(f"The key changes from {before} to {key} at bar {section.start_bar} ({section.name}).")
        before = key
    return out


def _placed(sections: list[Section], wish: KeyWish, say: Say) -> tuple[list[Section], set[int]]:
    """Return the sections, cut where that is needed, and the indices of those that a wish is for."""
    bars = sum(s.bars for s in sections)
    if match := re.fullmatch(r"bar (\d+)", wish.where):
        bar = int(match[1])
        if not 1 <= bar <= bars:
            say(f"Bar {bar} lies outside the {bars} bars, so the key does not change there.")
            return sections, set()
        return _from_bar(sections, bar)
    if wish.where in ("middle", "end"):
        want = bars // 2 + 1 if wish.where == "middle" else max(2, bars - max(3, bars // 4) + 1)
        starts = [s.start_bar for s in sections[1:]] or [want]
        near = min(starts, key=lambda at: abs(at - want))
        return _from_bar(sections, near if abs(near - want) <= bars // 6 + 1 else want)
    order, _, name = wish.where.rpartition(" ")
    if order not in (*_ORDER, "last"):  # a name of two words
        order, name = "", wish.where
    name = section_name(name)
    found = [i for i, s in enumerate(sections) if section_name(s.name) == name]
    found = found or [i for i, s in enumerate(sections) if kind_of(s.name) == kind_of(name)]
    if not found or (order == "last" and found == [0]):
        say(f"There is no {wish.where} to change the key in, so it changes in the last third.")
        return _placed(sections, KeyWish("end"), say)
    if order == "last":
        return sections, set(range(found[-1], len(sections)))
    if order:
        return sections, {found[min(_ORDER[order], len(found) - 1)]}
    return sections, set(found)


def _from_bar(sections: list[Section], bar: int) -> tuple[list[Section], set[int]]:
    out: list[Section] = []
    for section in sections:
        end = section.start_bar + section.bars
        if section.start_bar < bar < end:
            out.append(section.model_copy(update={"bars": bar - section.start_bar}))
            out.append(section.model_copy(update={"start_bar": bar, "bars": end - bar}))
        else:
            out.append(section)
    return out, {i for i, s in enumerate(out) if s.start_bar >= bar}


def prepared(spans: Sequence[Span], sections: Sequence[Section], home: Key, meter: Meter) -> list[Span]:
    """Return the chords with the new key's dominant in the second half of the bar before each change.

    The first half keeps a chord that both keys have (a pivot), else it takes the new key's second degree.
    """
    out = list(spans)
    for before, after in itertools.pairwise(sections):
        old, new = key_of(before, home), key_of(after, home)
        if old == new or before.bars < 2:
            continue
        start = (after.start_bar - 2) * meter.bar
        end = start + meter.bar
        inside = [s for s in out if s.end > start + 1e-6 and s.start < end - 1e-6]
        first = inside[0].chord if inside else None
        dominant = make_chord((new.tonic + 7) % 12, "7", key=new)
        if first is None or not first.pitch_classes <= set(new.scale) or first.root == dominant.root:
            first = make_chord((new.tonic + 2) % 12, "m7b5" if new.is_minor else "m7", key=new)
        out = [_cut(s, start) for s in out if s.start < start - 1e-6] + [
            *_halves(first, dominant, start, meter),
            *(s for s in out if s.start >= end - 1e-6),
        ]
    return out


def _cut(span: Span, end: float) -> Span:
    return span if span.end <= end else Span(span.start, end - span.start, span.chord)


def _halves(first: Chord, second: Chord, start: float, meter: Meter) -> list[Span]:
    if len(meter.pulses) < 2:
        return [Span(start, meter.bar, second)]
    at = meter.pulses[(len(meter.pulses) + 1) // 2]
    return [Span(start, at, first), Span(start + at, meter.bar - at, second)]


def moved(spans: Sequence[Span], sections: Sequence[Section], home: Key, meter: Meter, say: Say) -> list[Span]:
    """Return asked chords carried into the keys of their sections where the mode stays the same."""
    out = []
    shifted = kept = False
    for span in spans:
        bar = int((span.start + 1e-6) // meter.bar) + 1
        section = next((s for s in sections if s.start_bar <= bar < s.start_bar + s.bars), sections[-1])
        key = key_of(section, home)
        if key.mode == home.mode and key != home and span.chord is not None:
            chord = span.chord.transposed(key.tonic - home.tonic, key)
            span, shifted = Span(span.start, span.duration, chord), True
        elif key != home:
            kept = True
        out.append(span)
    if shifted:
        say("The chords that were asked for move with the key.")
    if kept:
        say("The chords that were asked for stay as they are where only the mode changes.")
    return out
