"""Words by the stance they take: more, less, keep, not, also, no matter; and those that say nothing of their own.

A sentence about a list is read as what it speaks of (a quality, a genre, an artist, a track, a filter) and the stance
it takes to that, in whatever order the words come.
"""

import re
from functools import lru_cache

from segue.agent.language import cues
from segue.tools.core.lexicon import one_slip
from segue.tools.core.vocabulary import axes_in, genres_in, instruments_in, moods_in, plain_words, singular, stems_in

_STANCES: dict[str, str] = {
    "more": "too low, too little, too weak, too small, too few, too short on, not high enough, not strong enough, lower than i want, bring back, more, moar, extra, further, additional, added, increase, increased, increasing, raise, raised, raising, boost, boosted, up, crank, crank up, turn up, dial up, pump up, push, push up, bump up, "
    "bump, ramp up, bring up, step up, amp up, beef up, hike up, heighten, enhance, intensify, strengthen, stronger, bigger, higher, greater, better, needs, needs more, lacks, lacking, "
    "could use, could do with, not enough, isnt enough, enough, plenty of, lots of, more of, heavy on, big on, double, doubled, "
    "louder on, emphasise, emphasize, bring out, foreground, high, strong, not as little, up the, rather more, more in the way of, maximum, max",
    "less": "too high, too strong, too big, too heavy on, a bit heavy on, bit heavy on, back, less, fewer, lower, lowered, lowering, reduce, reduced, reducing, decrease, decreased, down, tone down, toned down, turn down, turned down, bring down, dial down, dial back, cut down on, cut down, "
    "cut back on, cut back, weaker, smaller, slighter, lighter on, too, too much, too many, overly, excessively, a bit much, way too, far too, not so, not as, not too, not that, not all that, not quite so, not quite as, "
    "not so much, not as much, not nearly as, nowhere near as, ease off, ease up on, ease off on, go easy on, rein in, overdone, lay off, take down, pare back, scale back, scale down, soften, weaken, dampen, "
    "low, easy on, light on, half, halve, over the top, minus some, not much, not very, hardly any, barely any, isnt as, arent as, not overly, not quite that, lighter, diminish, a bit on the, bit on the",
    "hold": "keep, keeping, kept, keeps, hold, holding, maintain, maintaining, maintains, retain, retaining, preserve, preserving, same, the same, stay, stays, staying, stayed, remain, remains, remaining, unchanged, intact, "
    "untouched, unaltered, constant, as it is, as is, as they are, as it was, as they were, right, fine, spot on, bang on, equally, every bit as, just as, exactly as, still, no less, leave, leave alone, leaving, "
    "alone, in place, where it is, without losing, without sacrificing, without changing, without touching, without affecting, not losing, not at the expense of, at no cost to, dont lose, dont change, dont touch, dont alter, "
    "dont mess with, hang on to, hang onto, hold on to, hold onto, stick with, stick to, identical, as much, the way it is, the way they are, like it is, like now, equal, similar, put, at the current level, at the present level, "
    "not changing, protect, conserve, safe, carry over, of the same, correct, as before, must not change, mustnt change, must stay, has to stay, should stay, has to remain, should remain, can stay, likewise, no change to, no change in",
    "like": "love, loved, loving, like, liked, liking, enjoy, enjoyed, enjoying, adore, adored, dig, digging, dug, great, good, perfect, nice, lovely, fab, fabulous, superb, excellent, brilliant, wonderful, awesome, gorgeous, beautiful, "
    "amazing, fantastic, happy with, a fan of, into, keen on, fond of, works, works for me, sweet, cool, ideal, nailed, appreciate, on point, delightful, magnificent, terrific, stunning, ace, sublime, favourite, favorite, approve of",
    "not": "not, no, none, none of, without, wo, except, except for, excepting, apart from, aside from, bar, barring, minus, other than, save for, but for, besides, exclude, excluded, excluding, instead of, rather than, in place of, as opposed to, ban, banned, banning, block, blocked, bans, "
    "remove, removed, removing, delete, deleted, lose, losing, bin, ditch, dump, get rid of, rid of, kick out, kick, throw out, chuck, chuck out, toss, toss out, take out, take off, leave out, leave off, left out, filter out, weed out, strip out, "
    "cut, cut out, edit out, off limits, off the table, off the menu, out, skip, skipping, hide, hate, hated, hating, detest, loathe, dislike, disliked, cant stand, cannot stand, cant bear, cant take, awful, terrible, bad, boring, rubbish, meh, dreadful, horrible, "
    "dire, crap, weak, poor, puts me off, put me off, turns me off, turn me off, annoying, annoys me, bores me, bore me, dont like, didnt like, do not like, did not like, doesnt like, dont want, didnt want, do not want, dont need, rather not, rather not have, dont do it for me, doesnt do it for me, do it for me, could live without, can live without, could do without, can do without, would rather skip, not feeling, no good, isnt working, arent working, not working, didnt work, dont suit me, doesnt suit me, didnt click, dont click, wasted on me, no fun, not fun, letdown, a letdown, let down, a miss, a dud, duds, cringe, naff, lame, not great, not good, leave off, enough with, past it, over it, "
    "not into, not a fan of, no fan of, not keen on, not ok, not okay, not allowed, not welcome, not for me, nope, nothing, nobody, never, sick of, tired of, bored of, bored with, fed up with, fed up of, enough of, had enough of, done with, "
    "isnt, arent, wasnt, doesnt fit, dont fit, doesnt belong, dont belong, doesnt work, dont work, wrong, out of place, neither, anything but, everything but, all but, avoid, avoiding, veto, drop, dropped, cross off, strike, scratch, "
    "axe, reject, refuse, spare me, swap, replace, substitute, exchange, trade, can go, must go, has to go, have to go, needs to go, should go, off, disappoint, disappoints me, disappointing, not my thing, not my taste, not my cup of tea, forget, "
    "heard, overplayed, worn out, tedious, irritating, grating, dull as dishwater, unbearable, get on my nerves, gets on my nerves, getting on my nerves, do nothing for me, does nothing for me, leave me cold, leaves me cold, ruin it, ruins it, spoil it, spoils it, "
    "stop playing, stop showing, stop giving, stop with, no more, no more of, cant do, blacklist, mute, omit, drop out, dont play, dont show, dont include, dont give, keep out, steer away from, stay off, away from, stay away from, steer clear of, not even",
    "also": "wouldnt hurt, wouldnt go amiss, wouldnt be bad, either, can join, may join, join in, are invited, is fine too, also fine, also ok, works as well, suits me too, im open to, open for, feel free to add, let in some, too, as well, also, include, including, included, allow, allowed, allowing, welcome, ok, okay, alright, all right, dont mind, wouldnt mind, do not mind, no objection to, no objections to, no problem with, nothing against, can come in, "
    "come in, would do, will do, acceptable, accepted, permitted, throw in, mix in, let in, put in, work in, slip in, not only, not just, doesnt have to be, doesnt need to be, dont have to be, dont need to be, neednt be, does not have to be, do not have to be, "
    "even, open to, plus, in addition, count, counts, count too, qualify, qualifies, fair game, bring in, add, adding, add in, extend, extend to, widen, widen to, stretch, stretch to, expand, expand to, broaden, broaden to, broaden out to, as far as, accept, "
    "happy with, happy to have, happy to hear, cool with, fine with, tolerate, can be, could be, may be, might be, can also be, is possible, are possible, reach, reach back to, in there, in the mix, are in, is in, back to, works too, go for",
    "drop": "worry, worry about, worrying, worrying about, stop worrying about, dont worry about, care, caring about, stop caring about, isnt a concern, no concern, forget, forget about, forget the bit about, never mind, never mind about, nevermind, dont care, do not care, dont care about, dont mind, doesnt matter, does not matter, dont matter, no matter, not important, unimportant, irrelevant, immaterial, isnt important, "
    "no need to stick to, no need to keep to, no need for, no need to be, neednt be, lift, lifted, relax, relaxed about, loosen, loosen up, remove, cancel, drop, ditch, scrap, ignore, disregard, any, every, all, whatever, whichever, open up, open it up, open it up to, widen, "
    "less fussy about, less picky about, less strict about, less strict with, not so strict about, not strictly, without, regardless of, irrespective of, no longer, stop limiting, not limited to, unlimited, unrestricted, flexible, flexible about, clear, reset, waive, "
    "skip, skip the bit about, leave out, take off, take away, get rid of, lose, dont bother with, dont bother about, not fussed about, not bothered about, not fussy about, im easy about, doesnt have to be, doesnt need to be, dont have to be, dont need to be, does not have to be, isnt necessary, "
    "unnecessary, not needed, off, away, out, no, not only, not just, no limit on, stop, delete, do away with, abandon, be open about, makes no difference, by other people, by others, by anyone, by anybody, anyone, anybody, all sorts of, all kinds of, of all, from all, "
    "doesnt bother me, isnt an issue, not an issue, isnt relevant, not relevant, free, overrule, override, undo, erase, rid, dont need, dont restrict, dont limit, un, anytime, who cares about, who cares, let go of, move beyond, beyond, outside, kill, broaden, drop the idea of, expand, expand to, not care about",
    "as": "as",
    "slip": "i meant, i mean, meant, mean, should have said, should have been, shouldve said, shouldve been, should be, was supposed to be, misunderstood, misunderstood me, you misunderstood, you misunderstood me, misheard, misheard me, wrong, wrong one, wrong artist, wrong band, mistake, my mistake, typo, sorry, oops, whoops, correction, i said, i did say, "
    "i wanted, was thinking of, was talking about, talking about, was referring to, referring to, had in mind, was asking for, asked for, thinking about, change that to, change it to, change this to, make that, make it, nope, no i, got me wrong, got it wrong, got the wrong, mixed up, not him, not her, not them, not that one, not those, switch it to, switch that to, swap it for, swap that for, was after, was looking for, who i wanted, who i meant, rather, instead, actually",
    "branch": "copy, a copy, copy of, make a copy, make a copy of, in the copy, the copy, duplicate, duplicate of, the duplicate, in the duplicate, clone, the clone, in the clone, fork, the fork, fork off, in the fork, branch, branch off, branch off here, off here, the branch, in the branch, split off, split this off, split it off, split that off, fork this, fork it, fork that, branch this off, branch it off, clone this, clone it, copy this, copy it, duplicate this, duplicate it, spin off, spinoff, spin it off, "
    "second list, separate list, another list, new list, different list, parallel list, alternative list, alternate list, sister list, extra list, second playlist, separate playlist, another playlist, new playlist, parallel playlist, alternative playlist, second version, separate version, another version, new version, parallel version, alternative version, alternate version, other version, "
    "same list, same list again, same again, same search, same search again, same playlist, same selection, same thing, same idea, identical, identical list, carbon copy, replica, replicate, twin, alongside, alongside it, in parallel, next to it, beside it, beside this one, in the new one, the new one, in the other one, the other one, in the second one, a variant, variant, variant of, variation, variation of, variation on, an alternative, alternative, alternative to, an alternate, alternate, offshoot, "
    "keep this list, keep that list, leave this list, leave that list, leave the list, keep the list, leave this one alone, keep this one, make another, make another one, do another, start another, give me another, second copy, save this and, this list, that list, in a new list, in a separate list, as a separate list, as a new list, second branch, mirror, mirror it",
}  # fmt: skip

# What a filter is called, by the field it is of; "they came out" and "old" speak of years.
FIELDS: dict[str, str] = {
    "year": "year, years, decade, decades, era, eras, period, periods, age, ages, date, dates, when they came out, when they were made, when it came out, when it was recorded, when they were recorded, when it was made, when it was released, when they were released, when they were written, when they appeared, what year, which year, which decade, what decade, came out, release date, release dates, release year, released, vintage, how old, old, time frame, timeframe, time period, nineties, 90s, 1990s, the 90s, the nineties, how new, generation",
    "artist": "artist, artists, band, bands, singer, singers, performer, performers, musician, musicians, act, acts, group, groups, people, names, who its by, who made it, who sings, who it is",
    "genre": "genre, genres, style, styles, kind of music",
    "bpm": "bpm, tempo limit, tempo range, bpm range, tempo filter",
    "duration": "duration, running time, length limit, duration limit, how long, length filter",
    "rating": "rating, ratings, stars, star rating", "key": "key, keys", "language": "language, languages",
}  # fmt: skip
VERSIONS = frozenset(["live", "cover", "covers", "remix", "remixes", "remixed", "remaster", "remasters", "remastered", "demo", "demos", "unplugged", "bootleg", "bootlegs", "outtake", "outtakes", "b-side", "b-sides", "session", "sessions", "rarities", "concert", "karaoke", "edits", "medleys", "medley"])  # fmt: skip

# Orders to a list by their verbs ("chill it out", "liven things up"): the axis and the way it goes.
DIRECTED: dict[tuple[str, int], str] = {
    ("energy", -1): "chill, calm, mellow, relax, settle, cool, tame, quieten, sedate, unwind, wind",
    ("energy", 1): "liven, perk, pep, spice, hype, pump, rev, energise, energize, invigorate, wake, fire, juice, jazz, vamp, enliven, ginger, rouse",
    ("mood", 1): "cheer, gladden", ("mood", -1): "darken, sadden", ("brightness", 1): "brighten", ("brightness", -1): "warm",
    ("tempo", -1): "slow", ("tempo", 1): "speed, quicken, hurry, accelerate", ("loudness", -1): "hush, soften", ("density", -1): "simplify, declutter, strip, thin",
    ("density", 1): "thicken, fatten", ("melody", 1): "sweeten",
}  # fmt: skip
_BREAKS = "but, and, while, whilst, though, although, yet, so, because, cause, cos, since, as long as, plus, with, only, just, or, nor, however, then, if, unless, whereas, when, where, otherwise, rather"
_AMOUNTS: dict[float, str] = {
    2.0: "a lot, a whole lot, lots, loads, much, way, far, very, super, extremely, significantly, drastically, heaps, tons, a great deal, a good deal, massively, hugely, considerably, seriously, miles, a ton, waaay, wayyy, dramatically, substantially, vastly, infinitely, double, twice as, big time, proper",
    0.5: "a bit, a little, a little bit, slightly, a touch, somewhat, a tad, a smidge, bit, little bit, subtly, a hair, tiny bit, a tiny bit, kinda, a fraction, a shade, marginally, mildly, touch, tad, smidgen, a smidgen, a dash, a trifle, ever so slightly, just a bit, just a touch, shade",
}  # fmt: skip
_PLAIN = (
    "a, an, the, it, its, this, that, these, those, them, they, theyre, thats, their, his, her, hers, he, she, my, me, i, im, id, ive, ill, we, us, our, you, your, u, please, pls, plz, can, could, would, should, shall, will, might, may, want, wanted, wants, need, like to, id like, "
    "would like, to, of, in, on, for, at, by, from, is, are, be, was, were, been, being, am, do, does, did, have, has, had, having, get, getting, got, give, make, makes, making, made, let, lets, now, really, actually, quite, rather, pretty, all, them all, everything, anything, something, somewhat, "
    "ones, one, song, songs, track, tracks, tune, music, list, playlist, lists, selection, results, result, picks, stuff, things, thing, bit, part, parts, side, sound, sounds, sounding, sounded, feel, feels, feeling, vibe, vibes, level, levels, amount, amounts, quality, here, there, again, maybe, perhaps, kind, sort, "
    "ok, okay, yes, yeah, yep, hey, hi, oh, hmm, um, uh, well, right now, go, going, come, some, any, rest, the rest, otherwise, overall, in general, on the whole, mostly, basically, generally, thanks, thank, cheers, though, tho, tbh, honestly, lol, mate, bro, man, sorry, however, still, ever, even, see, hear, play, playing, show, "
    "how about, what about, shift, move, take, taken, turn, turned, put, set, become, instead, this time, next, time, for me, too, quickly, direction, way, front, department, terms, regards, regarding, notch, gear, a notch, a gear, notches, choice, choices, batch, lot, bunch, whole, group, few, other, others, "
    "them out, thats all, is all, all i ask, if possible, if you can, try, please do, mind, bring, search, version, versions, material, recordings, recording, numbers, entry, entries, title, titles, cut, cuts, "
    "much else, else, a different one, different, another, another one, a new one, new, fresh, million times, times, often, too often, enough already, already, before, must, has to, have to, gotta, only, single, of it, hers, one of, while youre at it, youre, were, as you go, on average, think, reckon, find, guess, "
    "number, numbers, item, items, pick, option, suggestion, suggestions, recommendation, recommendations, offering, offerings, limit, limited, restrict, restriction, restrictions, requirement, requirements, constraint, constraints, condition, conditions, filter, filters, criterion, criteria, bit about, range, rule, "
    "wish, prefer, preferably, a version, strictly, exclusively, specifically, necessarily, absolutely, totally, completely, definitely, certainly, simply, clearly, obviously, not bad, close, almost, nearly, getting there, nearly there, almost there, not quite, in it, in them, about, about it, it is, what, which, who, whose, there is, theres, come on, than this, than these, than that, than those, than now, than before, than it is, than they are, than what you gave me, than what we have, than this lot, "
    "tone, dial, crank, ramp, step, pump, kick, scale, ease, bring, push, drive, lift, knock, pull, amp, any more, any, getting any, out of it, with it, of them, right across the board, across the board, throughout, for once, a version of"
)  # fmt: skip


def _spread(words: str) -> list[tuple[str, ...]]:
    return [tuple(phrase.split()) for phrase in words.replace("-", " ").split(",") if phrase.split()]


@lru_cache(maxsize=1)
def stances() -> dict[tuple[str, ...], frozenset[str]]:
    """Return the stances that a phrase (a tuple of plain words) can take; what it speaks of decides between them."""
    table: dict[tuple[str, ...], set[str]] = {}
    for stance, words in _STANCES.items():
        for phrase in _spread(words):
            table.setdefault(phrase, set()).add(stance)
    for phrase in _spread(_BREAKS):
        table.setdefault(phrase, set()).add("break")
    for field, words in FIELDS.items():
        for phrase in _spread(words):
            table.setdefault(phrase, set()).add(f"field:{field}")
    for word in VERSIONS:
        table.setdefault((word.replace("-", " "),), set()).add("version")
    return {phrase: frozenset(found) for phrase, found in table.items()}


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """Return the words of all phrases."""
    return frozenset(word for phrase in (*stances(), *amounts(), *fillers(), *((word,) for word in _TALK)) for word in phrase)  # fmt: skip


@lru_cache(maxsize=1)
def _shapes() -> dict[str, str]:
    """Return the longer words by their shape: the consonants, each once, and where they end."""
    return {_shape(word): word for word in sorted(_known()) if len(word) >= _TYPO_LENGTH}


def _shape(word: str) -> str:
    """Return what a slip leaves of a word: first and last letter, and the consonants between, doubled ones once."""
    return word[0] + re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiouy]", "", word[1:-1])) + word[-1]


# Words by which the talk is turned that are none of a list.
_TALK = ("undo", "revert", "rewind", "cancel", "abort", "restore", "reopen", "revisit", "previous", "earlier", "switch", "return", "back", "step", "working", "doing", "change", "confirm", "stop", "list", "search", "separate", "original")  # fmt: skip


@lru_cache(maxsize=4096)
def meant(word: str) -> str:
    """Return the word of talk that a misspelt one stands for ("udno", "seperate"), else the word itself.

    Parameters
    ----------
    word : plain, lower case.
    """
    known = _known()
    if len(word) < 4 or word in known or word in plain_words() or word in _REAL or singular(word) in known or f"{word}s" in known:  # fmt: skip
        return word
    if any(find(word) for find in (axes_in, genres_in, instruments_in, moods_in, stems_in)) or word in cues.verbs():
        return word
    for n in range(1, len(word) - 1):
        turned = word[:n] + word[n + 1] + word[n] + word[n + 2 :]
        if turned in known:
            return turned
    if len(word) == 4 and (turned := word[1] + word[0] + word[2:]) in known:
        return turned
    near = _shapes().get(_shape(word)) if len(word) >= _TYPO_LENGTH else None
    return near if near and one_slip(near, word) else word


# Words that only look like a misspelt one.
_REAL = frozenset(["three", "form", "forms", "ears", "lost", "trial", "trail", "quite", "quiet", "through", "trough", "thought", "thoughts", "angel", "bored", "board", "united", "untied", "unite", "untie", "sacred", "scared", "calm", "clam", "diary", "dairy", "trucks", "traces", "tired", "tried", "reverb", "protest", "remind", "rising", "listed", "becomes", "becoming", "addiction", "accents", "conform", "masters", "stings", "strings"])  # fmt: skip


def respelt(text: str) -> str:
    """Return a text with misspelt words of talk put right; capitalised words are left.

    >>> respelt("udno that pls")
    'undo that pls'
    """
    return _WORD.sub(lambda match: meant(match[0]), text)


_TYPO_LENGTH = 6
_WORD = re.compile(r"(?<![\w.'’-])[a-z]{4,}(?![\w'’-]|\.\w)")


@lru_cache(maxsize=1)
def directed() -> dict[str, tuple[str, int]]:
    """Return verbs that order a direction: the axis and the way."""
    return {verb: way for way, verbs in DIRECTED.items() for verb in verbs.split(", ")}


@lru_cache(maxsize=1)
def amounts() -> dict[tuple[str, ...], float]:
    """Return how much a phrase says: 2 for "a lot", 0.5 for "a bit"."""
    return {phrase: amount for amount, words in _AMOUNTS.items() for phrase in _spread(words)}


@lru_cache(maxsize=1)
def fillers() -> frozenset[tuple[str, ...]]:
    """Return phrases that say nothing of their own beside a wish."""
    return frozenset(_spread(_PLAIN))


@lru_cache(maxsize=1)
def longest() -> int:
    """Return how many words the longest phrase has."""
    return max(map(len, [*stances(), *amounts(), *fillers()]))
