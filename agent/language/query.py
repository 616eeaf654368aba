"""The words of a search: a clause without the verb that asks and without what became a filter."""

import re

from segue.agent.language.clause import Clause
from segue.agent.language.criteria import Criteria
from segue.tools.core.vocabulary import numbers_in, words_of

_LEAD = re.compile(
    r"^(?:(?:find|search|search for|look for|looking for|look up|show|show me|play|hear|listen to|recommend|suggest|give|get|bring|fetch|discover|dig up|"
    r"put on|queue(?: up)?|(?:i )?(?:want|need)|i'?d (?:like|love)(?: to (?:hear|listen to|have))?|i d like|like to have|make|create|build|generate|fancy|love|list|browse|pull up|have|got|like|is there|are there|do you have|do i have|id like|add|throw in)\b\s*(?:me\b|us\b)?\s*)+",
    re.IGNORECASE,
)  # fmt: skip
# Words that say nothing about which music is looked for; behind a filter that was read they are all that may be left.
_FILLING = """
a about actually add again aint album albums all allow already also altogether always am amount an and another any
anybody anymore anyone anything anywhere apart apiece appear appears approx approximately are arent around artist
artists as ask at away back band bands basically batch be been before being below best better between bin bit both
bpm bring bunch but by called came can cant case catalogue certain chance cheers choose chuck circa clip clips
collection come comes cool could couldnt couple cull cut cuts date dated dates decade decades definitely delete did
didnt different discard ditch do does doesnt doing done dont doubling down download drop duration durations each
either else em enjoy enjoyed enough entire entirely er era eras even ever every everybody everyone everything exact
exactly except exclude exclusively extra far fed feel few fewer files filter find fine first for from gave get gets
getting give given go goes going gone good got great had happen has have having hear heard hello help her here hers
hey hi hide him his hit hmm hold honestly hope how huge i id ideal ideally if ill im in including instead into is
isn isnt it itd items itll its ive just keep kept kick kill kind kinda know language languages lasting lasts least
leave left length less let lets library like liked likes limit list listed listen listening lists literally little
load loads long longer look looking lose lot lots love loved lyrics made make makes many matter max maximum may
maybe me mean means mind mine minimum mix mixed more most mostly much music must my myself nah name narrow nearly
need needed needs never next nice no nobody none nope nor not nothing now of off oh ok okay omit on once one ones
only onto or order other others otherwise ought our ours out over overall own owned pare pass per perfect perhaps
period periods pick picks piece pieces play played playing playlist playlists plays please pls possible precisely
prefer preferably pretty previously prob probably pull purely put quicker quite range rated rather rating ratings
really recording recordings records reduce refine released remain remainder remains remove repeat repeats rest
restrict result results rid right roughly round run said sake same say score scores scrap search section see
selection set shall she shorter should shouldnt show shown shrink sift simply single singles skip so solely some
somebody someone something somewhere song songs sort sorted sorts sound sounding sounds specifically speed speedwise
spin star stars stay stays stick stop strictly stuff such suppose sure ta take tell tempo tempos tempowise than
thank thanks that thats the their theirs them then there thereabouts theres these they theyre thing things think
this those though thrice throughout throw throws thru tighten till time times titles to together too top toss total
totally track tracks trim try tune tunes twice um up us variety very vintage want wanted wants was wasnt way we weed
well were what whatever whats when where which whichever while whittle who whole whos whose why will wise wish with
within without wont worth would wouldnt ya yeah year years yep yes yet you your youve
"""
_FILLER = frozenset(_FILLING.split())
_FILLED = frozenset({"first", "clip", "clips"})


def _bare(text: str) -> str:
    """Return the words of a text that say which music is looked for."""
    return " ".join(text[word.start : word.end] for word in words_of(text) if word.plain not in _FILLER or word.plain in _FILLED)  # fmt: skip


# "what should I play while …", "any ideas for …", "what goes with …": what follows is what is looked for.
_ADVICE = re.compile(
    r"^\W*(?:(?:what|which|whats|what's|any|got any|do you have any|have you got any)\s+)(?:(?:good|nice|kind of|sort of)\s+)*(?:(?:music|songs?|tracks?|tunes?|stuff|ideas?|suggestions?|recommendations?)\s+)?"
    r"(?:(?:(?:should|could|can|shall|would|do|might|to)\s+)(?:(?:i|we|you|one)\s+)?(?:play|listen to|put on|hear|recommend|suggest|have on|spin)\b|(?:would |could |might |will )?(?:be |is )?(?:good|nice|great|best|right|suitable|perfect)(?= (?:for|while|when|to|on|at|in)\b)|"
    r"(?:would |could )?(?:goes|go|works?|fits?|suits?)(?: well)?(?: with| for)?\b|(?=for\b))\s*(?:(?:me|us)\b\s*)?",
    re.IGNORECASE,
)


_OWNS = re.compile(
    r"^\W*(?:do (?:you|we|i) have|have (?:you|we|i) got|you got|got)\s+(?:any|some|anything by|something by)\b\s*",
    re.IGNORECASE,
)
_SOUNDS = re.compile(r"^\W*what (?:does|do) (?:an? |the )?(.+?) sounds? like\b", re.IGNORECASE)


def asks_advice(clause: Clause) -> bool:
    """Tell whether a question asks what to listen to: "what should I play while painting the kitchen?"."""
    match = _ADVICE.match(clause.text) or _OWNS.match(clause.text)
    if (sounds := _SOUNDS.match(clause.text)) and (clause.instruments or clause.genres):
        return sounds[1].lower() not in ("it", "this", "that")
    rest = clause.text[match.end() :] if match else ""
    return bool(re.search(r"\w{3}", rest)) and not re.match(r"\W*(?:over|on top of|under|it|this|that|these|with (?:it|this|that))\b", rest, re.IGNORECASE)  # fmt: skip


_TURNED = re.compile(r"^(?:and |but |ok(?:ay)? |so )*now\s+(?=\w)|\s+instead$", re.IGNORECASE)


def leftover(clause: Clause, found: Criteria, keep_words: bool = False) -> str:
    """Return the words of a clause that no filter has used, without the verb that asks."""
    text = clause.text
    spans = [*found.spans, *_negated_spans(clause)]
    for low, high in reversed(_merged(spans)):
        text = f"{text[:low]} {text[high:]}"
    text = re.sub(r"\s*[?.!]+\s*$", "", " ".join(text.split()))
    text = _LEAD.sub(
        "",
        _OWNS.sub("", _ADVICE.sub("", _SOUNDS.sub(r"\1", text.strip(" ,;"))))
        if asks_advice(clause)
        else text.strip(" ,;"),
    )
    text = _TURNED.sub("", text).strip(" ,;")
    bare = _bare(text)
    if not keep_words or not bare or bare.isdigit():
        return "" if bare.isdigit() else bare
    count = r"^(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|a dozen)\s+(?=(?:\w+\s+){0,3}(?:songs?|tracks?|tunes?)\b)"
    text = re.sub(count, "", text, flags=re.IGNORECASE)
    edge = r"^(?:(?!a cap)(?:me|us|all|every|everything|recordings?|pieces?|some|any|a few|a couple of|a bit of|songs?|tracks?|music|tunes?|a|an|the|playlists?|something|anything|stuff|that|which|is|are|of|with|by|about|to|for|and|but|one|my|in|list|only|from)\b\s*)+"
    text = re.sub(edge, "", text, flags=re.IGNORECASE)
    text = re.sub(
        r"\b(?<!out of )(?<!in )(?:some |the )?(?:songs?|tracks?|tunes?|music|playlists?|stuff)\b",
        " ",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(r"(?:\s*\b(?:and|but|or|with|from|in|of|by|that|which|is|are|for|to|please|the|a|from my library|in my library|in my collection|my library|i own|that i own)\b)+$", "", " ".join(text.split()), flags=re.IGNORECASE)  # fmt: skip
    return re.sub(r"\s+([,;])", r"\1", re.sub(r"\s*,(?:\s*,)+", ",", text)).strip(" ,;")


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans from left to right, overlapping ones joined."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _negated_spans(clause: Clause) -> list[tuple[int, int]]:
    """Return where unwanted things stand, their "no" or "without" included."""
    spans: list[tuple[int, int]] = []
    for found in [*clause.moods, *clause.instruments, *clause.genres]:
        if clause.negated(found.start):
            lead = re.search(r"(?:\b(?:no|not|without|any|but|and|or|too|never|so|very|minus|the|a|any|nor)\s+)+$", clause.text[: found.start], re.IGNORECASE)  # fmt: skip
            spans.append((lead.start() if lead else found.start, found.end))
    return spans


_TALK = re.compile(r"\b(?:ones|those|these|them|i|we|you|he|she|it|they|me|us|my|am|is|are|was|were|be|been|do|does|did|can|could|would|should|shall|will|may|might|have|has|had|what|which|who|where|when|why|how|dont|doesnt|isnt|thats|lets?|please|if|so|because|though|well|yes|no|nah|ok|okay|not)\b", re.IGNORECASE)  # fmt: skip


def chatter(query: str) -> int:
    """Return how many words of a query only talk: pronouns, auxiliaries and question words name no music."""
    return len(_TALK.findall(query))


def how_many(clause: Clause) -> int | None:
    """Return how many tracks are asked for, or None."""
    match = re.search(r"\b(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|a dozen)\s+(?:\w+\s+){0,2}?(?:songs?|tracks?|tunes?|titles?|suggestions?|recommendations?|results?|pieces?|albums?)\b(?!\s+per\b|\s+(?:by|from|of)\s+(?:each|every|artist|the same))", clause.text, re.IGNORECASE)  # fmt: skip
    if match is None or re.search(r"\b(?:per|stars?|minutes?|than)\b", match[0]):
        return None
    value = numbers_in(match[1])
    return max(1, min(500, int(value[0].value))) if value else 12
