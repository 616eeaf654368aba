"""Requests to understand one piece, by what they ask about: who made it, its words and notes, its parts, its character.

Each rule is a class of cue words together with a way of asking; they come before the rules that change or search.
"""

import re
from typing import Any

from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import group, mentions, one

_NUMBER = r"(?:an?|one|two|three|four|five|some|few|couple of|\d)"
_MACHINE = r" (?:a ?i|ais|artificial\w*|artificial intelligence|machine (?:made|generated)|computer (?:made|generated)|(?:auto )?generated|synthetic|deep ?fake\w*|fake[ds]?|clone[ds]?|cloning|suno|udio|chat ?gpt\w*|bots?|robots?|algorithm\w*|neural\w*|(?:human|man) made|genuine\w*|authentic\w*|(?:an? )?(?:actual|real|living|flesh and blood|live) (?:musicians?|people|persons?|bands?|singers?|humans?|players?|artists?|drummers?|performers?|performance|instruments)|humans?|by (?:an? )?(?:computers?|machines?|software|program|model)) "  # fmt: skip
_ASKS = r" (?:tell me|let me know|i wonder|wondering|i suspect|suspect|i think|i bet|check|find out|run|detect\w*|test|verify|figure out|curious|sure|true|or|whether|wether|any (?:sign|hint|trace|chance)s?|looks?|sounds?|smells?|feels?|how likely|probab\w+|likely|want to know|need to know|would like to know|can you tell|could you tell|can you say|say if|say whether) "  # fmt: skip
_MAKES = ("make", "write", "add", "find", "replace", "remove", "generate")
_SPOKEN = rf" (?:(?:talk|take|guide|lead|run) (?:me|us) through|blurbs?|captions?|synops[ie]s|portraits?|run ?down|overviews?|summar\w+|impressions?|write up|liner notes?|(?:{_NUMBER} )?(?:or {_NUMBER} )?(?:\w+ )?(?:sentences?|one liners?) (?:on|about|for|of|describing|summing)|{_NUMBER} (?:or {_NUMBER} )?(?:\w+ )?(?:lines?|words?|paragraphs?) (?:on|about|describing|summing|to describe)|descriptions?|descrip\w+|describ\w+|in (?:plain|simple|your own|everyday|a few|one|two|three) (?:words?|terms|sentences?|lines?)|plain english|sum (?:it|this|that|them|up|\w+ up)|paint (?:me )?a picture|put (?:it|this|that|\w+) into words|(?:a |an |some )?idea of (?:what|how)|(?:what|how)(?: would| do| does| did)? (?:\w+ ){{1,4}}(?:sounds?|feels?) like|(?:what|whats|what s) (?:\w+ ){{0,5}}?like|whats? (?:it|this|that) all about|(?:what|whats|what is|what s) (?:in|on|going on in|happening in|inside|to be heard in|to hear in) (?:this|that|the|it|each|my|here|all|every|every one)|what (?:can|do|will|would|does|did) (?:you|one|i|we|they|somebody|someone|people|a \w+) (?:\w+ )?hear|what am i (?:hearing|listening to)|what are we (?:hearing|listening to)|what (?:do|did) you make of|what kind of (?:piece|recording|thing)) "  # fmt: skip
MEASURES = (
    r"tempo|bpm|key|genre|mood|meter|metre|time signature|loudness|lufs|instruments?|speed|tonality|tags?|valence|arousal|vocals|duration|length|tonart|tonalita|tonalite|how fast|how loud|how long|what kind of music|"
    r"what style|beats per minute|instrumentation|camelot|tuning|energy|properties|metadata|features|stats"
)
_SHORT = r" (?:(?:one|a|single|1) (?:\w+ )?(?:line|sentence|word|phrase)|one ?liners?|brief\w*|short\w*|quick\w*|in a (?:nutshell|word|line|sentence)|few words|in short|concise\w*|tersely|snappy|tiny|at most (?:one|two|ten|\w+teen|twenty) words|tl ?dr|tweet) "  # fmt: skip
_FORM = r" (?:describe the sections|form(?:al)? analysis|song (?:form|structure|map|sections)|(?:what|who|which \w+) (?:comes?|plays?|happens?|enters?) (?:in )?when|when (?:\w+ ){1,3}(?:comes? in|enters?)|from (?:beginning|start|front|top) to (?:end|finish|back|bottom)|blow by blow|bar by bar account|minute by minute|section by section|part by part|start times?|time ?stamps? (?:of|for) (?:the |each |every )?(?:sections?|parts?|verses?|chorus\w*)|road ?map|time ?line|mark (?:out )?(?:the |each |every )?(?:sections?|parts?|verses?|intro)|(?:sections?|verses?|chorus\w*) (?:and \w+ )?(?:start|begin)s?|how (?:is|s) (?:it|this|that|the \w+) (?:built|structured|laid out|put together|constructed|organi[sz]ed)|which (?:parts?|sections?) (?:are|does|do|come|make|is)|(?:chart|map|lay|plot|sketch|outline|list) (?:out )?(?:the |its |all |all the |me the )*(?:form|structure|sections?|parts|arrangement)|(?:intro )?verse (?:and )?(?:pre )?chorus) "  # fmt: skip
_TAGS = r" (?:auto ?tag\w*|(?:bpms?|tempo|tempi|tempos|keys?|meters?|time signatures?|speeds?|loudness) of|moods?|genres?|what (?:sort|kind|type|style|manner) of (?:music|musick|song|track|tune|thing|genre|style|stuff|sound)|call (?:this|it|that)(?! back| for)|(?:would|do|could|can|should) (?:you|one|i|we) (?:call|file|class|classify|label|put|shelve|describe) (?:this|it|that|them) (?:as |under )?|which (?:shelf|drawer|bin|category|pigeonhole)|sub ?genres?|instrumentation|what (?:style|category)|which (?:style|genre|mood|category)|what (?:scale|key|tempo|bpm)|which (?:scale|key|tempo)|emotion\w*|vibe) "  # fmt: skip
_APART = r" (?:(?:set|sets|setting|tell|tells) (?:\w+ ){1,6}apart|(?:between|differs?|differ\w+|different\w*|compar\w+|contrast\w*|versus|vs|against|side by side|up against|(?:in|have in) common|similarit\w+|alike|unique about|distinguish\w*|(?:the )?same (?:song|take|recording|track|tune|piece|key|tempo|beat|melody|thing|chords|singer|player|music|clip|file|performance|material)|how (?:close|far apart|similar|unlike)) ) ?"  # fmt: skip
_PAST = r" (?:before (?:vs|versus|and|or|compared)|before after|the (?:original|old one|version before|previous version|last version)|what (?:has |have )?(?:you )?changed|with and without|compared (?:to|with) (?:before|the original|how it was)|than before|lost (?:something|anything)|suffer\w*) "  # fmt: skip
_YES_NO = frozenset(["is", "are", "does", "do", "did", "has", "was", "were", "isnt", "doesnt", "arent", "anything", "any", "where", "when", "how", "what", "whats", "which", "who", "whos", "whose", "at"])  # fmt: skip
# "can you hear a flute in it?", once the politeness is off.
_SENSES = frozenset(["hear", "notice", "detect", "spot", "recognise", "recognize", "perceive"])
_WISHES = r" (?:(?:what|how) (?:if|about)|is it possible|is there (?:a|any) (?:way|chance)|do you (?:think|have|know any|mind|want)|have you|do i|have i|are there any (?:\w+ )?(?:songs?|tracks?|tunes?|others?)|anything (?:like|similar|else|nice|good|new)|is there (?:anything|something|any music|any song|any track|a song|a track)|how do i|how can|(?:what|how) would (?:\w+ ){1,6}(?:sound|be|look)|would|could|can you|can i|can we|library|collection|playlist|own|in my|duplicates?|similar|who else|what else|more of|goes? (?:well )?with|sounds? like|why) "  # fmt: skip


# "caption take 1 and 2, leave the last": what is named only to be left out.
_LEFT = re.compile(r"\b(?:leave(?: out)?|skip|ignore|except(?: for)?|without|not|spare|forget|omit)\s+(?:the\s+|take\s+|track\s+|number\s+)*$", re.IGNORECASE)  # fmt: skip


def subjects(clause: Clause, draft: Draft) -> list[Target]:
    """Return what a clause is about: things it names, a group it means, else what is in focus."""
    named = [
        m.target for m in mentions(clause, draft) if not (m.end > m.start and _LEFT.search(clause.text[: m.start]))
    ]
    if named:
        return [target for n, target in enumerate(named) if target not in named[:n]]
    many = group(clause, draft) or _each(clause, draft)
    target = one(clause, draft)
    return many or ([target] if target else [])


def _each(clause: Clause, draft: Draft) -> list[Target]:
    """Return everything in reach where each of it is meant: "every song here", "my three takes"."""
    if not clause.match(r" (?:each|every|all|my (?:two|three|four|five|six)|the (?:two|three|four|five|six)|(?:each|every) one|one by one|individually|(?:two|three|four|five|six) (?:takes|clips|files|tracks|songs|recordings|versions|pieces)) "):  # fmt: skip
        return []
    state = draft.state
    if len(state.attached) > 1:
        return [{"id": id} for id in state.attached]
    if state.shown is not None and draft.it is not None:
        return [{"id": id} for id in state.shown.ids]
    return [{"id": id} for id in state.focus] if len(state.focus) > 1 and clause.match(r" (?:clips?|files?|recordings?|pieces?) ") else []  # fmt: skip


def in_reach(clause: Clause, draft: Draft) -> bool:
    """Tell whether a clause is about a piece: one is worked on, was just handled, is named or is pointed at."""
    if draft.it is None and not mentions(clause, draft):
        return False
    handled = bool(draft.steps) and draft.steps[-1].tool in ("caption", "tag", "transcribe", "edit")
    return draft.arena == "piece" or handled or bool(mentions(clause, draft))


def made_by(clause: Clause, draft: Draft) -> bool:
    """Take "is this AI-made?", "real musicians or a machine?"."""
    if not clause.match(_MACHINE) or clause.verb(*_MAKES) or draft.it is None:
        return False
    bare = len(clause.words) <= 3 or clause.head == "tag"
    if not (clause.is_question or clause.text.rstrip().endswith("?") or clause.match(_ASKS) or bare):
        return False
    if clause.match(r" (?:are|r) (?:you|u) ") or (clause.instruments and not mentions(clause, draft) and clause.songs):
        return False
    draft.add("caption", {"clips": subjects(clause, draft), "question": clause.text})
    return True


def apart(clause: Clause, draft: Draft) -> bool:
    """Take a comparison of several things that are named, or of a version with what it was made from."""
    if clause.verb("make", "find", "mix", "concat", "put") and not clause.is_question:
        return False
    named = subjects(clause, draft)
    if len(named) < 2 and clause.match(r" (?:differ\w*|compar\w+|in common|alike|similar\w*|the same|unique) "):
        said = subjects(Clause(draft.message), draft)  # "put 1 next to 3 and tell me what's different"
        named = said if len(said) > 1 else named
    asked = clause.is_question or clause.text.rstrip().endswith("?") or clause.head in ("", "compare", "give", "caption", "tag")  # fmt: skip
    if len(named) > 1 and clause.match(_APART) and (asked or clause.match(r" (?:compare|contrast|spot|tell|show|list|line|hold|put|explain|point out) ")):  # fmt: skip
        draft.add("caption", {"clips": named, "question": clause.text})
        return True
    if len(named) == 1 and asked and clause.match(_PAST) and draft.arena == "piece":
        thing = draft.thing(named[0])
        before = next((id for id in thing.parents if id in draft.state.things), None) if thing else None
        if before and thing:
            draft.add("caption", {"clips": [{"id": before}, {"id": thing.id}], "question": clause.text})
            return True
    return False


def sections(clause: Clause, draft: Draft) -> bool:
    """Take "what happens when?" in other words: a form analysis, a walk from beginning to end."""
    if not clause.match(_FORM) or draft.it is None or clause.head in ("make", "write", "remove", "add", "extend", "trim", "fade", "regenerate"):  # fmt: skip
        return False
    if clause.durations and not clause.is_question:
        return False
    if not (in_reach(clause, draft) or clause.match(r" (?:it|its|this|that) ")):
        return False
    last = draft.steps[-1] if draft.steps else None
    if last and last.tool == "caption" and last.args.get("detail") == "sections" and not mentions(clause, draft):
        return True  # "walk me through it, what comes in when"
    draft.add("caption", {"clips": subjects(clause, draft), "detail": "sections"})
    return True


def tags(clause: Clause, draft: Draft) -> bool:
    """Take a question about genre, mood or scale in whatever words."""
    if not clause.match(_TAGS) or draft.it is None or clause.verb("make", "find", "export", "transpose", "sort", "write", "turn", "play"):  # fmt: skip
        return False
    if clause.fields and clause.match(
        r" (?:files?|most|common|library|collection|chart|histogram|per|tags of|into|onto) "
    ):
        return False
    named = mentions(clause, draft)
    opens = clause.match(
        r"^ (?:(?:the|tell|give|show|get|me|i|need|want|please|what|is|and|a|an|your|whats) )*" + _TAGS[1:]
    )
    fragment = opens and len(clause.words) <= (10 if named else 6) and (named or clause.match(r" (?:of|auto ?tag\w*) "))
    asked = (clause.is_question and not clause.match(r" (?:change\w*|vary|between|does|modulat\w*) ")) or clause.text.rstrip().endswith("?") or clause.head == "tag"  # fmt: skip
    if not (fragment or asked) or not (in_reach(clause, draft) or clause.match(r" (?:it|its|this|that|these|those) ")):
        return False
    if clause.match(r" (?:same|similar|like|else|more|less|too|not|keep) ") and not clause.match(
        r"^ (?:what|which|whats) "
    ):
        return False
    for target in subjects(clause, draft)[:8]:
        draft.add("tag", {"clip": {**target, "index": 0} if target.get("field") == "items" and "index" not in target else target})  # fmt: skip
    return True


def measure(clause: Clause, draft: Draft) -> bool:
    """Take requests for tempo, key, genre, mood and the like."""
    asked = clause.match(rf" (?:{MEASURES}) ")
    if not (asked or clause.head == "tag") or (clause.songs and clause.verb("find", "play")):
        return False
    if clause.decibels or clause.loudnesses or clause.verb("up", "down"):
        return False
    if clause.match(r" (?:is there|are there|does|do|did|why|which|where|when|change|changes|changing|vary|varies|between|differ\w*|who) ") and not (clause.match(r" which (?:key|tempo|genre|meter|metre|style|mood)") and not clause.match(r" (?:is there|are there|modulat\w+|change|changes) ")):  # fmt: skip
        return False
    if (
        clause.verb("make", "write", "turn", "replace", "transpose", "add", "remove", "faster", "slower", "export")
        or clause.keys
        or clause.tempi
    ):
        return False
    asks = (
        clause.is_question
        or clause.head in ("tag", "give", "find", "")
        or clause.verb("tag", "give", "caption")
        or clause.starts("tell me", "let me know")
    )
    if not asks or (
        clause.head == ""
        and not (clause.is_question or clause.starts("tell me", "let me know"))
        and _measures_only(clause) is None
    ):
        return False
    targets = [m.target for m in mentions(clause, draft)] or group(clause, draft) or subjects(clause, draft)[:1]
    if not targets:
        return False
    for target in targets[:8]:
        draft.add(
            "tag",
            {"clip": target}
            if "step" not in target or "index" in target or target["field"] == "piece"
            else {"clip": {**target, "index": 0}},
        )
    if clause.match(_SPOKEN) and clause.verb("caption"):
        draft.add("caption", {"clips": targets})
    return True


def _measures_only(clause: Clause) -> object:
    """Match a fragment that names measures and nothing else: "genre and mood", "tempo please"."""
    return (
        clause.match(rf"^ (?:the |its |and |or |of |this |it |what |please |plus |{MEASURES}| )+$")
        if not clause.stems
        else None
    )


def describe(clause: Clause, draft: Draft) -> bool:
    """Take a wish for a description in whatever words: "a blurb for it", "what's in this mix?"."""
    if (
        not clause.match(_SPOKEN)
        or draft.it is None
        or clause.head in ("make", "find", "add", "remove", "export", "play")
    ):
        return False
    if clause.match(r" (?:songs?|tracks?|music|something|anything|artists?|bands?) (?:\w+ ){0,2}(?:like|similar)|(?:who|what else|anything|something) (?:\w+ )?(?:sounds?|is|s)? ?like ") or clause.match(_WISHES.replace("would|", "").replace("library|collection|playlist|own|in my|", "").replace("|sounds? like|why", "")):  # fmt: skip
        return False
    if clause.match(r" (?:lyrics?|sings?|singing|sung|chords?|notes?|beats?) ") or clause.loudnesses or clause.keys:
        return False
    if not (in_reach(clause, draft) or clause.match(r" (?:it|this|that|these|those|here|each|every|all|playing|hearing|current) ")):  # fmt: skip
        return False
    args: dict[str, Any] = {"clips": subjects(clause, draft)}
    if clause.match(_SHORT):
        args["detail"] = "short"
    draft.add("caption", args)
    return True


def asked(clause: Clause, draft: Draft) -> bool:
    """Take a question about the piece in focus or a named one, before it is read as a wish to change it."""
    words = [word.plain for word in clause.words]
    told = re.match(r"\s*(?:tell me|let me know|know|learn|work out|figure out|tell|say|check|see|find out|i wonder|i want to know|i need to know|i'?d like to know)\s+(?:if|whether|wether|what|where|when|how|which|who)\b", clause.text, re.IGNORECASE)  # fmt: skip
    if len(words) < 3 or not (told or ((words[0] in _YES_NO or (words[0] in _SENSES and not clause.match(r" (?:more|else|again|others?|some|another|similar|like) "))) and (clause.is_question or clause.text.rstrip().endswith("?")))):  # fmt: skip
        return False
    named = mentions(clause, draft)
    if not in_reach(clause, draft):
        return False
    if clause.match(_WISHES) or (not told and clause.verb("find", "export", "give", "add", "replace", "transcribe", "make", "put")):  # fmt: skip
        return False
    if (
        clause.match(r" (?:songs|tracks|tunes|artists|albums|bands|singers|playlists?|something|someone|hits|stuff) ")
        and not named
    ):
        return False
    last = draft.steps[-1] if draft.steps else None
    if last and last.tool == "tag" and clause.moods and not named and len(words) <= 6:
        return True  # "what genre is it, and is it gloomy?" is answered by one look at its tags
    if words[0] in ("anything", "any") and not named and not clause.match(r" (?:in|on|about|wrong with|odd about) (?:it|this|that|the|here) "):  # fmt: skip
        return False
    if not told and words[0] == "do" and words[1] in ("it", "that", "this", "a", "the", "some"):
        return False
    if not re.search(r"\b(?:if|whether|wether)\b", clause.text, re.IGNORECASE) and measure(clause, draft):
        return True
    clips = subjects(clause, draft)
    if last and last.tool == "caption" and len(last.args["clips"]) > 1 and not named and clause.match(r" (?:which|who|each|one|they|them) "):  # fmt: skip
        clips = last.args["clips"]
    draft.add("caption", {"clips": clips, "question": clause.text})
    return True
