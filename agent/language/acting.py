"""What is to happen to a part of a piece: taken out, kept alone, made louder or softer, played by another, or added.

One decision for a clause, from the kinds of words in it in whatever order: which of the parts that it names are in
the piece and which players are new, whether a level is said, and which class of verb or adverb stands beside them.
"""

import re
from dataclasses import dataclass
from typing import Any

from segue.agent.dialogue import Thing
from segue.agent.language.balancing import halves
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.parts import absent, parts, present
from segue.tools.core.vocabulary import Found

Operation = dict[str, Any]
STEPS_DB = {0.5: 2.0, 1.0: 3.0, 2.0: 6.0}  # by ``Clause.amount``: "a bit more", "more", "much more"
_STEMS = frozenset({"vocals", "drums", "bass", "guitar", "piano", "melody", "chords", "other"})


def _any(*words: str) -> re.Pattern[str]:
    return re.compile(rf" (?:{'|'.join(' '.join(words).split('; '))})(?= )")


_OTHERS = r"(?:everything|everybody|everyone|all|anything|all of it|all the rest|the rest|the others|the whole (?:thing|lot|band|mix))(?: else)?"  # fmt: skip
_BUT = r"(?:but|except|except for|excepting|apart from|aside from|other than|besides|bar|barring|save|save for|minus|without|not)"
_SELF = r"(?:itself|themselves|himself|herself|themself)"
_ALL_BUT = re.compile(
    rf" {_OTHERS}(?: (?:away|out|off|gone|silent|muted|in|there|playing|on|intact|as (?:it )?is))* {_BUT} (?=\w)"
)
_NOTHING_BUT = re.compile(rf" (?:nothing|no one|nobody|none)(?: else)? (?:left )?{_BUT} (?=\w)")
_ALONE = _any(
    rf"only; alone; solo; soloed; soloing; isolat\w+; (?:all )?on (?:its|their|his|her) own; (?:all )?by {_SELF}; and nothing else; nothing else;",
    r"nothing more; bare; naked; unaccompanied; exposed; (?:back|down) to; reduced? to; boil \w+ down to; just;",
    r"(?:without|minus|no) (?:the |any )?(?:band|music|backing|accompaniment|rest|others|other (?:instruments|parts|stuff)|instruments|musicians); separat\w+;",
    r"single out; leav\w+ (?:me |us )?(?:with )?(?:just|only); all i (?:want|need)(?: to hear)? is; cappella; acapella; accapella; stem;",
    rf"(?:mute|kill|lose|drop|remove|silence|strip|ditch|cut|scrap|take out|turn off) {_OTHERS}",
)  # fmt: skip
_LIFTED = re.compile(
    r" (?:extract|pull|lift|rip|grab|get|fetch|sample|isolate|separate|snatch|borrow|carve|peel|tease|dig|give me|i (?:want|need|d like)|let me have)(?: me| us| out)* (?:the |his |her |their |its |that |a )?(?:\w+ ){1,3}?(?:out of|off of|off|from|out from)(?= )"
)
_KEPT_IN = re.compile(r" (?:leave|keep|with|want|have|play|hear|give|let|retain)(?= )")
_GONE = _any(
    r"out; gone; muted; removed; silent; silenced; dropped; deleted; away; off; cut; missing; absent; banished; not there;",
    r"ha(?:s|ve) (?:got )?to (?:go|leave|disappear|vanish); ha(?:s|ve) gotta go; must (?:go|leave|disappear|vanish); needs? to (?:go|leave|disappear|vanish); should (?:go|leave|disappear|vanish); can go; disappear; vanish; begone;",
    r"(?:dont|do not|doesnt|does not|didnt|never) (?:really |actually )?(?:want|need|like|require) (?:any |the |a |to hear |any of the )*(?=\w); rather not (?:have|hear); sick of; tired of; fed up with; had enough of; enough of; hate; cant stand; without; minus; less the; sans; devoid of; free of; rid of; no more; pull(?! (?:\w+ ){0,4}(?:up|down|back|forward|out)(?= )); yank; axe; omit; exclud\w+; nix; do away with; do without; dispense with; switch off; turn off; shut (?:off|up); knock out",
)  # fmt: skip
_NO = re.compile(r" no(?= )")
_VOICELESS = re.compile(
    r" (?:instrumental|karaoke|sing ?along|minus one|playback|backing track|voiceless|vocal (?:free|less)|vocalless)(?: (?:version|mix|track|only|backing|edit|cut|take|one|rendition))*(?= )"
)
_LESS = re.compile(r" (\w+?)(?:less| less| free)(?: (?:version|mix|edit|cut|take|one))(?= )")
_UP = _any(
    r"up; upwards; louder; loud; raise; raised; boost(?:ed)?; lift(?:ed)?; push(?:ed)?; bring (?:out|up|forward); forward; upfront; up front; to the front; more; increase\w*; crank\w*; hotter; higher; bump; pump; stronger; plus; amplif\w+; emphasi[sz]e; stress; highlight; feature; prominent; present; presence; audible; stand(?:s)? out; stick(?:s)? out; poke\w*; cut(?:s)? through; (?:sing|soar|ring|shine|float)s? (?:out )?(?:over|above)",
)  # fmt: skip
_FAINT = _any(
    r"(?:can|could|do) ?(?:not|nt|t)? ?(?:hardly|barely|scarcely|almost not|just about)? (?:really |properly |quite )?(?:hear|make out); (?:cant|cannot|can not|couldnt|dont) (?:really |properly |quite |even )?(?:hear|make out); (?:hardly|barely|scarcely) (?:hear|audible|there|noticeable); buried; too (?:quiet|soft|faint|low|weak|timid|shy|distant|far (?:back|away|down)|thin); gets? lost; lost in; drowned(?: out)?(?= by| in); swamped; inaudible; hidden; disappears?; not loud enough; masked; overshadowed; overpowered by",
)  # fmt: skip
_DOWN = _any(
    r"down; downwards; quieter; softer; soften(?:ed)?; lower(?:ed)?; less; decrease\w*; reduce\w*; minus; back; backwards in the mix; behind; tuck\w*; duck\w*; dip\w*; knock\w*; ease\w*; tame\w*; attenuate\w*; tone; recede\w*; gentler; subtler; weaker; shave\w*; calm\w*; pull; dial; hush\w*; rein; background; under; below; beneath; drop\w*; tame\w*; bury; quieten\w*; quiet",
)  # fmt: skip
_OVER = _any(
    r"too (?:loud|much|strong|prominent|present|forward|up front|hot|dominant|big|in your face|aggressive|heavy); overpower\w*; overwhelm\w*; dominat\w*; drown(?:s|ing)? (?:out )?; drown(?:s|ing)?; blar\w+; deafening; swamp(?:s|ing)?; fight(?:s|ing)? (?:with|against); competing; mask(?:s|ing); shouting; stepping on; bury(?:ing)?; buries; overshadow(?:s|ing)?; takes? over",
)  # fmt: skip
_LEVEL = _any(
    r"volume; level; levels; louder; quieter; softer; gain; fader; loud; quiet; db; decibels?; mix; notch; notches; hotter; audible; prominent; upfront; up front; forward; back",
)  # fmt: skip
_MOVES = re.compile(
    r" (?:turn|bring|push|crank|pull|pump|bump|nudge|take|put|tuck|knock|dial|ease|drop|dip|lift|raise|lower|boost|reduce|duck|move|set|shift|tone|send|sit|back|have|get|bury|soften|tame)(?: \w+){0,5} (?:up|down|forward|forwards|back|to the front|to the back|in the background|behind|under|off)(?= )"
)
_LEVELS = re.compile(
    r" (?:raise|boost|lower|reduce|increase|decrease|amplify|attenuate|duck|tuck|dip|tame|emphasi[sz]e|quieten|soften|lift|turn up|turn down|bring up|bring down|push|nudge|bump|crank)(?= )"
)
# "bass up a bit", "drums and bass down": nothing else said.
_ADVERB = re.compile(r"\s+(?:way |right |just )?(?:up|down)(?:\s+(?:a|bit|little|touch|tad|notch|lot|slightly|some|more|further|again|please|too|then|by|hair))*\s*[.!]*$", re.IGNORECASE)  # fmt: skip
_TONE = _any(r"bright\w*; dark\w*; warm\w*; harsh\w*; thin\w*; boom\w*; mud\w*; crisp\w*; fat\w*; reverb; echo; delay; distort\w*; eq; pitch; octave; semitones?; tempo; speed; key; treble; highs; lows; clean\w*; top end; end; sibilan\w*")  # fmt: skip
_SWAPS = _any(
    r"replace\w*; replacing; swap\w*; switch\w*; substitut\w*; exchang\w*; trad(?:e|ing); chang(?:e|ing); convert\w*; turn; turning; transform\w*; morph\w*; sub; reassign\w*; recast; revoice\w*; re ?orchestrat\w*; reinstrument\w*; rescore; hand; hand over; give; transfer; move; shift",
)  # fmt: skip
_STRONG_SWAPS = _any(r"replace\w*; replacing; swap\w*; switch\w*; substitut\w*; exchang\w*; trad(?:e|ing); sub; reassign\w*; recast; revoice\w*")  # fmt: skip
_BECOMES = re.compile(
    r" (?:(?:should|could|would|must|might|can|to|will|wants to|ought to|needs to|d rather)? ?(?:be|become|becomes|turn into|turns into|sound like|sounds like|sound as|been)(?: (?:a|an|the|some|played (?:by|on|with)|done (?:by|on|with)|performed (?:by|on)|more like|instead|on|replaced (?:by|with)|swapped for|changed (?:to|into)))*|to|into|on|onto|as|for|by|with|by means of|over to|played (?:by|on|with)|done (?:by|on)|performed (?:by|on)|via|through|in favour of|in favor of|instead|sounding like|like) (?:an? |the |some |real |proper |more )*$"
)
_BEING = re.compile(r" (?:be|become|becomes|sound|sounds|been|played|done|performed|replaced|swapped|into|instead) ")
_INSTEAD = re.compile(
    r" (?:instead of|in place of|rather than|in lieu of|replac\w+|taking (?:over|the place of)|takes? (?:over|the place of)|stand\w* in for|where|in for|plays? what|playing what|do(?:es|ing)? what|plays?|playing|perform\w*|cover\w*|handl\w+|carr\w+|for|double for|not)(?= )"
)
_ADDS = _any(
    r"add\w*; put; putting; throw\w*; bring\w*; layer\w*; includ\w*; insert\w*; toss\w*; chuck\w*; sprinkl\w*; drop; stick; slip; sneak; work; weav\w*; blend; mix; lay; introduc\w*; need\w*; want\w*; would like; d like; d love; love; fancy; could use; could do with; missing; lack\w*; give; have; get; with; plus; top; write; compos\w*; play; record; overdub\w*; dub; harmoni[sz]\w*; doubl\w+; joining; join; comes? in; coming in; enter\w*; underneath; behind; over; on top; too; also; as well; another; new; extra; more; some; bit of; touch of; hint of; help; nice; great; lovely; perfect; missing; let there be; any chance of; how about; what about; maybe; along with; together with; accompan\w+; support\w*; decorat\w*; counter\w*; pattern; line; part; solo; riff; stabs?; fills?",
)  # fmt: skip
_NOT_ADDED = _any(
    r"less; fewer; remove\w*; without; no; not; mute\w*; drop the; kill; lose; like; style; version; version of; sounds? like; as if; find; songs?; tracks?; similar; transcrib\w*; notate; tabs?; export\w*; save; midi; stems?; who; which; what; when; is there; are there; does; did",
)  # fmt: skip
_ANEW = _any(r"redo\w*; rewrit\w*; regenerat\w*; recompos\w*; rework\w*; bars?; measures?; verse; chorus; bridge; intro; outro; ending; different; differently; anew; again; fresh; reinvent\w*; re ?roll\w*; busier; sparser; simpler; variation; variations")  # fmt: skip
_WRITTEN = re.compile(
    r" (?:notes?|notation|sheet music|score|tabs?|tablature|midi|musicxml|lead ?sheet|transcri\w+|notat\w+|lyrics|words|write (?:\w+ ){0,4}(?:down|out)|on paper|staves?|staff|dots|subtitles?|karaoke text|timed|times|text|chords (?:of|please|for)|whats? .* play\w*)(?= )"
)
_ASKED = re.compile(
    r"^ (?:what|whats|which|who|whos|whose|when|where|why|how|is|are|does|do|did|was|were|has|tell|say)(?= )"
)
FILMS = (".mp4", ".mov", ".mkv", ".webm", ".avi")
_ELSEWHERE = frozenset({"find", "transcribe", "caption", "compare", "sort", "tag"})


# "a deep sub bass", "some drums", "a second guitar": one that is not there yet.
_ONE_MORE = re.compile(r"\b(?:(?<!half )an?|some|another|extra|additional|(?:a|the) (?:second|2nd)|few)\s+(?:(?!(?:bit|little|lot|touch|tad|notch|more|less|of|the|in|on|for|to|with|and|or|than)\b)[\w-]+\s+){0,3}$", re.IGNORECASE)  # fmt: skip
_SECTIONS = frozenset({"intro", "verse", "chorus", "bridge", "pre-chorus", "outro", "breakdown", "interlude"})


@dataclass(frozen=True)
class Cast:
    """Who is named in a clause: ``here`` plays in the piece, ``new`` does not."""

    here: list[Found[str]]
    new: list[Found[str]]


def cast(clause: Clause, thing: Thing | None) -> Cast:
    """Return the parts that a clause names, sorted by whether the piece has them.

    A recording's parts are not known: the stems that can be separated count as there.
    """
    named = [part for part in parts(clause, thing) if part.value not in ("other", "band", "rhythm section")]
    section = next((part for part in parts(clause, thing) if part.value == "rhythm section"), None)
    if section and not any(part.value in ("drums", "bass") for part in named):
        named += [Found("drums", section.start, section.end), Found("bass", section.start, section.end)]
    if thing and thing.parts:
        here = [part for part in named if not absent(part.value, thing)]
    else:
        here = [part for part in named if part.value in _STEMS]
    here = [part for part in here if not _ONE_MORE.search(clause.text[: part.start])]
    return Cast(here, [part for part in named if part not in here])


def read(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation] | None:
    """Return what is to happen to the parts that a clause names, or None where it does not tell."""
    if (thing is None and draft.it is None) or (thing and thing.title.lower().endswith(FILMS)):
        return None
    if _ASKED.match(clause.plain) and not clause.match(r"^ (?:what|how) about | hear "):
        return None
    plain = clause.plain
    if clause.verb(*_ELSEWHERE, "regenerate", "restyle") or clause.loudnesses or clause.bars:
        return None
    if any(found.value in _SECTIONS for found in clause.sections) and not clause.match(
        r" (?:version|breakdown|whole) "
    ):
        return None
    if (
        clause.verb("mix", "put")
        and len(clause.stems) > 1
        and clause.match(r" (?:over|under|on top of|underneath|beneath|behind) ")
    ):
        return None  # "lay the beat under the vocals": two clips
    if (
        _VOICELESS.search(plain)
        and not _WRITTEN.search(plain)
        and not clause.verb("add", "make")
        and not (thing and thing.has_score)
    ):
        return [{"op": "remove", "stems": ["vocals"]}]
    who = cast(clause, thing)
    if not (who.here or who.new):
        return None
    if _WRITTEN.search(plain) and not (clause.decibels or _STRONG_SWAPS.search(plain)):
        return _swapped(clause, who, thing, draft)
    if ways := halves(clause, parts(clause, thing)):
        return [operation for way, half in ways for operation in _sent(way, Clause(half), thing, draft)]
    for decide in (_swapped, _spared, _levelled, _alone, _out, _brought):
        operations = decide(clause, who, thing, draft)
        if operations is not None:
            return operations
    return None


def _sent(way: str, clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    """Return what happens to the parts of one piece of a list: as the piece says by itself, else simply its way."""
    if (operations := read(clause, thing, draft)) is not None:
        return operations
    stems = _names(parts(clause, thing), thing, draft)
    if way == "out":
        return [{"op": "remove", "stems": stems}] if stems else []
    return [{"op": "gain", "stem": stem, "db": STEPS_DB[1.0] if way == "up" else -STEPS_DB[1.0]} for stem in stems]


def _names(found: list[Found[str]], thing: Thing | None, draft: Draft) -> list[str]:
    return present([part.value for part in found], thing, draft)


def _swapped(clause: Clause, who: Cast, thing: Thing | None, draft: Draft) -> list[Operation] | None:
    """Read another player for a part: who is there, who is new, and what stands between and before them."""
    plain, text = clause.plain, clause.text
    swaps = bool(_SWAPS.search(plain))
    if not who.here or clause.decibels:
        return None
    pairs: list[tuple[Found[str], Found[str]]] = []
    for old in who.here:
        for new in [*who.new, *(who.here if swaps and not (thing and thing.parts) else [])]:
            if old.value == new.value and old.start == new.start:
                continue
            if old.end <= new.start:
                between = f" {Clause(text[old.end : new.start]).plain.strip()} "
                strong = bool(_STRONG_SWAPS.search(plain))
                made = clause.verb("make", "turn") or clause.match(
                    r" (?:make|turn|have|let|put|play|give|hand|move|do|recast) "
                )
                becomes = _BECOMES.search(between)
                turned = becomes and (swaps or made or _BEING.search(between) or "→" in text or "->" in text)
                named_so = made and between.strip() in ("a", "an")  # "make that lead a trumpet"
                if (turned or named_so or strong) and not re.search(r" (?:under|behind|over|add|plus) ", between):
                    pairs.append((old, new))
            else:
                between = f" {Clause(text[new.end : old.start]).plain.strip()} "
                relation = _INSTEAD.search(between)
                if (
                    relation
                    and (
                        relation[0].strip() not in ("for", "plays", "play", "playing", "not", "where")
                        or (relation[0].strip() == "for" and _STRONG_SWAPS.search(plain))
                        or (relation[0].strip() in ("play", "plays", "playing", "where"))
                    )
                    and not re.search(r" (?:doubl\w+|with|along|under) ", between)
                ):
                    pairs.append((old, new))
    if not pairs and re.search(r"(?:→|-+>|=+>)", text) and who.new and who.here[0].start < who.new[0].start:
        pairs = [(who.here[0], who.new[0])]
    if not pairs:
        return None
    done: list[Operation] = []
    taken: set[int] = set()
    for old, new in pairs:
        if old.start in taken or new.start in taken:
            continue
        taken |= {old.start, new.start}
        if any(swap["stem"] == old.value for swap in done):
            continue
        done += [
            {"op": "replace", "stem": name, "instrument": _player(clause, new)} for name in _names([old], thing, draft)
        ]
    return done


def _player(clause: Clause, part: Found[str]) -> str:
    """Return the instrument that is meant where a part is named ("upright bass" is more than the bass)."""
    return next((f.value for f in clause.instruments if f.start <= part.start < f.end), part.value)


def _levelled(clause: Clause, who: Cast, thing: Thing | None, draft: Draft) -> list[Operation] | None:
    """Read a level: a number of decibels, or words for louder and softer beside a part that is there."""
    plain = clause.plain
    if not who.here or clause.intervals or clause.percents or clause.tempi or _ANEW.search(plain):
        return None
    first = who.here[0]
    if _ADDS.search(f" {clause.plain.split()[0]} ") and clause.match(r"^ (?:add|put|drop|throw|layer) (?:a|an|some) "):
        return None
    faint, over = _FAINT.search(plain), _OVER.search(plain)
    level = clause.decibels[0].value if clause.decibels else None
    adverb = _ADVERB.match(clause.text, who.here[-1].end)
    moved = _MOVES.search(plain) or _LEVELS.search(plain) or _LEVEL.search(plain) or adverb
    up, down = _UP.search(plain), _DOWN.search(plain)
    if level is None and not clause.durations:
        bare = [
            n
            for n in clause.numbers
            if 0.5 <= abs(n.value) <= 24
            and clause.text[n.start : n.end].lower() != "one"
            and not re.match(r"\s*(?:times|x\b|%|bars?|beats?|st|nd|rd|th)\b", clause.text[n.end :])
        ]
        named = [
            f
            for f in bare
            if not re.search(r"(?:take|track|number|clip|no\.?|#)\s*$", clause.text[: f.start], re.IGNORECASE)
        ]
        if named and (moved or up or down or re.search(r"[+−-]\s*\d", clause.text)) and not who.new:
            sign = re.search(r"(?:[-−]|\bminus)\s*$", clause.text[: named[-1].start], re.IGNORECASE)
            level = -abs(named[-1].value) if sign or named[-1].value < 0 else named[-1].value
    comparative = (up or down) and re.search(
        r" (?:more|less) (?:of )?(?:the )?$", f" {' '.join(clause.before(first.start, 3))} ".replace("  ", " ")
    )
    if level is None and not (faint or over or ((up or down) and moved) or comparative):
        return None
    if level is None and _TONE.search(plain) and not (faint or over):
        return None
    if (
        level is None
        and _DOWN.search(plain)
        and re.search(r" (?:drop|back|pull|cut|tone|under|below|beneath) ", plain)
        and not moved
    ):
        return None
    if level is not None and level < 0:
        amount = level
    else:
        first_sign = (
            -1.0 if over else 1.0 if faint else -1.0 if down and not (up and up.start() < down.start()) else 1.0
        )
        if level is not None:
            amount = first_sign * abs(level)
        else:
            amount = (
                first_sign
                * STEPS_DB[
                    2.0
                    if clause.match(
                        r" (?:good bit|a fair bit|a great deal|considerably|right (?:up|down|back)|loads|tons|heaps|well back) "
                    )
                    else clause.amount
                ]
            )
    if len(who.here) > 1 and len(clause.decibels) > 1:
        return None  # each with a level of its own
    targets = who.here
    cause = over or faint
    if cause and len(who.here) > 1:
        before = [
            p
            for p in who.here
            if p.start < len(clause.text)
            and f" {clause.text[p.start : p.end].lower()} " in plain[: cause.start() + 1] + " "
        ]
        after = [p for p in who.here if p not in before]
        targets = (before[-1:] or after[:1]) if over else (after[:1] or before[-1:])
    elif len(who.here) > 1 and (
        beside := re.search(
            r"\b(?:over|above|under|below|behind|than|against|with|fighting|so|because|as)\b",
            clause.text[who.here[0].end :],
        )
    ):
        targets = [p for p in who.here if p.start < who.here[0].end + beside.start()]
    names = _names(targets, thing, draft)
    draft.part = names[0] if names else draft.part
    return [{"op": "gain", "stem": name, "db": amount} for name in names]


def _spared(clause: Clause, who: Cast, thing: Thing | None, draft: Draft) -> list[Operation] | None:
    """Read "everything but the keys", "down to the bass": before a level is read from the same words."""
    plain = clause.plain
    if clause.verb("regenerate", "restyle") or _ANEW.search(plain):
        return None  # "rewrite everything except the bass"
    if clause.decibels or not (_ALL_BUT.search(plain) or _NOTHING_BUT.search(plain) or _BARED.search(plain)):
        return None
    return _alone(clause, who, thing, draft)


_BARED = re.compile(
    r" (?:(?:strip\w*|pare\w*|reduc\w+|boil\w*|cut|take|bring|whittle\w*|thin\w*) (?:\w+ ){0,6}(?:back |down )?to|unaccompanied|all alone|and nothing else)(?= )"
)


def _alone(clause: Clause, who: Cast, thing: Thing | None, draft: Draft) -> list[Operation] | None:
    """Read parts that stay while all the rest goes."""
    plain, text = clause.plain, clause.text
    everyone = [*who.here, *who.new]
    kept: list[Found[str]] = []
    if but := _ALL_BUT.search(plain):
        spared = _KEPT_IN.search(plain[: but.start() + 1]) or re.search(r" (?:in|there|playing|on|intact) ", but[0])
        goes = clause.verb("remove", "trim") or re.search(
            r" (?:away|out|off|gone|silent|muted|mute|kill|lose|strip) ", plain
        )
        kept = [p for p in everyone if _behind(clause, p, but.end())]
        if kept and (spared or not goes):
            return [{"op": "remove", "stems": names}] if (names := _names(kept, thing, draft)) else []
    elif but := _NOTHING_BUT.search(plain):
        kept = [p for p in everyone if _behind(clause, p, but.end())]
    elif _LIFTED.search(plain) and not clause.match(r" (?:pull|take|cut) (?:\w+ ){1,4}out $"):
        kept = everyone
    elif cue := _ALONE.search(plain):
        if cue[0].strip() == "just" and not any(
            clause.before(p.start, 3)[-1:] == ["just"] or "just" in clause.before(p.start, 2) for p in everyone
        ):
            return None
        if cue[0].strip().startswith(("separat", "isolat")):
            kept = everyone[:1] if re.search(r"\bfrom\b", text[everyone[0].end :]) else everyone
        else:
            kept = everyone
    if not kept or clause.verb("add") or (clause.verb("replace", "turn") and who.new):
        return None
    kept = [p for p in kept if not clause.negated(p.start)] or kept
    unique = [p for n, p in enumerate(kept) if p.value not in {q.value for q in kept[:n]}]
    return [{"op": "isolate", "stems": names}] if (names := _names(unique, thing, draft)) else []


def _behind(clause: Clause, part: Found[str], at: int) -> bool:
    """Tell whether a part stands behind a place in the plain words."""
    return len(clause.plain[:at].split()) <= sum(word.end <= part.start for word in clause.words)


def _out(clause: Clause, who: Cast, thing: Thing | None, draft: Draft) -> list[Operation] | None:
    """Read parts that go."""
    if who.new and who.here:
        return None
    everyone = who.here
    if not everyone or clause.decibels or clause.durations or _ANEW.search(clause.plain):
        return None
    cue = _GONE.search(clause.plain)
    if cue is None or clause.verb("add", "replace", "up", "down", "isolate", "make", "fade"):
        return None
    return [{"op": "remove", "stems": names}] if (names := _names(everyone, thing, draft)) else []


def _brought(clause: Clause, who: Cast, thing: Thing | None, draft: Draft) -> list[Operation] | None:
    """Read players that come in: new ones, where nothing else is said of them."""
    plain = clause.plain
    if _NOT_ADDED.search(plain) or clause.verb("replace", "isolate", "export") or clause.head == "take":
        return None
    if clause.verb("remove") and not clause.match(r" (?:drop|sneak|slip) (?:in )?(?:a|an|some|another) "):
        return None
    if clause.tempi or clause.keys or clause.chords or clause.meters or clause.verb("up", "down"):
        return None
    if clause.match(r" (?:different|other|alternative|another take|else) ") or clause.verb("regenerate"):
        return None
    if clause.head in ("make", "write") and not _ADDING.search(plain):
        return None
    if _NEW_PIECE.search(plain) or (clause.genres and clause.verb("make", "write", "turn", "restyle")):
        return None
    new = [
        f
        for f in clause.instruments
        if any(n.start < f.end and f.start < n.end for n in who.new) and not clause.negated(f.start)
    ]
    if not new and not clause.verb("make", "turn"):
        new = [n for n in who.new if n.value in ("drums", "bass", "guitar", "piano")]
    new = [f for n, f in enumerate(new) if f.value not in {g.value for g in new[:n]} and not _is_sound(clause, f)]
    new = [
        f
        for n, f in enumerate(new)
        if not (n and clause.text[new[n - 1].end : f.start].strip() == "" and f.value in new[n - 1].value)
    ]
    if not new or (who.here and not _ADDING.search(plain)) or not (_ADDS.search(plain) or len(clause.words) <= 4):
        return None
    operations: list[Operation] = []
    for found in new:
        operation: Operation = {"op": "add", "instrument": found.value}
        if (words := phrase(clause, found)).lower() not in (found.value, f"{found.value}s"):
            operation["prompt"] = words
        operations.append(operation)
    return operations


_ADDING = re.compile(
    r" (?:add\w*|doubl\w+|harmoni[sz]\w*|support\w*|accompan\w+|underneath|under|behind|over|above|beneath|below|along\w*|with|against|follow\w*|shadow\w*|answer\w*|decorat\w*|arpeggiat\w*|counter\w*|on top|on the|in the|sprinkl\w*|layer\w*|another|second|more|too|also|join\w*)(?= )"
)
_NEW_PIECE = re.compile(
    r" (?:an?|another|new|some|me|us) (?:\w+ ){0,3}?(?:song|track|piece|beat|loop|jingle|tune|theme|composition|ballad|waltz|lullaby|version|arrangement|rendition|quartet for|cover|intro|outro|soundtrack|score)(?= )"
)
_TAIL = re.compile(r"\s+(?:line|part|solo|melody|riff|section|groove|pattern|fills?|licks?|hook|stabs?|arpeggios?|chords?|pads?|accents?|hits|on (?:\d|the (?:off ?)?beats?|every)|\w+ing|that|which|an octave|over the top|far|very|softly|gently|lightly|quietly|at (?:the|a))\b(?:[^,.;]*)", re.IGNORECASE)  # fmt: skip


def _is_sound(clause: Clause, found: Found[str]) -> bool:
    """Tell whether an instrument's word belongs to an effect or a genre ("telephone effect", "acoustic version")."""
    spans = [*clause.effects, *clause.genres]
    return any(e.start <= found.start and found.end <= e.end for e in spans)


def phrase(clause: Clause, found: Found[str]) -> str:
    """Return an instrument with the words that describe it: "a soft walking bass" gives "soft walking bass"."""
    before = clause.text[: found.start]
    start = re.search(r"(?:.*\b(?:add|a|an|some|the|and|in|with|include|more|put|insert|layer|throw|on|have|let|give|me|us|needs?|wants?|sprinkle|how about|what about|,|:)\s+|^)", before, re.IGNORECASE | re.DOTALL)  # fmt: skip
    tail = _TAIL.match(clause.text[found.end :])
    doubling = re.search(
        r"\b(?:doubl\w+|harmoni[sz]\w+|shadow\w*|answer\w*|follow\w*)\b[^,.;]*$", before, re.IGNORECASE
    )
    low = doubling.start() if doubling else start.end() if start else found.start
    rest = re.match(r"\s*,\s*(?:very |really |tiny |just |only |quite )*\w+(?: \w+)?\s*$", clause.text[found.end :])
    end = tail.end() if tail else rest.end() if rest else 0
    return clause.text[low : found.end + end].strip(" ,")
