"""Facts of things in the simulated world: what a piece would be after it is made or changed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from segue.agent.plan import Ref
from segue.evals.dialogues_library import Recording, Track
from segue.tools import edit, generate
from segue.tools.core.errors import CannotDo
from segue.tools.core.instruments import find_ensemble, find_instrument
from segue.tools.core.piece import Clip, MadeBy, Piece
from segue.tools.core.score import ScoreInfo
from segue.tools.core.theory import key_distance_semitones, parse_chord, parse_key
from segue.tools.core.vocabulary import fold, genres_in, instruments_in, same_genre

_TEMPI = {"lofi": 80, "techno": 130, "house": 124, "drum and bass": 174, "reggae": 78, "bossa nova": 130, "ambient": 70,
          "blues": 96, "trap": 140, "synthwave": 110, "waltz": 96, "hip hop": 90}  # fmt: skip
_NO_BAND = ("ambient", "classical", "orchestral", "waltz")
_MELODY = frozenset({"melody", "lead", "tune"})


@dataclass(frozen=True)
class Fact:
    """All that is true of a thing. ``ops`` are the operations of all edits behind it, ``made_with`` the sources it was made from."""

    id: str
    title: str
    parts: tuple[str, ...]
    duration_s: float
    artist: str = ""
    kind: str = "piece"
    genre: str | None = None
    year: int | None = None
    bpm: float | None = None
    key: str | None = None
    energy: int = 5
    acoustic: int = 5
    vocals: bool = False
    language: str | None = None
    rating: float = 0.0
    plays: int = 0
    words: tuple[str, ...] = ()
    has_score: bool = False
    separated: bool = False
    parents: tuple[str, ...] = ()
    root: str = ""
    made_by: str = "attached"
    made_with: frozenset[str] = frozenset()
    ops: tuple[dict[str, Any], ...] = ()
    track: str | None = None

    def with_id(self, id: str) -> "Fact":
        """Return the same under another id; what has no ancestors is its own root."""
        return replace(self, id=id, root=self.root or id)

    def written_down(self, stem: str | None) -> "Fact":
        """Return the notes of it, or of one part."""
        return replace(
            self, title=f"{self.title} ({stem or 'transcribed'})", parts=(stem,) if stem else self.parts, has_score=True, parents=(self.id,), made_by="transcribe",
            kind="piece",
        )  # fmt: skip


def fact_of_track(track: Track) -> Fact:
    """Return the facts of a track of the library; what plays in it follows from its words."""
    heard = [word for word in track.words if word in ("piano", "guitar", "saxophone", "strings", "brass", "fiddle")]
    parts = [
        *heard,
        *(["vocals"] if track.language else []),
        "bass",
        *([] if track.acoustic == 10 else ["drums"]),
        "other",
    ]
    return Fact(
        track.id, track.title, tuple(parts), track.duration_s, track.artist, "track", track.genre, track.year, track.bpm,
        track.key, track.energy, track.acoustic, track.language is not None, track.language, track.rating, track.plays,
        track.words, root=track.id, made_by="library",
    )  # fmt: skip


def fact_of_recording(recording: Recording) -> Fact:
    """Return the facts of a file that can be attached."""
    return Fact(
        recording.id, recording.title, recording.stems, recording.duration_s, genre=recording.genre, bpm=recording.bpm,
        key=recording.key, energy=recording.energy, vocals="vocals" in recording.stems, words=recording.words,
        has_score=recording.notes, root=recording.id, track=recording.track,
    )  # fmt: skip


def piece_of(fact: Fact) -> Piece:
    """Return a thing as the tools give it: what a recording is like is unknown until it is measured."""
    clip = Clip(id=f"{fact.id}.wav", sample_rate=1000, channels=1, frames=int(1000 * fact.duration_s))
    score = ScoreInfo(bpm=fact.bpm or 120.0, key=fact.key or "C major", meter="4/4", bars=16, genre=fact.genre, parts=list(fact.parts))  # fmt: skip
    track = {"artist": fact.artist, "bpm": fact.bpm, "key": fact.key, "genre": fact.genre}
    return Piece(
        id=fact.id, title=fact.title, kind=fact.kind, clip=clip, score=score if fact.has_score else None,
        stems=dict.fromkeys(fact.parts, clip) if fact.separated or fact.made_by == "generate" else {},
        analysis=track if fact.kind == "track" else None, parents=list(fact.parents), made_by=MadeBy(tool=fact.made_by),
    )  # fmt: skip


def kin_genre(one: str, other: str) -> bool:
    """Tell whether two names mean the same genre; rap is hip hop here."""
    one, other = (re.sub(r"\brap\b", "hip hop", fold(name)) for name in (one, other))
    return one == other or same_genre(one, other)


def same_part(wanted: str, part: str) -> bool:
    """Tell whether a part is what a word names: itself, its instrument, or its kind ("guitar", "drums")."""
    a, b = fold(wanted), fold(part)
    if a == b or re.search(rf"\b{re.escape(a)}\b", b) or (a in _MELODY and b in _MELODY):
        return True
    one, other = find_instrument(a), find_instrument(b)
    if one is None or other is None:
        return False
    return one == other or (one.is_drum and other.is_drum and "drums" in (one.family, other.family)) or a == other.family  # fmt: skip


def part_of(wanted: str, parts: Sequence[str]) -> list[str]:
    """Return the parts that a word names."""
    return [part for part in parts if same_part(wanted, part)]


def made(args: generate.Args, sources: Mapping[str, Fact], take: int) -> Fact:
    """Return the facts of a new piece: as asked, else as its sources or its genre have it."""
    said = re.sub(r"\b(no|without)\s+\w+", "", args.prompt)
    genre = args.genre or next((found.value.replace("_", " ") for found in genres_in(said)), None)
    source = next(iter(sources.values()), None)
    style = next((name for name in _TEMPI if genre and kin_genre(genre, name)), "")
    bpm = args.bpm or (source.bpm if source else None) or float(_TEMPI.get(style, 110))
    key = args.key or _key_of(args.chords) or (source.key if source else None) or "C major"
    length = 240 / bpm * args.bars if args.bars else 60.0
    drawn = _band(args, said, genre, sources)
    return Fact(
        "", f"{(genre or 'new piece').capitalize()}{f', take {take}' if args.takes > 1 else ''}", drawn,
        args.duration_s or length, genre=genre or (source.genre if source else None), bpm=bpm, key=str(parse_key(key)),
        has_score=True, made_by="generate", parents=tuple(s.id for s in sources.values()), made_with=frozenset(sources),
    )  # fmt: skip


def _key_of(chords: Sequence[str]) -> str | None:
    if not chords:
        return None
    first = parse_chord(chords[0].split()[0])
    return f"{re.split(r'[^A-G#b]', chords[0])[0]} {'minor' if first.quality.startswith('m') and not first.quality.startswith('maj') else 'major'}"  # fmt: skip


def _band(args: generate.Args, said: str, genre: str | None, sources: Mapping[str, Fact]) -> tuple[str, ...]:
    named = args.instruments or [found.value for found in instruments_in(said)]
    players = [p.name for name in named for p in find_ensemble(name)] + [n for n in named if not find_ensemble(n)]
    parts = [
        part for name in players for part in (("violin", "viola", "cello") if fold(name) == "strings" else (name,))
    ]
    parts = list(dict.fromkeys(parts))
    band = not (named or any(kin_genre(genre or "", name) for name in _NO_BAND))
    parts += [] if named else ["piano", "melody"]
    if band or (genre and not any(kin_genre(genre, name) for name in _NO_BAND)):
        parts += [part for part in ("drums", "bass") if not part_of(part, parts)]
    for name in ("accompany", "continue_from"):
        parts += [part for part in (sources[name].parts if name in sources else ()) if part not in parts]
    return tuple(part for part in parts if not any(same_part(out, part) for out in args.exclude))


def changed(old: Fact, args: edit.Args, fact: Callable[[Ref], Fact]) -> Fact:
    """Return the facts of an edited piece.

    Raises
    ------
    CannotDo : a part is named that is not there.
    """
    new = old
    for op in args.operations:
        new = _after(new, op, fact)
    others = [fact(ref) for op in args.operations for ref in getattr(op, "clips", [])]
    ops = [op.model_dump(mode="json", exclude_none=True) for op in args.operations]
    return replace(
        new, kind="piece", artist=old.artist, title=f"{old.title.partition(' – ')[0]} – {', '.join(op['op'] for op in ops)}",
        parents=(old.id, *(other.id for other in others)), ops=(*old.ops, *ops), made_by="edit",
        made_with=old.made_with.union(*(other.made_with for other in others)),
    )  # fmt: skip


def _parts(fact: Fact, wanted: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in wanted:
        here = part_of(name, fact.parts)
        if not here:
            raise CannotDo(f"There is no {name} in it.", f"It has {', '.join(fact.parts)}.")
        found += here
    return found


def _after(fact: Fact, op: Any, other: Callable[[Ref], Fact]) -> Fact:  # noqa: ANN401 - one of the operations
    """Return the facts after one operation; what only changes the sound leaves them as they are."""
    match op:
        case edit.Remove():
            gone = _parts(fact, op.stems)
            return replace(fact, parts=tuple(p for p in fact.parts if p not in gone), separated=True)
        case edit.Isolate():
            return replace(fact, parts=tuple(dict.fromkeys(_parts(fact, op.stems))), separated=True)
        case edit.Gain(stem=str(stem)):
            _parts(fact, [stem])
        case edit.Replace():
            gone = _parts(fact, [op.stem])
            kept = (op.instrument if p == gone[0] else p for p in fact.parts if p == gone[0] or p not in gone)
            return replace(fact, parts=tuple(kept))
        case edit.Add():
            return replace(fact, parts=(*fact.parts, op.instrument))
        case edit.Transpose() | edit.Mode():
            return replace(fact, key=_moved(fact.key, op))
        case edit.Tempo():
            ratio = op.ratio or (op.bpm or 0.0) / (fact.bpm or op.bpm or 1.0)
            bpm = op.bpm or (fact.bpm * ratio if fact.bpm else None)
            return replace(fact, bpm=bpm, duration_s=fact.duration_s / ratio)
        case edit.Restyle():
            named = next((found.value.replace("_", " ") for found in genres_in(op.prompt)), fact.genre)
            return replace(fact, genre=named)
        case edit.Trim() | edit.Extend() | edit.Loop() | edit.Concat() | edit.Mix():
            return _lasting(fact, op, other)
    return fact


def _moved(key: str | None, op: Any) -> str | None:  # noqa: ANN401 - transpose or mode
    if isinstance(op, edit.Transpose) and op.key:
        wanted = parse_key(op.key)
        if key and not re.search(r"m|dor|phr|lyd", op.key.split(maxsplit=1)[-1], re.IGNORECASE):
            now = parse_key(key)  # "to G" keeps the mode
            return str(now.transposed(int(key_distance_semitones(now, wanted))))
        return str(wanted)
    if key is None:
        return None
    if isinstance(op, edit.Transpose):
        return str(parse_key(key).transposed(round(op.semitones or 0)))
    brighter = op.mode in ("brighter", "major", "lydian", "mixolydian")
    return str(parse_key(f"{key.split()[0]} {'major' if brighter else 'minor'}"))


def _lasting(fact: Fact, op: Any, other: Callable[[Ref], Fact]) -> Fact:  # noqa: ANN401 - an operation on the length
    """Return the facts after a cut, a longer version, a loop, a join or a mix."""
    length = fact.duration_s
    if isinstance(op, edit.Trim):
        start = op.start_s + (length if op.start_s < 0 else 0)
        end = length if op.end_s is None else op.end_s + (length if op.end_s < 0 else 0)
        return replace(fact, duration_s=max(0.0, min(end, length) - start))
    if isinstance(op, edit.Extend):
        bars_s = 240 / (fact.bpm or 120) * (op.bars or 0)
        return replace(fact, duration_s=length if op.section else op.duration_s or bars_s)
    if isinstance(op, edit.Loop):
        return replace(fact, duration_s=length * op.times)
    clips = [other(ref) for ref in op.clips]
    parts = dict.fromkeys([*fact.parts, *(part for clip in clips for part in clip.parts)])
    lengths = [length, *(clip.duration_s for clip in clips)]
    longest = max(lengths) if isinstance(op, edit.Mix) else sum(lengths)
    return replace(fact, parts=tuple(parts), duration_s=longest, has_score=False)
