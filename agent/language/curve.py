"""How energy is to run down a list: quiet words, loud words, words of motion, and where each of them stands.

No sentence is looked for: two opposite words with a turn between them ("hushed … then roaring"), one word with a place
("the sleepiest last") or a motion of its own ("let it simmer, then boil over") say which way the list goes.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from segue.agent.language.clause import Clause
from segue.tools.core.lexicon import singular

Way = Literal["energy_up", "energy_down"]

_CALM = frozenset(
    "calm mellow soft quiet gentle hushed hush sleepy drowsy sleep slow still peaceful tender easy relaxed relaxing dreamy chill chilled chilly "  # noqa: SIM905
    "lazy light small dim cool low tame mild subdued restful serene tranquil laidback sedate placid soothing whispering whisper "
    "whispered delicate patient ambient sparse bare muted faint minimal meditative lullaby bedtime cosy cozy downtempo timid soporific "
    "breezy airy lowkey understated unhurried weak cold lento piano pianissimo leise ruhig sanft".split()
)  # fmt: skip
_WILD = frozenset(
    "wild loud hard intense fierce energetic lively livelier liveliest fast big heavy frantic hectic upbeat roaring raging furious "  # noqa: SIM905
    "explosive banging banger pumping pounding party dance danceable dancey high hot stormy stomping thunderous manic noisy powerful "
    "strong punchy bouncy driving rowdy rousing blazing ferocious aggressive frenzied frenetic euphoric electric massive huge peak "
    "epic rave raving fiery boisterous crazy mad busy brutal booming thumping excited exciting hyper anthemic uptempo blasting "
    "climactic crashing forte fortissimo laut bombastic rowdiest hype energised energized".split()
)  # fmt: skip
_RISES = (
    "build up", "builds up", "building up", "build it up", "build them up", "build this up", "build to", "builds to", "building to", "builds", "building", "build gradually", "build slowly", "ramp up", "ramps up", "ramping up", "ramp it up", "warm up", "warms up", "warming up", "heat up", "heats up", "heating up",
    "rising energy", "growing energy", "increasing energy", "energy up", "climb", "climbs", "climbing", "rising", "swell", "swells", "swelling", "escalate", "escalates", "escalating", "ascend", "ascending", "crescendo", "crescendos", "intensify", "intensifies", "intensifying", "boil over", "boils over", "lift off", "lifts off",
    "higher and higher", "louder and louder", "wilder and wilder", "faster and faster", "livelier and livelier", "upwards", "upward", "slow burner", "slow burn", "slow build", "ease in", "eases in", "easing in", "ease me in", "ease us in", "ease into", "gather pace", "gathers pace", "gathering pace", "kick in", "kicks in", "peaks at the end", "peak at the end", "explode", "explodes",
    "explosion", "climax", "big finish", "grand finale", "low to high", "going up", "goes up", "go up", "snowball", "snowballs", "kick off later", "cranks up", "crank up", "cranking up", "turn up the heat", "steigern", "in crescendo",
)  # fmt: skip
_FALLS = (
    "wind down", "winds down", "winding down", "wind it down", "cools down", "cooling down", "cool off", "calms down", "calming down", "slows down", "slowing down", "come down", "comes down", "coming down", "comedown", "falling energy", "energy down", "dropping energy", "descend", "descending", "diminuendo", "decrescendo", "decline", "declining",
    "fade away", "fades away", "fade out gradually", "fizzle out", "fizzles out", "ease out", "eases out", "easing out", "ease off", "eases off", "ease down", "drift off", "drifts off", "drifting off", "drop off", "simmer down", "softer and softer", "calmer and calmer", "quieter and quieter", "slower and slower",
    "downwards", "downward", "high to low", "going down", "goes down", "go down", "peter out", "peters out", "taper off", "tapers off", "tapering off", "wane", "wanes", "waning", "subside", "subsides", "land softly", "lands softly", "soft landing", "die down", "dies down", "dying down", "chill out at the end", "chills out", "unwind", "unwinds", "abate",
)  # fmt: skip
_EARLY = frozenset("first start starts starting begin begins beginning open opens opening opener front top initially early arrive arrives kick lead leading head beforehand outset originally before".split())  # fmt: skip  # noqa: SIM905
_LATE = frozenset("last end ends ending finish finishes finishing finally close closes closing closer later back bottom eventually afterwards after finale peak culminate culminates culminating ultimately bed".split())  # fmt: skip  # noqa: SIM905
# Words that lead from one state to another.
_TURNS = frozenset("while once when to then into towards toward until till before later once afterwards finally eventually end ends finish finishes gradually slowly become becomes becoming get gets getting turn turns turning grow grows growing and".split())  # fmt: skip  # noqa: SIM905
_PURPOSES = frozenset({"dance", "party", "rave", "sleep", "relax", "chill", "peak"})
_BREAKS = frozenset("and but then while to until till into once towards".split())  # noqa: SIM905


_RISING, _FALLING = (re.compile(rf" ({'|'.join(sorted(phrases, key=len, reverse=True))})(?= )") for phrases in (_RISES, _FALLS))  # fmt: skip


@dataclass(frozen=True)
class _Level:
    at: int
    sign: int
    compared: bool
    """Whether the word compares ("livelier", "the sleepiest"): that speaks of the list, not of a sound."""


@lru_cache(maxsize=256)
def curve(clause: Clause) -> tuple[Way, int, int] | None:
    """Return which way energy is to go, with the numbers of the first and the last word that say so; else None."""
    plain = [word.plain for word in clause.words]
    if "than" in plain:
        return None
    styles = [(genre.start, genre.end) for genre in clause.genres]
    levels = [
        level for level in _levels(plain) if not any(low <= clause.words[level.at].start < high for low, high in styles)
    ]
    moves = _moves(clause.plain)
    places = [_place(plain, level.at, clause) for level in levels]
    by_place = [(place, level) for place, level in zip(places, levels, strict=True) if place]
    signs = {level.sign for level in levels}
    span = [level.at for level in levels] + [at for _, low, high in moves for at in (low, high)]
    if len(signs) == 2 and len(levels) >= 2:
        early = [level.sign for place, level in by_place if place < 0]
        late = [level.sign for place, level in by_place if place > 0]
        turned = any(
            set(plain[one.at + 1 : other.at]) & _TURNS - {"and"}
            or (other.compared and not one.compared)
            or _arrow(clause, one.at, other.at)
            for one, other in pairwise(levels)
            if one.sign != other.sign
        )
        if early or late:
            first = early[0] if early else -late[-1]
        elif turned or moves:
            first = levels[0].sign
        else:
            return None
        return ("energy_up" if first < 0 else "energy_down", min(span), max(span))
    if moves:
        return ("energy_up" if moves[-1][0] > 0 else "energy_down", min(span), max(span))
    if by_place and (any(level.compared for _, level in by_place) or len(by_place) == len(levels)):
        place, level = next((pair for pair in by_place if pair[1].compared), by_place[0])
        if not level.compared and not clause.match(r" (?:start|starts|starting|begin|begins|beginning|open|opens|opening|end|ends|ending|finish|finishes|finishing|close|closes|closing|ones|songs|tracks|stuff|numbers) "):  # fmt: skip
            return None
        return ("energy_up" if level.sign == place else "energy_down", min(span), max(span))
    return None


def _levels(plain: list[str]) -> list[_Level]:
    found: list[_Level] = []
    for at, word in enumerate(plain):
        base, compared = _base(word)
        before = plain[at - 1] if at else ""
        sign = -1 if base in _CALM else 1 if base in _WILD else 0
        if not sign or (before in ("too", "not", "so", "no", "nothing", "less", "never")):
            continue
        if base in _PURPOSES and before == "to":
            continue  # "something to dance to"
        if before in ("least", "low", "lowest"):
            sign, compared = -sign, before != "low"
        elif before in ("most", "more"):
            compared = True
        if found and found[-1].sign == sign and found[-1].at == at - 1:
            continue
        found.append(_Level(at, sign, compared))
    return found


@lru_cache(maxsize=4096)
def _base(word: str) -> tuple[str, bool]:
    """Return an adjective without -er and -est ("sleepiest", "hushed ones", "wilder"), and whether it had one."""
    known = _CALM | _WILD
    if word in known:
        return word, word.endswith(("ier", "iest"))
    for ending in ("est", "er", "ly", "ing", "ed", "ness"):
        if not word.endswith(ending) or len(word) < len(ending) + 3:
            continue
        stem = word[: -len(ending)]
        forms = (stem, stem + "e", stem[:-1] + "y" if stem.endswith("i") else stem, stem[:-1] if stem[-1:] == stem[-2:-1] else stem)  # fmt: skip
        for form in forms:
            if form in known:
                return form, ending in ("est", "er")
    one = singular(word)
    return (one, False) if one in known else (word, False)


def _moves(said: str) -> list[tuple[int, int, int]]:
    """Return the motions: which way, and the first and the last word of each, in the order said."""
    found: list[tuple[int, int, int]] = []
    for way, phrases in ((1, _RISING), (-1, _FALLING)):
        for match in phrases.finditer(said):
            at = match.start()
            if not said[: at + 1].endswith((" for ", " to ", " while ")):
                low = said[: at + 1].count(" ") - 1
                found.append((way, low, low + match[1].count(" ")))
    found.sort(key=lambda move: (move[1], -move[2]))
    return [move for n, move in enumerate(found) if not any(o[1] <= move[1] and move[2] <= o[2] and o != move for o in found[:n])]  # fmt: skip


def _place(plain: list[str], at: int, clause: Clause) -> int:
    """Return where in the list a word belongs: −1 at its beginning, 1 at its end, 0 where nothing is said."""
    ends = [word.end for word in clause.words]
    low = high = at
    while low > 0 and plain[low - 1] not in _BREAKS and "," not in clause.text[ends[low - 1] : ends[low - 1] + 1]:
        low -= 1
    while (
        high + 1 < len(plain) and plain[high + 1] not in _BREAKS and "," not in clause.text[ends[high] : ends[high] + 1]
    ):
        high += 1
    nearest = sorted(
        (abs(n - at), -1 if plain[n] in _EARLY else 1) for n in range(low, high + 1) if plain[n] in _EARLY | _LATE
    )
    return nearest[0][1] if nearest and nearest[0][0] <= 5 else 0


def _arrow(clause: Clause, low: int, high: int) -> bool:
    between = clause.text[clause.words[low].end : clause.words[high].start]
    return any(sign in between for sign in ("→", "->", "=>", ">", "..."))
