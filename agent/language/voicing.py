"""Changes that plain words put indirectly: another player for the sung line, a recording run backwards, a piece taken up."""

import re

from segue.agent.language import changing, clauses, timing
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.reference import mentions, one
from segue.tools.core.vocabulary import instruments_in

_SUNG = r"(?:(?:the |his |her |their |its |lead |main |sung |all )*(?:vocals?|voices?|singers?|singing|vocalist)(?: (?:parts?|lines?|tracks?|melod\w+|tunes?|stems?|lead))?|what (?:s?he|they|the \w+) (?:sings?|songs?|is singing|sang)|(?:the )?sung (?:parts?|lines?|tune|melody|notes))"  # fmt: skip
_INSTEAD = r"(?:in (?:the )?place of|instead of|in lieu of|rather than|takes? over (?:from|for)|taking over (?:from|for)|replac\w+|stand\w* in for|in exchange for|swapped? (?:in )?for|play(?:s|ed|ing)?|perform(?:s|ed|ing)?|double)"  # fmt: skip
_INTO = r"(?:→|-+>|=+>|to|into|as|by|for|with|on|becomes?|sounds? like|play(?:ed)? (?:by|on)|handed to|given to|be(?:come)?|turned into)"  # fmt: skip
_TURNS = r"\b(?:turn\w*|convert\w*|chang\w+|replac\w+|swap\w*|substitut\w*|exchang\w+|transform\w*|morph\w*|mak\w+|hav\w+|let|giv\w+|hand\w*|render\w*|switch\w*|recast|re-?voice|resynthesi[sz]e|trad\w+|should|must|become\w*|sound\w*|instead|play\w*|perform\w*|take\w*|put)\b|→|->|=>"  # fmt: skip


def revoiced(clause: Clause, draft: Draft) -> bool:
    """Take "a cello in place of the singer", "vocals → marimba": another player for what is sung."""
    if draft.it is None or clause.verb("find", "transcribe", "export", "caption", "transpose"):
        return False
    played = [f for f in instruments_in(clause.text) if f.value not in ("voice", "vocals", "choir") and not re.fullmatch(_SUNG, clause.text[f.start : f.end], re.IGNORECASE)]  # fmt: skip
    if not played or clause.decibels or clause.match(r" (?:add|under|behind|louder|quieter|keep|without) ") or (clause.genres and clause.head in ("make", "write")):  # fmt: skip
        return False
    text = clause.text
    player = played[-1]
    name = re.escape(text[player.start : player.end])
    lead = r"(?:an? |the |some |my |real |solo |warm )*"
    gap = r"[\w' .,-]{0,40}?"
    forwards = re.search(rf"{_SUNG}{gap}\s*{_INTO}\s+{lead}{name}", text, re.IGNORECASE) and re.search(
        _TURNS, text, re.IGNORECASE
    )
    backwards = re.search(rf"{name}\s+{gap}{_INSTEAD}\s+{gap}{_SUNG}", text, re.IGNORECASE)
    backwards = backwards or re.search(
        rf"\b(?:instead of|in place of|rather than)\s+{_SUNG}{gap}\s{lead}{name}", text, re.IGNORECASE
    )
    no_voice = re.search(rf"\b(?:no|not|don'?t want|dont want|without|lose|instead of)\b{gap}{_SUNG}", text, re.IGNORECASE) and re.search(rf"\b(?:same|its|that|the|her|his) (?:tune|melody|line|notes|part)\b{gap}\b(?:on|by|with|for|as)\s+{lead}{name}", text, re.IGNORECASE)  # fmt: skip
    if not (forwards or backwards or no_voice):
        return False
    target = one(clause, draft)
    if target is None:
        return False
    thing = draft.thing(target)
    if thing and thing.parts and "vocals" not in thing.parts and not any("voc" in part.lower() for part in thing.parts):
        return False
    draft.edit(target, [{"op": "replace", "stem": "vocals", "instrument": player.value}])
    return True


_BACKWARDS = r" (?:backwards?|back to front|(?:end|tail|rear) to (?:the )?(?:front|start|beginning|head)|in reverse(?: order)?|reversed?|reversing|the (?:other|wrong) way (?:round|around)|(?:from )?(?:the )?(?:last \w+|end|finish|back) to (?:the )?(?:first(?: \w+)?|start|beginning|front)|time (?:ran|runs|going|goes|went|flowing) back\w*|rewound|ruckwarts|rueckwarts|al contrario|a l envers|al reves) "  # fmt: skip


def reversed_(clause: Clause, draft: Draft) -> bool:
    """Take "play it back to front" in whatever words, with what is said of it besides."""
    if not clause.match(_BACKWARDS) or draft.it is None or clause.verb("find", "sort", "add", "transcribe") or clause.bars or clause.stems:  # fmt: skip
        return False
    if not (draft.arena == "piece" or mentions(clause, draft) or clause.match(r" (?:it|this|that|playing) ")):
        return False
    if clause.match(r" (?:list|playlist|order of|not|dont|undo|sections?|chords|intro|outro|half|reverse (?:reverb|delay|cymbal)|(?:is|are|was) (?:it|this|that)) ") and not clause.match(r" fade"):  # fmt: skip
        return False
    target = one(clause, draft)
    if target is None:
        return False
    draft.edit(target, timing.backwards(clause))
    if rest := re.search(r"(?:,|\b(?:with|and|plus)\b)\s*((?:with )?(?:an?|the)?\s*[\w .-]*\bfad\w+.*)$", clause.text, re.IGNORECASE):  # fmt: skip
        changing.change(Clause(rest[1]), draft)
    return True


_UP = frozenset(["get", "fetch", "open", "load", "grab", "pull", "up", "take", "bring", "go", "to", "back", "pick", "out", "consider", "from", "the", "list", "with", "work", "on", "lets", "choose", "select", "use", "out", "me", "number", "track", "song", "one", "take", "there", "here"])  # fmt: skip


def taken_up(clause: Clause, draft: Draft) -> bool:
    """Take "get Slow Rain", "from the list, the last one": what is named comes into focus, for the rest of the message."""
    named = mentions(clause, draft)
    if len(named) != 1 or named[0].end <= named[0].start or len(clauses.split(draft.message)) < 2:
        return False
    said = {w.plain for w in clause.words if not (named[0].start <= w.start < named[0].end)}
    if not said <= _UP or clause.head == "play":
        return False
    draft.look_at(named[0].target)
    draft.arena = "piece"
    return True


_REASON = re.compile(r"^\s*(?P<why>(?:my|our|i|i'm|im|i've|ive|we|we're|were|the|he|she|they|it|there|since|because|as)\b[^,.;:!?]*?)\s*(?:,\s*(?:so|hence|therefore|that's why|which is why|then)\s+|[;:.,!]\s*so\s+|\s+so\s+(?=(?:please|can|could|i|give|put|make|write|get|find|show|remove|take|tell|what)\b))", re.IGNORECASE)  # fmt: skip
_WISH = re.compile(r"\b(?:want|need|like|love|wish|would|looking|after|fancy|hate|sick|tired|prefer|should|must|please|find|make|give|remove|take|same)\b", re.IGNORECASE)  # fmt: skip


_ALONG = re.compile(r"^\s*(?:i|we)(?:['’]d| would)?(?: really)? (?:like|love|want|wanna|need|hope|plan|am going)?\s*(?:to )?(?:play|sing|jam|strum|practi[sc]e|drum) along(?: (?:with|to|on|in) [\w' ]{1,25}?)?\s*[,;.:–-]+\s*(?:so\s+)?(?=\w+ \w+)", re.IGNORECASE)  # fmt: skip


def without_purpose(text: str) -> str:
    """Return a message without the purpose it begins with: "I'd love to play along on guitar, what are the chords"."""
    return _ALONG.sub("", text, count=1)


def without_reason(text: str, draft: Draft) -> str:
    """Return a message without the reason it begins with: "my drummer reads music, so …"; what the reason names comes into focus."""
    reason = _REASON.match(text)
    if reason is None or _WISH.search(reason["why"]) or len(reason["why"].split()) > 12 or Clause(reason["why"]).genres:
        return text
    why = Clause(reason["why"])
    if why.head not in ("", "play", "give"):
        return text
    if named := mentions(why, draft):
        draft.look_at(named[0].target)
        draft.arena = "piece"
    return text[reason.end() :]
