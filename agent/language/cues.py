"""The words by which requests are told apart: verbs by what they ask for, nouns, fillers, file formats."""

from functools import lru_cache

from segue.tools.core.vocabulary import Lexicon

_VERBS: dict[str, str] = {
    "remove": "remove, kick out, throw out, chuck out, toss out, filter out, yank out, yank, banish, wipe, wipe out, weed out, edit out, nuke, silence out, take off, get rid, delete, mute, drop, take out, take away, get rid of, kill, strip, strip out, lose, eliminate, erase, silence, leave out, ditch, cut out, scrap, suppress, discard, turn off",
    "isolate": "isolate, split off, split out, peel off, lift out, carve out, solo, extract, separate, keep only, only keep, pull out, single out",
    "up": "turn up, raise, boost, bring up, increase, crank up, push up, amplify",
    "down": "turn down, lower, reduce, bring down, decrease, soften, attenuate, tone down",
    "replace": "replace, swap, swap out, substitute, exchange, convert, switch",
    "turn": "turn, change, transform, morph",
    "add": "add, put in, throw in, bring in, layer, insert, include, toss in",
    "transpose": "transpose, pitch, pitch shift, shift, modulate",
    "faster": "speed up, accelerate, speed",
    "slower": "slow down, slow",
    "trim": "trim, crop, cut, shorten, chop, clip, snip, truncate",
    "concat": "join, splice, join up, tack on, bolt on, weld, link up, hook up, concatenate, append, prepend, glue, stitch, attach, paste, combine, string together, stick, merge",
    "put": "put, place, set, lay, drop in, overlay, superimpose",
    "mix": "mix, blend, play together, lay over, lay under, lay underneath, mash, mash up, overlay, layer",
    "regenerate": "redo, rewrite, regenerate, recompose, rework, retry",
    "extend": "extend, draw out, spin out, drag out, elongate, stretch it to, stretch this to, stretch that to, lengthen, prolong, stretch out, expand",
    "continue": "continue, carry on, go on, keep going",
    "restyle": "restyle, remix, rearrange, reharmonise, reharmonize, reimagine",
    "effect": "apply, process",
    "master": "master, normalise, normalize, remaster",
    "fade": "fade",
    "loop": "loop, repeat",
    "unfold": "build up, builds up, ramp up, ramps up, wind down, winds down, cool down, cools down, calm down, calms down, warm up, warms up",
    "try": "try, attempt",
    "reverse": "reverse, mirror, rewind, flip, play backwards",
    "export": "export, save, download, render, bounce, print, write to disk, send me, store",
    "caption": "describe, sum up, portray, caption, summarise, summarize, characterise, characterize, review, tell me about, explain",
    "compare": "compare, contrast",
    "tag": "tag, analyse, analyze, measure, detect, estimate, classify, label",
    "transcribe": "transcribe, notate, write up, tab out, chart out, score out, put on paper, set down, get down on paper, write down, write out, note down, jot down, transcript, spell out, figure out",
    "sort": "sort, order, rank, arrange, reorder, sequence",
    "find": "find, hunt down, hunt for, hunt out, dig out, dig for, dig me up, fish out, fish for, track down, scout out, scout for, root out, seek out, seek, unearth, scare up, rustle up, search, look for, look up, search for, recommend, suggest, discover, dig up, fetch, pull up, looking for, browse, show, show me, list, locate",
    "play": "play, hear, listen to, put on, queue, queue up, cue up, spin",
    "give": "give, get, bring, want, need, like to have, love, fancy, would like, hand",
    "make": "make, create, generate, compose, produce, build, come up with, improvise, craft, invent, design, draft, cook up, whip up, knock up, knock out, knock together, lay down, put together, throw together, spin up, bang out, dream up, rustle up, conjure up, conjure, fabricate, cobble together, think up, roll out, churn out",
    "write": "write, pen",
    "score": "score, soundtrack",
    "take": "take, pick, choose, select, use, grab, open, load",
    "scan": "scan, index, rescan, reindex",
    "start": "start, begin",
    "keep": "keep, hold, preserve, retain, leave, maintain",
    "forget": "forget, ignore, drop the filter, disregard, lift, relax",
}  # fmt: skip
# Verbs that begin a new request behind a comma or "and"; the others also stand inside one ("keep", "start").
_OPENERS = frozenset(_VERBS) - {"keep", "unfold", "start", "effect", "up", "down", "forget", "score"} | {"up", "down"}

_POLITE = ["hi", "hello", "hey", "hey there", "hi there", "good morning", "good evening", "ok", "okay", "so", "well", "now", "please", "pls", "plz", "kindly", "also", "and", "then", "and then", "but", "just", "um", "uh", "alright", "right", "cool", "nice", "great", "perfect", "awesome", "thanks", "thank you", "yes", "yeah", "yep", "sure", "oh", "hmm", "actually", "maybe", "perhaps", "finally", "plus", "and plus", "separately", "and separately", "then separately", "in addition", "on top of that", "while youre at it", "next", "first", "afterwards", "after that", "lastly", "segue", "dude", "man", "lets", "let us", "go ahead and", "can you", "could you", "would you", "will you", "can i", "could i", "may i", "can we", "could we", "shall we", "can u", "could u", "what if it was", "what if it were", "what if we", "what if you", "how would it sound", "would it work", "would it be possible to", "is it possible to", "any way to", "is there a way to", "any chance you can", "any chance you could", "can it", "could it", "can this", "could this", "can that", "could that", "would you mind", "do you mind", "are you able to", "i want you to", "i would like you to", "id like you to", "i want to", "i would like to", "id like to", "i d like to", "i wanna", "i need to", "i need you to", "help me", "help me to", "try to", "try and", "go and", "you should", "we should", "id love to", "i would love to", "how about", "what about", "let me", "lemme", "tu peux", "peux tu", "puoi", "kannst du", "bitte", "per favore", "sil te plait", "por favor", "puedes"]  # fmt: skip

SONGS = frozenset(
    ["song", "songs", "track", "tracks", "tune", "tunes", "music", "playlist", "playlists", "artist", "artists", "album", "albums", "band", "bands", "singer", "singers", "hits", "hit", "stuff", "something", "anything", "someone", "somebody", "records", "record", "mixtape", "setlist", "cover", "covers", "classics", "banger", "bangers", "jams"]
)  # fmt: skip
PIECES = frozenset(
    ["beat", "loop", "intro", "outro", "song", "piece", "melody", "jingle", "riff", "groove", "tune", "ballad", "score", "theme", "soundtrack", "instrumental", "composition", "bassline", "bed", "sketch", "idea", "take", "takes", "version", "versions", "variation", "variations", "track", "music", "backing", "accompaniment", "interlude", "bridge", "fanfare", "etude", "waltz", "sonata", "symphony", "remix", "break", "breakdown", "drumloop", "lullaby", "suite", "prelude", "march", "anthem", "chorus", "verse", "hook", "sting", "stinger", "underscore", "jig", "reel", "hornpipe", "shanty", "score"]
)  # fmt: skip
LISTS = frozenset(["playlist", "playlists", "mixtape", "setlist", "set", "list", "queue"])

FORMATS: dict[str, str] = {
    "m3u8": "m3u8, m3u, playlist file", "xspf": "xspf", "wav": "wav, wave file, wave, wavs", "flac": "flac, flacs",
    "mp3": "mp3, mp3s, mpeg", "ogg": "ogg, vorbis, opus", "m4a": "m4a, aac, alac", "midi": "midi, mid, midi file, smf",
    "musicxml": "musicxml, music xml, xml, mxl, musescore", "svg": "svg", "pdf": "pdf",
    "stems": "stems, stem files, multitrack, multitracks, separate tracks, individual tracks",
    "daw": "daw, daw project, ableton, logic project, reaper, cubase, project folder", "lrc": "lrc, lrc file, karaoke file",
}  # fmt: skip

_QUESTION = frozenset(
    [
        "what",
        "whats",
        "which",
        "who",
        "whos",
        "whose",
        "where",
        "wheres",
        "when",
        "why",
        "how",
        "hows",
        "is",
        "are",
        "does",
        "do",
        "did",
        "was",
        "were",
        "has",
        "can",
        "am",
        "will",
        "isnt",
        "doesnt",
        "arent",
        "should",
        "could",
    ]
)

SECTIONS: dict[str, str] = {
    "intro": "intro", "introduction": "intro", "verse": "verse", "vers": "verse", "chorus": "chorus", "refrain": "chorus", "hook": "chorus",
    "bridge": "bridge", "middle eight": "bridge", "middle 8": "bridge", "prechorus": "pre-chorus", "pre chorus": "pre-chorus",
    "build": "build", "buildup": "build", "build up": "build", "drop": "drop", "breakdown": "breakdown", "break": "break",
    "solo": "solo", "outro": "outro", "ending": "outro", "coda": "outro", "interlude": "interlude", "strophe": "verse",
    "hooks": "chorus", "head": "head", "aaba": "aaba",
}  # fmt: skip

EFFECTS = ["reverb", "reverby", "room", "hall", "cathedral", "plate", "spring reverb", "echo", "echoey", "delay", "slapback", "chorus effect", "flanger", "phaser", "tremolo", "vibrato", "distortion", "distorted", "overdrive", "saturation", "saturated", "compression", "compressed", "compress", "compressor", "eq", "equaliser", "equalizer", "warm", "warmer", "warmth", "bright", "brighter", "darker", "muffled", "airy", "airier", "air", "wide", "wider", "width", "stereo", "mono", "narrow", "narrower", "telephone", "phone", "radio", "underwater", "vinyl", "crackle", "hiss", "tape", "cassette", "wobble", "crunchy", "crunchier", "punchy", "punchier", "punch", "thick", "thicker", "thin", "thinner", "fat", "fatter", "full", "fuller", "boomy", "muddy", "clean", "cleaner", "clear", "clearer", "crisp", "crisper", "treble", "highs", "lows", "mids", "low end", "top end", "sub", "presence", "lo fi", "lofi", "bit crush", "bitcrush", "bitcrushed", "low pass", "lowpass", "high pass", "highpass", "filter", "filtered", "dry", "drier", "wet", "wetter", "spacious", "space", "ambience", "depth", "deeper", "sparkle", "shimmer", "harsh", "harshness", "less harsh", "sibilance", "de ess", "autotune", "megaphone", "smooth", "smoother", "soft", "softer sounding", "grit", "gritty", "grittier", "glue", "sheen", "old radio", "concert hall", "small room", "big room", "garage", "stadium", "church", "cave", "retro sound", "vintage sound", "analog", "analogue", "lush", "dreamier sound", "pumping", "sidechain", "ducking", "gated", "wah", "wah wah", "wahwah", "autowah", "auto wah", "sibilant", "deesser", "de esser", "distort", "saturate", "overdriven", "fuzz", "fuzzy", "flange", "phase", "chorusing", "hz", "khz", "roll off", "rolled off", "low cut", "high cut", "hi cut", "shelf", "notch filter", "cutoff", "resonance", "treble", "topend", "top", "bottom end", "low mids", "boxy", "boxiness", "nasal", "tinny", "shrill", "piercing", "brittle", "woolly", "murky", "boominess", "mud", "rumble", "hum", "noise", "telephone voice", "walkie talkie", "megaphone", "gramophone", "loudspeaker", "transistor radio", "am radio", "boombox", "tiny club", "small club", "bathroom", "tunnel", "arena", "hallway", "basement", "next door", "distant", "far away", "further away", "closer", "intimate", "in the distance", "echoing", "ambient space", "widen", "brighten", "darken", "thicken", "fatten", "muffle", "sweeten", "polish", "declick", "denoise", "pan", "panned", "autopan", "ring modulator", "vocoder", "talkbox", "harmonizer", "limiter", "limited", "gate", "exciter", "tape stop", "tape hiss", "wow and flutter", "glitch", "glitchy", "stutter", "granular", "reverberant", "roomy", "spacey", "washed out", "dreamy haze"]  # fmt: skip
FIELDS: dict[str, str] = {
    "bpm": "bpm, tempo, tempos, speed, beats per minute", "key": "key, keys, tonality", "mood": "mood, moods, feeling",
    "genre": "genre, genres, style", "energy": "energy", "year": "year, years, decade, decades", "artist": "artist, artists",
    "meter": "meter, metre, time signature", "duration": "duration, length", "loudness": "loudness, volume, replaygain, lufs",
    "instruments": "instruments, instrumentation", "vocals": "vocals", "rating": "rating, ratings, stars",
    "plays": "play count, plays, play counts", "comment": "comment, comments", "album": "album, albums",
}  # fmt: skip

# Sentences of nothing but these are small talk beside a request ("Hello!", "These are great.", "What do you think?").
CHATTER = frozenset(
    ["hi", "hello", "hey", "holla", "hiya", "yo", "good", "day", "morning", "evening", "afternoon", "there", "greetings", "bless", "thanks", "thank", "you", "thx", "so", "much", "very", "a", "lot", "great", "nice", "wonderful", "lovely", "beautiful", "perfect", "awesome", "amazing", "excellent", "superb", "fantastic", "cool", "brilliant", "super", "wow", "yes", "yeah", "yea", "yep", "yup", "ok", "okay", "alright", "sure", "lol", "haha", "these", "those", "this", "that", "they", "it", "them", "are", "is", "was", "all", "both", "i", "im", "am", "we", "love", "like", "really", "loved", "liked", "loving", "enjoy", "em", "the", "songs", "song", "tracks", "list", "playlist", "selection", "selections", "choices", "choice", "good", "better", "best", "too", "again", "well", "done", "job", "you", "your", "doing", "for", "my", "me", "what", "do", "think", "and", "but", "oh", "ah", "hmm", "please", "just", "right", "far", "of", "one", "ones", "every", "single", "many", "hits", "absolutely", "totally", "definitely", "here", "same"]
)  # fmt: skip

# What nothing measures and no tag holds: a wish for it is said to be out of reach.
BEYOND = {
    "recorded in": "where it was recorded", "recorded at": "where it was recorded", "produced by": "who produced it",
    "mixed by": "who mixed it", "engineered by": "who recorded it", "on the label": "the record label",
    "record label": "the record label", "released on vinyl": "on what medium it came out", "24 bit": "the bit depth",
    "16 bit": "the bit depth", "hi res": "the resolution of the file", "number one": "chart positions",
    "chart": "chart positions", "charted": "chart positions", "grammy": "awards", "award": "awards",
    "awards": "awards", "sold": "sales", "streams on": "streaming counts", "on spotify": "what other services hold",
    "sampled by": "who sampled it", "written by": "who wrote it", "in the movie": "in which films it was used",
    "from the movie": "in which films it was used", "from the film": "in which films it was used", "432": "the tuning",
    "concert last": "concerts", "on tour": "concerts", "price": "prices", "cheap": "prices",
}  # fmt: skip


def _spread(table: dict[str, str]) -> dict[str, str]:
    return {word.strip(): name for name, words in table.items() for word in words.split(",")}


def _inflected(verb: str) -> list[str]:
    """Return a verb with its -ing and -ed forms: the first of its words is changed."""
    head, _, tail = verb.partition(" ")
    stem = head[:-1] if head.endswith("e") and not head.endswith("ee") else head
    short = len(head) == 3 and head[-1] in "tpxgnb" and head[-2] in "aeiou" and head != "mix"
    doubled = stem + stem[-1] if short or (head in ("transcript", "drop", "swap", "trim", "strip", "crop", "splice") and head[-1] in "pm") else stem  # fmt: skip
    return [f"{form} {tail}".strip() for form in (head, doubled + "ing")]


@lru_cache(maxsize=1)
def verbs() -> Lexicon[str]:
    """Return verbs by class."""
    entries: dict[str, str] = {}
    for name, words in _VERBS.items():
        for verb in words.split(","):
            entries.setdefault(verb.strip(), name)
    for name, words in _VERBS.items():
        for verb in words.split(","):
            for form in _inflected(verb.strip()):
                entries.setdefault(form, name)
    strict = [form for words in _VERBS.values() for verb in words.split(",") for form in _inflected(verb.strip())[1:]]
    return Lexicon(entries, _PLAIN, strict)


# Words that look like a misspelt verb and are none.
_PLAIN = frozenset(["reserve", "reversed", "revenue", "master", "mastered", "number", "descriptive", "lower", "slowly", "mixed", "second", "sound", "sounds", "piece", "pieces", "removed", "export", "generated", "edition", "ranking"])  # fmt: skip


@lru_cache(maxsize=1)
def openers() -> frozenset[str]:
    """Return the verb classes that begin a new request behind a comma or "and"."""
    return _OPENERS


@lru_cache(maxsize=1)
def polite() -> tuple[str, ...]:
    """Return phrases that only lead up to a request, the longest first."""
    return tuple(sorted(_POLITE, key=len, reverse=True))


@lru_cache(maxsize=1)
def formats() -> Lexicon[str]:
    """Return file formats by the names people say."""
    return Lexicon(_spread(FORMATS))


@lru_cache(maxsize=1)
def fields() -> Lexicon[str]:
    """Return tag fields and statistics by the names people say."""
    return Lexicon(_spread(FIELDS))


@lru_cache(maxsize=1)
def effects() -> Lexicon[str]:
    """Return words for effects and sounds."""
    return Lexicon({word: word for word in EFFECTS}, strict=EFFECTS)


@lru_cache(maxsize=1)
def sections() -> Lexicon[str]:
    """Return names of song sections."""
    return Lexicon(SECTIONS)


def is_question_word(word: str) -> bool:
    """Tell whether a word (plain, lower case) opens a question."""
    return word in _QUESTION
