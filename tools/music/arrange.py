"""Arrangement: who plays, and in which register."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from segue.tools.core.instruments import Instrument, find_instrument, is_meant_by
from segue.tools.music.compose_plan import Voice
from segue.tools.music.genres import Genre, Mood

_MONO = frozenset({"violin", "viola", "cello", "double bass", "erhu", "trumpet", "trombone", "tuba", "muted trumpet",
                   "french horn", "theremin", "sitar"})  # fmt: skip
_MONO_FAMILIES = frozenset({"reeds", "flutes"})
_LOW = frozenset({"cello", "double bass", "tuba", "bassoon", "baritone sax", "trombone", "bass clarinet"})
_PAN = {"drums": 0.0, "bass": 0.0, "chords": -0.28, "pad": 0.1, "melody": 0.04, "counter": -0.38, "arpeggio": 0.38,
        "percussion": 0.45}  # fmt: skip
_REVERB = {"drums": 0.12, "bass": 0.04, "chords": 0.2, "pad": 0.38, "melody": 0.27, "counter": 0.34, "arpeggio": 0.3,
           "percussion": 0.2}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """An instrument that was asked for, in the user's own word."""

    word: str
    instrument: Instrument


def is_mono(instrument: Instrument) -> bool:
    """Return whether an instrument plays one note at a time."""
    return instrument.name in _MONO or instrument.family in _MONO_FAMILIES or instrument.family == "bass"


def choose_voices(
    genre: Genre, asked: Sequence[Asked], exclude: Sequence[str], *, only: bool, mood: Mood, rng: random.Random
) -> list[Voice]:
    """Choose the players: those asked for, and the genre's own where room is left.

    Parameters
    ----------
    exclude : words for instruments, families or roles that must not be there.
    only : nobody but those asked for.
    """
    asked = [_in_style(one, genre) for one in asked]
    if only and asked:
        voices = _only(genre, asked)
    else:
        voices = _genre_voices(genre, asked, exclude, mood, rng)
    voices = [v for v in voices if not is_excluded(v, exclude)]
    if not any(v.role not in ("drums", "percussion") for v in voices) and not only:
        voices += [v for v in _fallback(genre, exclude) if not is_excluded(v, exclude)]
    return _named(voices, share=only)


def _in_style(one: Asked, genre: Genre) -> Asked:
    """Return what a general word ("drums", "bass", "guitar") means in a genre: its own kit, bass or guitar."""
    word = one.word.lower().strip()
    own: str | None = None
    if one.instrument.name == "drums" and genre.drums:
        own = str(genre.drums["kit"])
    elif word in ("bass", "a bass", "basses", "bassline", "bass line"):
        own = genre.bass[0]
    elif word in ("guitar", "guitars", "a guitar"):
        named = [i for name, _ in genre.comp if (i := find_instrument(name)) and i.family == "guitar"]
        own = named[0].name if named else None
    found = find_instrument(own) if own else None
    return Asked(one.word, found) if found and found.family in ("drums", "bass", "guitar") else one


def is_excluded(voice: Voice, exclude: Sequence[str]) -> bool:
    """Return whether a word of ``exclude`` means this player."""
    roles = {"melody": ("melody", "lead", "tune", "topline"), "counter": ("counter-melody", "countermelody", "counterpoint"),
             "chords": ("chords", "comping", "accompaniment"), "pad": ("pads", "pad"), "bass": ("bass", "bassline", "bass line"),
             "drums": ("drums", "beat", "beats"), "percussion": ("percussion", "drums"),
             "arpeggio": ("arpeggio", "arpeggios", "arp")}  # fmt: skip
    return any(
        is_meant_by(voice.instrument, word) or word.lower().strip() in roles.get(voice.role, ()) for word in exclude
    )


def _voice(role: str, instrument: Instrument, manner: str = "", *, second: bool = False) -> Voice:
    return Voice("", role, instrument, manner, second=second, pan=_PAN.get(role, 0.0), reverb=_REVERB.get(role, 0.2))


def _pick(names: Sequence[str], exclude: Sequence[str], rng: random.Random, taken: set[str]) -> Instrument | None:
    found = [i for name in names if (i := find_instrument(name)) and i.name not in taken]
    found = [i for i in found if not any(is_meant_by(i, word) for word in exclude)]
    if not found:
        return None
    weights = [3.0 if index == 0 else 2.0 for index in range(len(found))]
    return rng.choices(found, weights=weights)[0]


def _genre_voices(
    genre: Genre, asked: Sequence[Asked], exclude: Sequence[str], mood: Mood, rng: random.Random
) -> list[Voice]:
    voices: list[Voice] = []
    rest = list(asked)

    def take(*wanted: str) -> Instrument | None:
        for one in rest:
            if _job(one.instrument) in wanted:
                rest.remove(one)
                return one.instrument
        return None

    kit = take("drums")
    percussion = []
    while found := take("percussion"):
        percussion.append(found)
    if kit is None and genre.drums:
        kit = find_instrument(genre.drums["kit"])
    if kit is not None:
        voices.append(_voice("drums", kit))
    bass = take("bass") or find_instrument(genre.bass[0])
    if bass is not None:
        voices.append(_voice("bass", bass, genre.bass[1]))
    taken = {one.instrument.name for one in asked}
    few = len(asked) > 0
    chords = take("chords") or take("arpeggio")
    first = genre.comp[0]
    own = chords or _pick([first[0]], exclude, rng, taken) or _pick([c[0] for c in genre.comp], exclude, rng, taken)
    if own is not None:
        voices.append(_voice("chords", own, manner_for(own, genre)))
        taken.add(own.name)
    lead = take("melody", "lead")
    if lead is None:
        lead = take("chords") if len(rest) and _job(rest[0].instrument) == "chords" and chords else None
    lead = lead or _pick(genre.lead, exclude, rng, taken) or _pick(genre.lead, exclude, rng, set())
    if lead is not None:
        voices.append(_voice("melody", lead))
        taken.add(lead.name)
    pad = take("pad") or (_pick(genre.pad, exclude, rng, taken) if not few or genre.name == "ambient" else None)
    if pad is not None:
        voices.append(_voice("pad", pad))
        taken.add(pad.name)
    for one in rest:
        role = {"melody": "counter", "lead": "counter", "chords": "chords", "pad": "pad", "arpeggio": "arpeggio"}.get(
            _job(one.instrument), "counter"
        )
        manner = manner_for(one.instrument, genre) if role == "chords" else ""
        voices.append(_voice(role, one.instrument, manner, second=role in ("chords", "pad")))
    voices += [_voice("percussion", one) for one in percussion]
    if mood.density > -0.6:
        voices += _extras(genre, exclude, taken, few=few, percussion=bool(percussion), rng=rng)
    return voices


def _extras(
    genre: Genre, exclude: Sequence[str], taken: set[str], *, few: bool, percussion: bool, rng: random.Random
) -> list[Voice]:
    voices: list[Voice] = []
    if len(genre.comp) > 1 and not few:
        second = _pick([genre.comp[1][0]], exclude, rng, taken)
        if second is not None:
            voices.append(_voice("chords", second, genre.comp[1][1], second=True))
            taken.add(second.name)
    if genre.arp and not few and rng.random() < 0.7:
        arp = _pick(genre.arp, exclude, rng, taken)
        if arp is not None:
            voices.append(_voice("arpeggio", arp))
            taken.add(arp.name)
    counter = _pick(genre.counter, exclude, rng, taken)
    if counter is not None:
        voices.append(_voice("counter", counter))
    if not percussion:
        own = list(genre.perc)
        for name in own[: 1 if few else 2]:
            found = find_instrument(name)
            if found is not None:
                voices.append(_voice("percussion", found, name))
    return voices


def _job(instrument: Instrument) -> str:
    """Return the slot an instrument fills in an ensemble of any genre."""
    if instrument.is_drum:
        return "percussion" if instrument.family == "percussion" else "drums"
    if instrument.name == "timpani":
        return "percussion"
    if instrument.family == "bass" or instrument.name in ("double bass", "tuba"):
        return "bass"
    if instrument.name in ("strings", "slow strings", "synth strings", "choir", "voice oohs", "mellotron"):
        return "pad"
    if instrument.role == "other":
        return "counter"
    return "percussion" if instrument.role == "percussion" else instrument.role


def manner_for(instrument: Instrument, genre: Genre) -> str:
    """Return how an instrument comps in a genre: its own manner, or one of its family."""
    for name, manner in genre.comp:
        found = find_instrument(name)
        if found and (found.name == instrument.name or found.family == instrument.family):
            return manner
    if instrument.family == "guitar":
        return {"jazz_swing": "freddie", "blues": "shuffle", "funk": "scratch"}.get(genre.name, "fingerpick")
    if instrument.family in ("strings", "choir", "pad"):
        return "sustain"
    if instrument.role == "arpeggio":
        return "arpeggio"
    return genre.comp[0][1] if genre.comp[0][1] not in ("power", "gallop", "scratch", "boom_chick", "skank") else "pop"


def _fallback(genre: Genre, exclude: Sequence[str]) -> list[Voice]:
    for name in ("piano", "rhodes", "acoustic guitar", "strings", "flute", "electric bass"):
        found = find_instrument(name)
        if found and not any(is_meant_by(found, word) for word in exclude):
            return [_voice("chords", found, manner_for(found, genre))]
    return []


def _only(genre: Genre, asked: Sequence[Asked]) -> list[Voice]:
    """Cast an ensemble that is given: lead, bass and harmony come from those who are there."""
    voices: list[Voice] = []
    pitched: list[Instrument] = []
    for one in asked:
        job = _job(one.instrument)
        if job in ("drums", "percussion"):
            voices.append(_voice(job, one.instrument, one.instrument.name))
        else:
            pitched.append(one.instrument)
    bass = next((i for i in pitched if _job(i) == "bass"), None)
    if bass is None and len(pitched) >= 3:
        bass = next((i for i in reversed(pitched) if i.name in _LOW), None)
    if bass is not None:
        pitched.remove(bass)
        voices.append(_voice("bass", bass, genre.bass[1] if bass.family == "bass" else "half_notes"))
    lead = next((i for i in pitched if is_mono(i) or i.role in ("melody", "lead")), None)
    hands = [i for i in pitched if not is_mono(i) and i is not lead]
    if lead is None and hands:
        lead = hands[-1] if len(hands) > 1 else hands[0]
    if lead is not None:
        voices.append(_voice("melody", lead))
        pitched.remove(lead)
    if lead is not None and not hands and not is_mono(lead):
        hands = [lead]
    harmony = next((i for i in hands if i.role in ("chords", "arpeggio", "pad")), hands[0] if hands else None)
    for index, instrument in enumerate(hands):
        if instrument is not lead or len(hands) == 1:
            role = "pad" if _job(instrument) == "pad" else "chords"
            voices.append(_voice(role, instrument, manner_for(instrument, genre), second=index > 0))
    if bass is None and harmony is not None and harmony.low <= 43 and harmony.family not in ("pad", "choir"):
        manner = "half_notes" if not genre.machine else "two_beat"
        voices.append(_voice("bass", harmony, manner))
    voices += [_voice("counter", i) for i in pitched if i not in hands]
    return voices


def _named(voices: Sequence[Voice], *, share: bool) -> list[Voice]:
    """Name the parts: "drums", "bass", the rest by instrument; ``share``: the hands of one player are one part."""
    out: list[Voice] = []
    owners: dict[str, Voice] = {}
    count: dict[str, int] = {}
    for voice in voices:
        base = voice.role if voice.role in ("drums", "bass") and _job(voice.instrument) in ("drums", "bass") else ""
        base = base or voice.instrument.name
        before = owners.get(base)
        shares = (
            share
            and before is not None
            and {before.role, voice.role} <= {"melody", "chords", "bass"}
            and before.role != voice.role
        )
        if before is not None and not shares:
            count[base] = count.get(base, 1) + 1
            base = f"{base} {count[base]}"
        owners.setdefault(base, voice)
        out.append(replace(voice, name=base))
    return out


# -- registers -------------------------------------------------------------------------------------


def set_registers(voices: Sequence[Voice], register: float) -> None:
    """Give every player a register, in place: bass below, comping in the middle, the tune on top.

    ``register`` moves the tune by up to four semitones (−1..1).
    """
    lead = next((v for v in voices if v.role == "melody"), None)
    floor = 65
    if lead is not None:
        inst = lead.instrument
        wanted = 65 + round(4 * register)
        lead.low = max(inst.low, min(wanted, inst.high - 17))
        lead.high = min(inst.high, lead.low + 19)
        floor = lead.low
    walking = any(v.manner in ("walking", "octaves") for v in voices if v.role == "bass")
    bottom = 55 if walking else 53
    for voice in voices:
        inst = voice.instrument
        if voice.role == "bass":
            voice.low, voice.high = max(inst.low, 28), min(inst.high, 55)
        elif voice.role in ("chords", "pad"):
            voice.low = max(inst.low, min(bottom + (2 if voice.second else 0), inst.high - 16))
            voice.high = max(voice.low + 15, min(inst.high, max(floor + 6, voice.low + 16), 74))
            if floor + 7 - (voice.low + voice.high) / 2 < 5:
                voice.gain_db = -3.0
        elif voice.role == "arpeggio":
            voice.low = max(inst.low, min(60, inst.high - 16))
            voice.high = min(inst.high, max(voice.low + 16, 84))
        elif voice.role == "counter":
            voice.low = max(inst.low, min(floor - 8, inst.high - 14))
            voice.high = min(inst.high, voice.low + 14)
