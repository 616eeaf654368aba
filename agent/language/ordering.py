"""Orders for new music that no verb of making announces: what they grow from, and what tells them from a search.

Read by kinds of words: what came attached (a hum, a film, notes), words of likeness, of going on, of setting words
to music, and figures that only a composer needs (a key with players, a form in letters, a number of tries).
"""

import re

from segue.agent.language import making
from segue.agent.language.acting import FILMS
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import mentions

_MATCHED = r" match (?:the )?(?:tempo|bpm|key|loudness|level) of "
_HUMMED = re.compile(r"\b(?:hum\w*|whistl\w*|sung|sing\w*|melod\w+|tune|voice ?memo|motif)\b", re.IGNORECASE)
_STYLE = re.compile(
    r" (?:(?:in|after|with|has|have|of) (?:the|that|this|a|its)(?: very)?(?: same| similar)? (?:style|manner|vein|spirit|mou?ld|mood|fashion|feel|vibe|groove|idiom|tradition|character|sound|energy|atmosphere|flavou?r|way)|"
    r"(?:same|similar|that|this|its) (?:kind of )?(?:style|vibe|feel|mood|spirit|sound|energy|character|groove|atmosphere|idiom|flavou?r|manner|vein)|"
    r"(?:style|vibe|feel|mood|spirit|sound|groove|energy|character|atmosphere|flavou?r) of|inspired by|based on|modelled on|modeled on|imitat\w+|emulat\w+|mimic\w*|copy|copies|copying|clone|pastiche|homage|tribute|soundalike|sound alike|"
    r"riff on|cousin|sibling|twin|sister|brother|companion|relative|resembl\w+|reminiscent|reference|akin|similar|alike|variations? on|take cues|cue from|take off|like|sounds? like|knock ?off|spin on|riffing on|match (?:this|that|its|the))(?= )"
)  # fmt: skip
_NEW = re.compile(
    r" (?:make|write|compose|create|generate|produce|do|do me|do us|build|craft|give|get|need|want|would like|could|new|another|one more|fresh|original|brand new|piece|tune of|thing|something|imitat\w+|emulat\w+|mimic\w*|copy|clone|pastiche|homage|riff on|cousin|sibling|twin|companion|variations?|let s have|match)(?= )"
)
_FOUND = re.compile(r" (?:find|search|songs|tracks|artists|bands|who|anything|something i own|library|recommend|suggest|playlist|play|similar (?:songs|tracks|artists|music|ones|stuff)|more like|others?|else|which|what|sounds? like)(?= )")  # fmt: skip
_SAME_PIECE = re.compile(r" (?:make|turn|put|play|redo|have|keep|render|version of|cover of|remix|rendition of|arrangement of|restyle) (?:it|this|that|the|my)?(?= )")  # fmt: skip
_ONWARDS = re.compile(
    r" (?:continu\w+|carry on|carrying on|go on from|going on from|keep going|goes on|finish (?:it|this|that|my|the|off)|complete (?:it|this|that|my|the)|(?:what|where) (?:comes|happens|goes|would) (?:\w+ ){0,4}(?:next|from there|from here|after)|take it from (?:there|here)|(?:write|compose|give|add|make|invent|come up with) (?:me |us )?(?:the rest|some more|more of (?:it|this|that)|what follows|a continuation|the next (?:part|section|bit))|the rest of (?:it|this|that|the|my)|pick up (?:from )?where)(?= )"
)  # fmt: skip
_BESIDE = re.compile(r" (?:behind|under|underneath|beneath|accompan\w+|backing|back(?:s|ed)? up|to go with|along with|harmoni[sz]\w*|chords? (?:to|for|with|under)|beat (?:to|for|under))(?= )")  # fmt: skip
_CHORALE = re.compile(r" (?:as an?|into an?) ")
_PASSIVE = frozenset({"find", "transcribe", "caption", "compare", "tag", "remove", "isolate", "export", "trim", "loop", "reverse", "fade", "master", "up", "down", "faster", "slower", "transpose", "forget", "sort", "concat"})  # fmt: skip
_SUNG = re.compile(r" (?:sing|sings|sung|lyrics?|words|vocals?|verses|singer|chant)(?= )")
_A_SONG = re.compile(r" (?:an?|another|one|some|new)? ?(?:\w+ ){0,2}(?:song|anthem|ballad|lullaby|jingle|chant|hymn|ditty|shanty|carol|rap|ode)(?: (?:about|for|against|on|of|to))?(?= )")  # fmt: skip
_QUESTION = frozenset(["what", "whats", "which", "who", "whos", "why", "how", "is", "are", "does", "did", "was", "where", "when"])  # fmt: skip


def ordered(clause: Clause, draft: Draft) -> bool:
    """Take an order for new music, told by what came attached and by the kinds of its words."""
    last = draft.steps[-1] if draft.steps else None
    if last is not None and last.tool == "generate" and described(clause, draft):
        return making.describe_further(clause, last.args, draft)
    source = grows_from(clause, draft)
    if source is None:
        return False
    making.generate(clause, draft, source)
    return True


def described(clause: Clause, draft: Draft) -> bool:
    """Tell whether a clause only goes on describing the piece that was just ordered."""
    if (clause.verbs and clause.head not in ("give", "make", "write", "keep", "")) or mentions(clause, draft):
        return False
    if (
        clause.formats
        or clause.decibels
        or clause.loudnesses
        or clause.intervals
        or clause.percents
        or clause.verb(*_PASSIVE)
    ):
        return False
    if clause.head == "make" and clause.match(r" (?:make|making|create|generate|compose) (?:an?|another|some|me) "):
        return False
    if clause.match(r" (?:add|put|it|its|them|then|first|last|second|also|now|instead|version) ") and not clause.match(
        r"^ (?:it (?:should|must|has to|needs to|can|could|s)|and it (?:should|must)|make it|something|its) "
    ):
        return False
    said = (
        clause.genres
        or clause.moods
        or clause.instruments
        or clause.tempi
        or clause.keys
        or clause.durations
        or clause.bars
        or clause.meters
        or clause.chords
    )
    return bool(said)


def grows_from(clause: Clause, draft: Draft) -> dict[str, Target] | None:
    """Return what new music is to grow from (nothing: an empty dict), or None where none is ordered."""
    first = clause.words[0].plain if clause.words else ""
    named = [m.target for m in mentions(clause, draft)]
    it = named[0] if named else draft.it
    thing = draft.thing(it) if it else None
    title = thing.title.lower() if thing else ""
    coloured = bool(clause.genres or clause.instruments or clause.moods)
    made = clause.verb("make", "write", "score")
    if it is None:
        return _from_nothing(clause, draft)
    film = title.endswith(FILMS)
    if film and (made or coloured) and first not in _QUESTION and not clause.verb(*_PASSIVE - {"up", "down"}):
        return {"video": it}
    if (
        film
        and not draft.steps
        and clause.match(
            r" (?:what|something|music) (?:\w+ )?(?:would |could |might |to )?(?:fit|suit|go with|work)s? "
        )
    ):
        return {"video": it}
    if clause.verb(*_PASSIVE - {"up", "down"}) or film:
        return None
    hum = bool(_HUMMED.search(title.rsplit(".", 1)[0])) and bool(draft.state.attached)
    if (
        hum
        and not draft.steps
        and first not in _QUESTION
        and not clause.match(r" (?:chords? (?:of|please)|notes of|key|tempo|louder|quieter|semitones?|tone) ")
    ):
        if _ONWARDS.search(clause.plain):
            return {"continue_from": it}
        words = _SUNG.search(clause.plain) and not clause.match(r" (?:i|my) (?:\w+ )?(?:sung|sing|sang) ")
        if coloured or made or words or (clause.songs and not clause.verb("play")):
            return {"accompany" if _BESIDE.search(clause.plain) and not _CHORALE.search(clause.plain) else "melody": it}
    if (
        clause.match(r" (?:my|these|those|the|this) (?:\w+ )?(?:chords|notes|melody|tune|riff|idea) ")
        and draft.state.attached
        and (thing and thing.has_score)
    ):
        if _ONWARDS.search(clause.plain):
            return {"continue_from": it}
        built = clause.verb("turn", "make", "write") or clause.match(r" (?:base|build|use|song|track|piece) ")
        if built and (clause.songs or clause.sections or clause.match(r" (?:song|track|piece|beat|loop) ")):
            return {"melody" if clause.match(r" (?:notes|melody|tune|riff) ") else "accompany": it}
    if draft.arena != "piece" and not named:
        return None
    if (
        _ONWARDS.search(clause.plain)
        and first not in ("what", "why", "is", "does")
        and not clause.match(r" (?:fade|loop|repeat|play) ")
    ):
        return (
            None
            if clause.durations
            and clause.match(r" (?:to|till|until|up to) (?:\w+ )?(?:\d|a|one|two|three|four|five) ")
            and not clause.match(r" (?:write|compose|rest) ")
            else {"continue_from": it}
        )
    return _alike(clause, draft, it, bool(named))


def _alike(clause: Clause, draft: Draft, it: Target, named: bool) -> dict[str, Target] | None:
    """Return the piece that new music is to resemble."""
    style = _STYLE.search(clause.plain)
    if (
        style is None
        or _FOUND.search(clause.plain)
        or clause.bars
        or (clause.stems and clause.match(r" (?:sounds? like|like an?) "))
    ):
        return None
    if clause.words[0].plain in _QUESTION or clause.match(_MATCHED):
        return None
    if not _NEW.search(clause.plain) and not (
        draft.state.attached and clause.match(r"^ (?:in|like|same|similar|after) ")
    ):
        return None
    like = style[0].strip() in ("like", "similar", "sounds like", "sound like")
    if like and not (named or clause.match(r" like (?:this|that|it|the|my) ")):
        return None
    if draft.arena == "list" and not clause.match(
        r" (?:make|write|compose|create|generate|produce|riff|new piece|piece|original) "
    ):
        return None
    if clause.match(r" (?:make|turn|play|put|bring) (?:it|this|that|the \w+) (?!like it)") and not clause.match(
        r" new "
    ):
        return None
    return {"style": it}


def _from_nothing(clause: Clause, draft: Draft) -> dict[str, Target] | None:
    """Return an empty dict where new music is ordered while nothing is in reach."""
    if (
        clause.verb("find", "play", "export", "transcribe", "sort", "tag", "caption")
        or clause.is_question
        or draft.names
    ):
        return None
    if clause.match(r" (?:songs|tracks|tunes|artists|albums|bands|playlists?|library|collection|anything|stuff|hits) "):
        return None
    exact = any(t.value.kind == "exact" for t in clause.tempi) or bool(making.bare_tempo(clause))
    players = len(clause.instruments) > 0
    if making.form_in(clause):
        return {}
    if making.takes_wanted(clause) and (clause.genres or clause.moods or players):
        return {}
    if (clause.keys or clause.bars) and (players or clause.genres) and not clause.verb("remove"):
        return {}
    if exact and players and (clause.genres or len(clause.instruments) > 1):
        return {}
    if clause.head == "write" or clause.match(r"^ (?:sing|rap|croon|chant) (?:me |us |a |an |about |something )"):
        return {}
    sung = clause.match(
        r" (?:sing it|sing this|sung|with (?:\w+ )?(?:words|lyrics|vocals)|words and all|(?:own|funny|real|silly|new) (?:words|lyrics)|just (?:the )?(?:lyrics|words)|lyrics? (?:about|for|on)) "
    )
    song = _A_SONG.search(clause.plain)
    if sung and (song or clause.match(r" (?:about|for|against) ")):
        return {}
    if song and clause.match(
        r" (?:kids?|son|daughter|wife|husband|mum|mom|dad|boss|client|class|team|choir|we|he|she|they) (?:wants?|needs?|asked for|would like|d like) "
    ):
        return {}
    if clause.match(r" (?:these|my|this|the following) (?:words|lines|lyrics|poem|verses?|text) (?:\w+ )*to music "):
        return {}
    return None
