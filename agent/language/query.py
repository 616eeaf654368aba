"""The words of a search: a clause without the verb that asks and without what became a filter."""

import re

from segue.agent.language.clause import Clause
from segue.agent.language.criteria import Criteria
from segue.tools.core.vocabulary import numbers_in

_LEAD = re.compile(
    r"^(?:(?:find|search|search for|look for|looking for|look up|show|show me|play|hear|listen to|recommend|suggest|give|get|bring|fetch|discover|dig up|"
    r"put on|queue(?: up)?|(?:i )?(?:want|need)|i'?d (?:like|love)(?: to (?:hear|listen to|have))?|i d like|like to have|make|create|build|generate|fancy|love|list|browse|pull up|have|got|like|is there|are there|do you have|do i have|id like|add|throw in)\b\s*(?:me\b|us\b)?\s*)+",
    re.IGNORECASE,
)  # fmt: skip
_FILLER = re.compile(
    r"\b(?:exactly|precisely|ideal|ideally|roughly|strictly|preferably|definitely|me|us|i|you|some|a few|a couple of|any|a bit of|of|songs?|tracks?|tunes?|music|playlists?|something|anything|stuff|from my library|in my library|my library|that i own|i own|my collection|"
    r"from my collection|to listen to|please|want|need|would like|to|for|loved?|liked?|rest|enjoyed?|keep|limit|restrict|years?|stay|stick|them|these|those|all|make|sure|leave out|gave|ive|feel|now|then|we|has|get|hear|should|otherwise|great|good|nice|fine|perfect|cool|ok|okay|with|that|which|is|are|and|but|the|a|an|my|in|on|by|about|mostly|really|kind of|sort of|it|one|ones|more|list|lists|only|just|too|also|thats|be|else|instead|album|artist|artists)\b",
    re.IGNORECASE,
)  # fmt: skip


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


def leftover(clause: Clause, found: Criteria, keep_words: bool = False) -> str:
    """Return the words of a clause that no filter has used, without the verb that asks."""
    text = clause.text
    spans = [*found.spans, *_negated_spans(clause)]
    for low, high in sorted(spans, reverse=True):
        text = f"{text[:low]} {text[high:]}"
    text = re.sub(r"\s*[?.!]+\s*$", "", " ".join(text.split()))
    text = _LEAD.sub(
        "",
        _OWNS.sub("", _ADVICE.sub("", _SOUNDS.sub(r"\1", text.strip(" ,;"))))
        if asks_advice(clause)
        else text.strip(" ,;"),
    )
    bare = " ".join(re.sub(r"[,;]", " ", _FILLER.sub(" ", text)).split())
    if not keep_words or not bare:
        return bare
    count = r"^(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|a dozen)\s+(?=(?:\w+\s+){0,3}(?:songs?|tracks?|tunes?)\b)"
    text = re.sub(count, "", text, flags=re.IGNORECASE)
    edge = r"^(?:(?!a cap)(?:me|us|all|every|everything|recordings?|pieces?|some|any|a few|a couple of|a bit of|songs?|tracks?|music|tunes?|a|an|the|playlists?|something|anything|stuff|that|which|is|are|of|with|by|about|to|for|and|but|one|my|in|list|only|from)\b\s*)+"
    text = re.sub(edge, "", text, flags=re.IGNORECASE)
    text = re.sub(
        r"\b(?:some |the )?(?:songs?|tracks?|tunes?|music|playlists?|stuff)\b", " ", text, flags=re.IGNORECASE
    )
    text = re.sub(r"(?:\s*\b(?:and|but|or|with|from|in|of|by|that|which|is|are|for|to|please|the|a|from my library|in my library|in my collection|my library|i own|that i own)\b)+$", "", " ".join(text.split()), flags=re.IGNORECASE)  # fmt: skip
    return re.sub(r"\s+([,;])", r"\1", re.sub(r"\s*,(?:\s*,)+", ",", text)).strip(" ,;")


def _negated_spans(clause: Clause) -> list[tuple[int, int]]:
    """Return where unwanted things stand, their "no" or "without" included."""
    spans: list[tuple[int, int]] = []
    for found in [*clause.moods, *clause.instruments, *clause.genres]:
        if clause.negated(found.start):
            lead = re.search(r"(?:\b(?:no|not|without|any|but|and|or|too|never|so|very|minus|the|a|any|nor)\s+)+$", clause.text[: found.start], re.IGNORECASE)  # fmt: skip
            spans.append((lead.start() if lead else found.start, found.end))
    return spans


def how_many(clause: Clause) -> int | None:
    """Return how many tracks are asked for, or None."""
    match = re.search(r"\b(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|a dozen)\s+(?:\w+\s+){0,2}?(?:songs?|tracks?|tunes?|titles?|suggestions?|recommendations?|results?|pieces?|albums?)\b(?!\s+per\b|\s+(?:by|from|of)\s+(?:each|every|artist|the same))", clause.text, re.IGNORECASE)  # fmt: skip
    if match is None or re.search(r"\b(?:per|stars?|minutes?|than)\b", match[0]):
        return None
    value = numbers_in(match[1])
    return max(1, min(500, int(value[0].value))) if value else 12
