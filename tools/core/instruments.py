"""Instruments by the names people say: General MIDI programs, drum kits, percussion, ensembles.

Programs count from 0. Ranges are sounding MIDI numbers a good player uses; drum kits carry the General
MIDI keys instead. ``role`` is what the instrument mostly does, ``stem`` the group it is delivered in.
"""

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument.

    Attributes
    ----------
    name : canonical, lower case, unique.
    program : General MIDI, 0-based; for drum kits the kit's program on channel 10.
    role : one of ``score.ROLES``.
    stem : one of ``score.STEM_NAMES``.
    family : "piano", "mallets", "organ", "guitar", "bass", "strings", "choir", "brass", "reeds",
        "flutes", "lead", "pad", "effects", "folk", "drums" or "percussion".
    low, high : range as MIDI numbers, both included; General MIDI keys for drums.
    is_drum : whether it plays on the drum channel.
    synth : the synthesised instrument that sounds better than the sampled one, if there is one.
    aliases : other names.
    keys : for single percussion instruments, the General MIDI keys that they are.
    """

    name: str
    program: int
    role: str
    stem: str
    family: str
    low: int
    high: int
    is_drum: bool = False
    synth: str | None = None
    aliases: tuple[str, ...] = ()
    keys: tuple[int, ...] = ()


# name | role | low | high | aliases: in the order of General MIDI, 8 a family.
_FAMILIES: tuple[tuple[str, str, str], ...] = (
    ("piano", "piano", """
piano | chords | 28 | 100 | acoustic piano, grand piano, upright piano, concert grand, pianoforte, klavier, felt piano, soft piano, grand, acoustic grand piano
bright piano | chords | 28 | 100 | bright acoustic piano, pop piano, house piano, rock piano
electric grand | chords | 28 | 100 | electric grand piano, cp70, cp 80
honky-tonk piano | chords | 28 | 100 | honky tonk, saloon piano, ragtime piano, tack piano, barroom piano
rhodes | chords | 28 | 96 | electric piano, e-piano, epiano, ep, fender rhodes, rhodes piano, wurlitzer, wurli, wurly, suitcase piano, electric piano 1, keys, keyboard, rodes
fm piano | chords | 28 | 96 | dx7, fm electric piano, electric piano 2, digital piano, dx piano, dx7 piano, fm rhodes
harpsichord | chords | 29 | 89 | cembalo, clavecin
clavinet | chords | 29 | 89 | clavi, clav, d6
"""),
    ("mallets", "other", """
celesta | melody | 60 | 108 | celeste
glockenspiel | melody | 79 | 108 | glock, bells, orchestral bells
music box | melody | 60 | 96 | musicbox, toy piano, kalliope
vibraphone | chords | 53 | 89 | vibes, vibraharp
marimba | arpeggio | 45 | 96 | balafon
xylophone | melody | 65 | 108 | xylo
tubular bells | melody | 60 | 77 | chimes, church bells, bell
dulcimer | melody | 48 | 84 | hammered dulcimer, santur, cimbalom, zither
"""),
    ("organ", "other", """
organ | chords | 36 | 96 | hammond, hammond organ, b3, drawbar organ, hammond b3, electric organ, tonewheel organ, jazz organ
percussive organ | chords | 36 | 96 | organ bass
rock organ | chords | 36 | 96 | leslie organ, distorted organ, reggae organ, bubble organ
church organ | chords | 36 | 96 | pipe organ, cathedral organ
reed organ | chords | 36 | 84 | harmonium, pump organ
accordion | chords | 53 | 89 | musette, squeezebox, accordeon
harmonica | melody | 60 | 84 | mouth organ, blues harp, mouth harp
bandoneon | melody | 48 | 84 | tango accordion, concertina
"""),
    ("guitar", "guitar", """
nylon guitar | chords | 40 | 83 | classical guitar, spanish guitar, acoustic guitar nylon, flamenco guitar, bossa guitar, nylon string guitar, nylon-string guitar, gut guitar
acoustic guitar | chords | 40 | 84 | steel guitar, steel string guitar, folk guitar, western guitar, acoustic guitar steel, guitar, acoustic, steel-string guitar, 12 string guitar, ac guitar
jazz guitar | chords | 40 | 86 | hollow body guitar, archtop, electric guitar jazz, hollowbody
electric guitar | chords | 40 | 86 | clean guitar, electric guitar clean, strat, stratocaster, telecaster, clean electric guitar, e-guitar, funk guitar, surf guitar
muted guitar | chords | 40 | 86 | palm muted guitar, electric guitar muted, chicken scratch, scratch guitar
overdriven guitar | chords | 40 | 86 | overdrive guitar, crunch guitar, rock guitar, dirty guitar
distortion guitar | chords | 40 | 86 | distorted guitar, heavy guitar, metal guitar, power chord, lead guitar, fuzz guitar, guitar riff
guitar harmonics | other | 40 | 86 | harmonics
"""),
    ("bass", "bass", """
upright bass | bass | 28 | 55 | double bass pizzicato, acoustic bass, standup bass, stand-up bass, jazz bass, walking bass, contrabass pizzicato, string bass, pizzicato bass
electric bass | bass | 28 | 60 | bass, bass guitar, finger bass, fingered bass, e-bass, fingerstyle bass, p-bass, precision bass
picked bass | bass | 28 | 60 | pick bass, rock bass
fretless bass | bass | 28 | 60 | fretless
slap bass | bass | 28 | 60 | slapped bass, slap bass 1, funk bass
pop bass | bass | 28 | 60 | slap bass 2, popped bass
synth bass | bass | 24 | 60 | synth bass 1, bass synth, synthesizer bass, moog bass, moog, acid bass, 303, tb-303, analog bass
sub bass | bass | 24 | 55 | synth bass 2, sub, sine bass, deep bass
"""),
    ("strings", "other", """
violin | melody | 55 | 96 | fiddle, solo violin, geige, violine
viola | melody | 48 | 86 | bratsche
cello | melody | 36 | 76 | violoncello, solo cello
double bass | bass | 28 | 55 | contrabass, bowed bass, arco bass, kontrabass
tremolo strings | pad | 40 | 96 | tremolo
pizzicato strings | arpeggio | 40 | 96 | pizzicato, pizz, plucked strings
harp | arpeggio | 31 | 100 | orchestral harp, celtic harp, harfe
timpani | other | 40 | 57 | kettledrum, kettle drums, timps
"""),
    ("strings", "other", """
strings | pad | 36 | 96 | string ensemble, string section, string orchestra, orchestral strings, string ensemble 1, violins, cinematic strings
slow strings | pad | 36 | 96 | string ensemble 2, soft strings, legato strings
synth strings | pad | 36 | 96 | string machine, solina, disco strings, analog strings, synth strings 1
warm synth strings | pad | 36 | 96 | synth strings 2
choir | pad | 43 | 79 | choir aahs, voices, vocal choir, aahs, chorus voices, singers, gospel choir
voice oohs | pad | 43 | 79 | oohs, humming, ooh, backing vocals
synth voice | pad | 43 | 79 | synth choir, synth vox, vox, vocal synth, vocoder
orchestra hit | other | 48 | 72 | orch hit, orchestral hit, stab
"""),
    ("brass", "other", """
trumpet | melody | 55 | 82 | trumpets, jazz trumpet, flugelhorn, cornet
trombone | melody | 40 | 72 | bones
tuba | bass | 28 | 58 | sousaphone
muted trumpet | melody | 55 | 82 | harmon mute, mute trumpet
french horn | melody | 41 | 77 | horn, horns in f, waldhorn, french horns
brass | chords | 40 | 82 | brass section, brass ensemble, horn section, horns, brass band
synth brass | chords | 36 | 84 | synth brass 1, analog brass, jump brass, synth horns
soft synth brass | pad | 36 | 84 | synth brass 2
"""),
    ("reeds", "other", """
soprano sax | melody | 56 | 87 | soprano saxophone
alto sax | melody | 49 | 81 | alto saxophone
tenor sax | melody | 44 | 76 | sax, saxophone, tenor saxophone, saxofon, saxaphone, saxes
baritone sax | melody | 36 | 69 | baritone saxophone, bari sax
oboe | melody | 58 | 91 | hautbois
english horn | melody | 52 | 81 | cor anglais
bassoon | bass | 34 | 72 | fagott
clarinet | melody | 50 | 91 | klarinette, bass clarinet
"""),
    ("flutes", "other", """
piccolo | melody | 74 | 108 | piccolo flute
flute | melody | 60 | 96 | flutes, alto flute, querflöte, concert flute
recorder | melody | 60 | 98 | blockflöte
pan flute | melody | 60 | 96 | panpipes, pan pipes, zampona
bottle | melody | 60 | 96 | blown bottle, bottles
shakuhachi | melody | 55 | 84 | japanese flute, bamboo flute, bansuri
whistle | melody | 60 | 96 | whistling, tin whistle, irish whistle
ocarina | melody | 60 | 84 | oscarina
"""),
    ("lead", "other", """
square lead | lead | 36 | 100 | square wave, chiptune, chip lead, 8-bit, 8 bit lead, chip, game boy, nes
saw lead | lead | 36 | 100 | lead, lead synth, synth lead, synth, synthesizer, synthesiser, saw, sawtooth, analog synth, analogue synth, saw synth, synths, supersaw, super saw, trance lead
calliope lead | lead | 48 | 96 | calliope, flute lead
chiff lead | lead | 48 | 96 | chiff, pluck synth, synth pluck, pluck, plucks, plucky synth
charang lead | lead | 36 | 96 | charang, distorted lead, guitar lead
voice lead | lead | 48 | 91 | solo vox, vocal lead, vocal chop, vocal chops
fifths lead | lead | 36 | 96 | fifths
bass and lead | lead | 24 | 84 | bass lead, brass lead, reese, reese bass, wobble, wobble bass, growl
"""),
    ("pad", "other", """
new age pad | pad | 36 | 96 | fantasia, pad new age, bell pad
warm pad | pad | 36 | 96 | pad, synth pad, pads, analog pad, soft pad, analogue pad, lush pad, dreamy pad
polysynth | chords | 36 | 96 | polysynth pad, poly synth, synth chords, juno, synth stabs, chord stab, stabs
choir pad | pad | 43 | 84 | space voice, vocal pad
bowed pad | pad | 43 | 91 | bowed glass, glass pad
metallic pad | pad | 36 | 96 | metal pad
halo pad | pad | 36 | 96 | angel pad
sweep pad | pad | 36 | 96 | sweep, swept pad, sweeping pad, atmosphere pad, ambient pad
"""),
    ("effects", "other", """
rain | other | 48 | 84 | ice rain
soundtrack | pad | 36 | 84 | drone, texture, soundscape, drones
crystal | arpeggio | 60 | 96 | crystal bells, glass bells
atmosphere | pad | 36 | 96 | atmospheric synth
brightness | pad | 36 | 96 | bright pad
goblins | other | 36 | 84 | goblin
echoes | other | 36 | 96 | echo drops
sci-fi | other | 36 | 96 | star theme, scifi
"""),
    ("folk", "other", """
sitar | melody | 48 | 84 | sitars
banjo | arpeggio | 48 | 86 | banjos, 5 string banjo
shamisen | melody | 48 | 84 | samisen
koto | arpeggio | 48 | 88 | guzheng, kayagum
kalimba | arpeggio | 55 | 91 | thumb piano, mbira
bagpipe | melody | 55 | 81 | bagpipes, uilleann pipes
fiddle folk | melody | 55 | 96 | irish fiddle, hardanger
shanai | melody | 55 | 84 | shehnai, zurna
"""),
    ("percussion", "drums", """
tinkle bell | percussion | 60 | 96 | sleigh bells melodic, tingsha
agogo bells | percussion | 60 | 84 | melodic agogo
steel drums | melody | 52 | 86 | steel drum, steelpan, steel pan, pans
woodblock tuned | percussion | 48 | 84 | temple blocks
taiko | percussion | 36 | 60 | taiko drum, taiko drums, taikos, epic drums, war drums
melodic tom | percussion | 36 | 72 | toms, tom toms, rototom
synth drum | percussion | 36 | 72 | simmons
reverse cymbal | other | 48 | 72 | cymbal swell
"""),
    ("effects", "other", """
fret noise | other | 36 | 84 | guitar fret noise
breath noise | other | 48 | 84 | breath
seashore | other | 48 | 84 | sea, waves, ocean, surf
bird | other | 48 | 84 | birds, birdsong, bird tweet
telephone | other | 48 | 84 | phone ring
helicopter | other | 48 | 84 | chopper
applause | other | 48 | 84 | clapping crowd, audience, crowd
gunshot | other | 48 | 84 | gun shot
"""),
)  # fmt: skip

# Two names that stand for another instrument of the same program, played or synthesised otherwise.
_EXTRA = (
    Instrument("808", 38, "bass", "bass", "bass", 24, 50, False, "808",
               ("808 bass", "808s", "eight oh eight", "trap bass", "808 sub", "tr 808 bass", "gliding 808")),
    Instrument("reese bass", 38, "bass", "bass", "bass", 24, 55, False, "reese",
               ("reese", "dnb bass", "neuro bass", "jungle bass")),
    Instrument("wobble bass", 38, "bass", "bass", "bass", 24, 55, False, "wobble",
               ("wobble", "wub", "dubstep bass", "growl bass", "wub bass")),
    Instrument("log drum", 38, "bass", "bass", "bass", 26, 58, False, "log_drum",
               ("logdrum", "amapiano bass", "log drums")),
    Instrument("supersaw", 81, "lead", "other", "lead", 36, 100, False, "supersaw",
               ("super saw", "hypersaw", "supersaws", "trance supersaw", "saw stack")),
    Instrument("ukulele", 24, "chords", "guitar", "guitar", 55, 86, False, None, ("uke", "ukelele")),
    Instrument("mandolin", 25, "melody", "guitar", "guitar", 55, 91, False, None, ("mandoline", "bouzouki", "oud", "lute")),
    Instrument("pedal steel", 26, "melody", "guitar", "guitar", 40, 86, False, None,
               ("pedal steel guitar", "lap steel", "slide guitar", "steel slide")),
    Instrument("erhu", 40, "melody", "other", "strings", 55, 84, False, None, ("chinese violin",)),
    Instrument("mellotron", 50, "pad", "other", "strings", 43, 84, False, None, ("tape strings",)),
    Instrument("theremin", 80, "melody", "other", "lead", 48, 91, False, None, ("ondes martenot",)),
)  # fmt: skip

# Drum kits of General MIDI Level 2 / GS on channel 10; 35–81 are the General MIDI percussion keys.
_KITS = (
    Instrument("drums", 0, "drums", "drums", "drums", 35, 81, True, None,
               ("drum", "drum kit", "drum set", "drumkit", "drumset", "kit", "acoustic drums", "live drums", "beat", "beats",
                "trap kit", "standard kit", "percussion and drums", "drummer", "real drums", "schlagzeug")),
    Instrument("room kit", 8, "drums", "drums", "drums", 35, 81, True, None, ("room drums", "roomy drums")),
    Instrument("power kit", 16, "drums", "drums", "drums", 35, 81, True, None,
               ("rock drums", "power drums", "heavy drums", "metal drums", "big drums", "rock kit", "punchy drums")),
    Instrument("electronic kit", 24, "drums", "drums", "drums", 35, 81, True, "drum_machine",
               ("electronic drums", "electric drums", "e-drums", "909", "tr 909", "tr-909", "drum machine", "techno drums",
                "house drums", "machine drums", "edm drums", "programmed drums", "synth drums")),
    Instrument("808 kit", 25, "drums", "drums", "drums", 35, 81, True, "drum_machine",
               ("808 drums", "tr-808", "tr 808", "808 drum machine", "trap drums", "analog drums", "808 drum kit", "808 beat")),
    Instrument("jazz kit", 32, "drums", "drums", "drums", 35, 81, True, None, ("jazz drums", "swing drums")),
    Instrument("brush kit", 40, "drums", "drums", "drums", 35, 81, True, None,
               ("brushes", "brushed drums", "brush drums", "soft drums", "brushed kit")),
    Instrument("orchestral kit", 48, "drums", "drums", "drums", 35, 81, True, None,
               ("orchestral percussion", "orchestra drums", "orchestral drums", "cinematic drums", "concert percussion")),
    Instrument("vinyl drums", 0, "drums", "drums", "drums", 35, 81, True, "vinyl",
               ("vinyl kit", "dusty drums", "lo-fi drums", "lofi drums", "lo fi drums", "boom bap drums", "boombap drums",
                "crunchy drums", "sampled drums", "breakbeat", "break", "drum loop", "vinyl drum", "dusty beat", "vinyl beat")),
    Instrument("percussion", 0, "percussion", "drums", "percussion", 35, 81, True, None,
               ("perc", "hand percussion", "latin percussion", "hand drums", "percs", "world percussion"),
               (54, 69, 70, 62, 63, 64)),
)  # fmt: skip

_PERCUSSION = """
congas | 62 63 64 | conga, tumba, tumbadora, conga drum
bongos | 60 61 | bongo, bongo drum
timbales | 65 66 | timbale
tambourine | 54 | tamb, tambo
shaker | 70 82 | egg shaker, shakers, caxixi
maracas | 70 | maraca
cabasa | 69 | afuche
claves | 75 | clave
cowbell | 56 | cow bell, bell pattern
woodblock | 76 77 | wood block, woodblocks
agogo | 67 68 | agogos
guiro | 73 74 | güiro, scraper
triangle | 80 81 | triangel
hand claps | 39 | clap, claps, handclap, hand clapping, handclaps
finger snaps | 37 | snaps, finger snap, finger clicks
cajon | 36 37 | cajón, cajon drum
djembe | 63 64 62 | jembe, darbuka, doumbek
tabla | 60 61 64 | tablas
surdo | 86 87 | samba drum
hi-hat | 42 44 46 | hi hat, hihat, hats, hi-hats, hat, hihats, hh
kick | 36 | kick drum, bass drum, bd, kicks
snare | 38 | snare drum, sd, snares, rimshot
cymbals | 49 51 57 | cymbal, crash, ride, ride cymbal, crash cymbal
sleigh bells | 83 | jingle bells, jingle bell
"""

_ENSEMBLES: dict[str, tuple[str, ...]] = {
    "string quartet": ("violin", "violin", "viola", "cello"),
    "string trio": ("violin", "viola", "cello"),
    "piano trio": ("piano", "upright bass", "brush kit"),
    "jazz trio": ("piano", "upright bass", "jazz kit"),
    "jazz quartet": ("tenor sax", "piano", "upright bass", "jazz kit"),
    "jazz quintet": ("trumpet", "tenor sax", "piano", "upright bass", "jazz kit"),
    "jazz combo": ("tenor sax", "piano", "upright bass", "jazz kit"),
    "jazz band": ("trumpet", "tenor sax", "piano", "upright bass", "jazz kit"),
    "big band": ("trumpet", "tenor sax", "trombone", "brass", "piano", "upright bass", "jazz kit"),
    "orchestra": ("strings", "french horn", "flute", "oboe", "cello", "timpani"),
    "symphony orchestra": ("strings", "french horn", "flute", "oboe", "cello", "timpani"),
    "full orchestra": ("strings", "french horn", "flute", "oboe", "cello", "timpani"),
    "chamber orchestra": ("strings", "flute", "oboe", "cello"),
    "rock band": ("distortion guitar", "overdriven guitar", "picked bass", "drums"),
    "band": ("electric guitar", "piano", "electric bass", "drums"),
    "full band": ("electric guitar", "piano", "electric bass", "drums"),
    "power trio": ("distortion guitar", "picked bass", "drums"),
    "rhythm section": ("rhodes", "electric bass", "drums"),
    "woodwinds": ("flute", "oboe", "clarinet", "bassoon"),
    "woodwind quartet": ("flute", "oboe", "clarinet", "bassoon"),
    "wind quintet": ("flute", "oboe", "clarinet", "french horn", "bassoon"),
    "brass quintet": ("trumpet", "french horn", "trombone", "tuba"),
    "mariachi": ("trumpet", "violin", "nylon guitar", "upright bass"),
    "bluegrass band": ("banjo", "mandolin", "violin", "acoustic guitar", "upright bass"),
}

_FAMILY_WORDS: dict[str, frozenset[str]] = {
    "drums": frozenset({"drums", "percussion"}), "beat": frozenset({"drums", "percussion"}),
    "percussion": frozenset({"drums", "percussion"}), "guitars": frozenset({"guitar"}), "guitar": frozenset({"guitar"}),
    "bass": frozenset({"bass"}), "strings": frozenset({"strings"}), "brass": frozenset({"brass"}),
    "horn": frozenset({"brass", "reeds"}), "wind": frozenset({"reeds", "flutes"}),
    "woodwind": frozenset({"reeds", "flutes"}), "sax": frozenset({"reeds"}), "synth": frozenset({"lead", "pad", "effects"}),
    "synthesizer": frozenset({"lead", "pad", "effects"}), "pad": frozenset({"pad"}), "lead": frozenset({"lead"}),
    "keys": frozenset({"piano", "organ"}), "keyboard": frozenset({"piano", "organ"}), "piano": frozenset({"piano"}),
    "organ": frozenset({"organ"}), "choir": frozenset({"choir"}), "voice": frozenset({"choir"}),
    "vocal": frozenset({"choir"}), "bell": frozenset({"mallets"}), "mallet": frozenset({"mallets"}),
    "flute": frozenset({"flutes"}), "electronic": frozenset({"lead", "pad", "effects"}),
}  # fmt: skip


def _split(aliases: str) -> tuple[str, ...]:
    return tuple(alias.strip() for alias in aliases.split(",") if alias.strip())


@lru_cache(maxsize=1)
def all_instruments() -> tuple[Instrument, ...]:
    """Return every instrument: the 128 programs in order, then special ones, drum kits, percussion."""
    found: list[Instrument] = []
    for family, stem, table in _FAMILIES:
        for line in table.strip().splitlines():
            name, role, low, high, aliases = (cell.strip() for cell in line.split("|"))
            kind = "choir" if name in ("choir", "voice oohs", "synth voice") else family
            found.append(Instrument(name, len(found), role, stem, kind, int(low), int(high), aliases=_split(aliases)))
    found += [*_EXTRA, *_KITS]
    for line in _PERCUSSION.strip().splitlines():
        name, keys, aliases = (cell.strip() for cell in line.split("|"))
        numbers = tuple(int(key) for key in keys.split())
        found.append(
            Instrument(
                name,
                0,
                "percussion",
                "drums",
                "percussion",
                min(numbers),
                max(numbers),
                True,
                None,
                _split(aliases),
                numbers,
            )
        )
    return tuple(found)


_SILENT_WORDS = frozenset({"a", "an", "the", "some", "of", "with", "my", "one", "more", "and"})


def _plain(name: str) -> str:
    """Lower case, without articles, hyphens and plural endings."""
    words = re.sub(r"[^\w\s#&]|_", " ", name.lower()).split()
    kept = [word for word in words if word not in _SILENT_WORDS] or words
    return " ".join(_singular(word) for word in kept)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith(("ches", "shes", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")) else word


@lru_cache(maxsize=1)
def _index() -> dict[str, Instrument]:
    index: dict[str, Instrument] = {}
    # Special instruments come first in a clash ("reese" is a bass, though a General MIDI lead has the alias).
    ordered = [*_EXTRA, *_KITS, *all_instruments()]
    for instrument in ordered:
        index.setdefault(_plain(instrument.name), instrument)
    for instrument in ordered:
        for alias in instrument.aliases:
            index.setdefault(_plain(alias), instrument)
    return index


@lru_cache(maxsize=1024)
def find_instrument(name: str) -> Instrument | None:
    """Return the instrument that a name means, or None.

    Case, plural, hyphens, articles, leading adjectives ("a warm Rhodes") and small typos are forgiven.

    >>> find_instrument("nylon-string guitars").program
    24
    """
    index = _index()
    plain = _plain(name)
    words = plain.split()
    for start in range(len(words)):
        found = index.get(" ".join(words[start:]))
        if found:
            return found
    for start in range(len(words)):
        tail = " ".join(words[start:])
        if len(tail) >= 4:
            near = difflib.get_close_matches(tail, index, n=1, cutoff=0.84)
            if near:
                return index[near[0]]
    return None


@lru_cache(maxsize=256)
def find_ensemble(name: str) -> tuple[Instrument, ...]:
    """Return the players of an ensemble ("string quartet", "big band"), empty if it is none."""
    plain = _plain(name)
    for ensemble, members in _ENSEMBLES.items():
        if plain == _plain(ensemble):
            return tuple(found for member in members if (found := find_instrument(member)))
    return ()


def ensembles() -> tuple[str, ...]:
    """Return the names of the ensembles that are known."""
    return tuple(_ENSEMBLES)


def nearest_instruments(name: str, count: int = 3) -> list[str]:
    """Return canonical names that look most like an unknown one."""
    index = _index()
    near = difflib.get_close_matches(_plain(name), index, n=count * 3, cutoff=0.4)
    return list(dict.fromkeys(index[word].name for word in near))[:count]


def is_meant_by(instrument: Instrument, word: str) -> bool:
    """Return whether a word names the instrument, its family or its role ("no guitars", "without bass").

    >>> is_meant_by(find_instrument("nylon guitar"), "guitars")
    True
    """
    plain = _plain(word)
    if instrument.role == plain or instrument.name == word.lower().strip():
        return True
    for family_word, families in _FAMILY_WORDS.items():
        if plain == _plain(family_word):
            return instrument.family in families
    found = find_instrument(word)
    return found is not None and (
        found == instrument
        or (found.is_drum == instrument.is_drum and found.program == instrument.program and not found.keys)
    )


def of_program(program: int, is_drum: bool = False) -> Instrument:
    """Return the instrument of a General MIDI program (0-based), or the drum kit of that program."""
    if is_drum:
        return next((kit for kit in _KITS if kit.program == program), _KITS[0])
    return all_instruments()[program]
