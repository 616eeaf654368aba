"""Questions that set things side by side, or ask why one was shown; told by degrees, reasons and what is pointed at."""

import re

from segue.agent.language import clauses
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import group, mentions, original, the_intro
from segue.tools.core.vocabulary import axes_in, moods_in

_ASKS = frozenset(["which", "what", "whats", "who", "whos", "is", "are", "does", "do", "how", "would", "tell", "between", "out", "of", "whose", "was", "were", "can", "could", "if", "any", "and", "say", "where"])  # fmt: skip
_DEGREE = re.compile(r"^(?!(?:other|another|together|never|ever|number|singer|after|under|over|summer|winter|river|offer|order|remember|whether|rather|either|neither|matter|answer|player|paper|water|later|earlier|former|master|remaster|layer|bridge|synthesizer|power|per|consider|wonder|filter|enter|prefer|render|composer|producer|performer|rapper|drummer|songwriter|best|test|rest|request|interest|suggest|west|east|guest|honest|latest|harvest|forest|list|artist)$)[a-z]{2,}(?:er|est)$")  # fmt: skip
_UNLIKE = frozenset(["likeness", "like", "similar", "find", "recommend", "make", "turn", "remix", "replace", "add", "remove", "export", "save", "put", "play", "first", "by", "give", "get", "rated", "line", "sort", "rank", "order", "arrange", "up"])  # fmt: skip
_WHY = re.compile(r" (?:why|how come|reasons?|grounds|rationale|reasoning|justif\w+|basis|the logic|the thinking|explain|explanation|what (?:made|makes|possessed|led|prompted|convinced|persuaded) (?:you|this|that|it|number|the|u)|in what (?:way|sense|respect)|what way|how (?:is|are|does|do) (?:[\w ]+ )?(?:similar|related|connected|relevant|belong|fit|qualify|match)|what have [\w ]+ to do with|what has [\w ]+ (?:got )?to do with|what earned|what qualifies|puzzles? me|whats [\w ]+ doing (?:here|there|in|on)|what is [\w ]+ doing (?:here|there|in|on)|how did [\w ]+ (?:get|end up|make it|land|come up)|what connects) ")  # fmt: skip
_SHOWN = re.compile(r" (?:pick\w*|chos\w+|choos\w+|choice|suggest\w*|recommend\w*|select\w*|list\w*|show\w*|includ\w*|came up|come up|comes up|in here|on here|there|here|belongs?|place|placed|similar|related|match\w*|fits?|why|this|that|it|one|put|got|get|gave|give|found|find|end up|doing|made it|appear\w*|turn\w* up|top|first|grounds|included|inclusion|rank\w*|propos\w*|offer\w*|bring|brought|connected|relevant|qualify|justify) ")  # fmt: skip
_OF_SOUND = re.compile(r" why (?:is|does|do|are|was|were) (?:it|this|that|they|these|the \w+)(?: \w+)? (?:so|too|sound\w*|feel\w*|change\w*|slow\w*|get|gets) ")  # fmt: skip


def heard(text: str, draft: Draft) -> bool:
    """Take a message that is one such question."""
    whole = Clause(text)
    asks = any(_is_degree(word.plain, [w.plain for w in whole.words], n) for n, word in enumerate(whole.words))
    if draft.arena == "empty" or not (asks or _WHY.search(whole.plain)):
        return False
    parts = clauses.split(text, [(name.start, name.end) for name in draft.names])
    if len(parts) != 1:
        return False
    return reasoned(parts[0], draft) or compared(parts[0], draft)


def asks_why(text: str) -> bool:
    """Tell whether a message begins with a question for reasons."""
    return Clause(text).starts("why", "how come") or bool(_WHY.match(Clause(text).plain))


def compared(clause: Clause, draft: Draft) -> bool:
    """Take "is A brighter than B?", "how much slower is 4 than 1?", "the quickest of them all?"."""
    plain = [word.plain for word in clause.words]
    asks = plain[0] in _ASKS or clause.text.rstrip().endswith("?") or clause.match(r" (?:out of|of the|of them|between) ")  # fmt: skip
    if not asks or set(plain) & _UNLIKE or len(plain) > 16 or clause.match(r" how (?:about|come) | what about "):
        return False
    at = next((n for n, word in enumerate(plain) if _is_degree(word, plain, n)), None)
    if at is None:
        return False
    highest = plain[at].endswith("est") or plain[at] in ("most", "least")
    named = _things(clause, draft)
    if clause.has("library", "collection", "my songs", "my tracks", "louder or", "section", "part", "chorus", "verse", "instrument", "bars"):  # fmt: skip
        return False
    chooses = highest or clause.match(r" (?:which|who|whos|whose|between|of the two|of these|of them) ")
    if len(named) < 2 and chooses and not (len(named) == 1 and "than" in plain):
        named = _all(clause, draft, at)
    if len(named) < 2:
        return False
    draft.add("caption", {"clips": named, "question": clause.text})
    return True


def _is_degree(word: str, plain: list[str], n: int) -> bool:
    if word in ("more", "most", "less", "least") and n + 1 < len(plain):
        return bool(axes_in(plain[n + 1]) or moods_in(plain[n + 1]) or plain[n + 1].endswith(("ic", "ful", "ous", "ing", "al", "ive", "ed", "able")))  # fmt: skip
    return bool(_DEGREE.match(word)) or word in ("better", "worse", "alike")


def _things(clause: Clause, draft: Draft) -> list[Target]:
    """Return the things a comparison names, single letters and bare numbers among them, in the order said."""
    found = [(m.start, m.target) for m in mentions(clause, draft)]
    shown = draft.state.shown
    letters = {thing.title[:1].lower(): id for id in [*draft.state.attached, *draft.state.focus] if (thing := draft.state.thing(id)) and re.fullmatch(r"[A-Za-z](?:\.\w+)?", thing.title)}  # fmt: skip
    taken = {start for start, _ in found}
    for n, word in enumerate(clause.words):
        following = clause.words[n + 1].plain if n + 1 < len(clause.words) else ""
        written = clause.text[word.start : word.end]
        if word.start in taken:
            continue
        if word.plain.isdigit() and shown and 1 <= int(word.plain) <= len(shown.ids) and following not in ("bpm", "db", "minutes", "seconds", "percent", "stars"):  # fmt: skip
            found.append((word.start, {"id": shown.ids[int(word.plain) - 1]}))
        elif word.plain in letters and len(letters) > 1 and (written.isupper() or word.plain != "a" or clause.text[word.end :].lstrip()[:1] == "," or following in ("or", "and", "than", "vs")):  # fmt: skip
            found.append((word.start, {"id": letters[word.plain]}))
    if clause.has("original", "the recording", "the source") and (root := original(draft)):
        found.append((clause.text.lower().find("original"), root))
    if (short := the_intro(clause, draft)) is not None:
        found.append((clause.text.lower().find("intro"), short))
    ordered = [target for _, target in sorted(found, key=lambda each: each[0])]
    return [target for n, target in enumerate(ordered) if target not in ordered[:n]]


def _all(clause: Clause, draft: Draft, at: int) -> list[Target]:
    """Return everything in reach, where one of it is asked for: "which take is the calmest?"."""
    named = group(clause, draft)
    if len(named) > 1:
        return named
    state = draft.state
    if len(state.attached) > 1:
        return [{"id": id} for id in state.attached]
    takes = next((shown for shown in reversed(state.lists) if shown.kind == "takes"), None)
    if takes and (clause.has("take", "takes", "version") or draft.arena == "piece"):
        return [{"id": id} for id in takes.ids]
    if draft.arena == "list" and state.shown:
        return [{"id": id} for id in state.shown.ids]
    if draft.arena == "piece" and len(state.focus) > 1 and clause.has("which", "of the two", "two", "clip", "file", "one"):  # fmt: skip
        return [{"id": id} for id in state.focus]
    return []


def reasoned(clause: Clause, draft: Draft) -> bool:
    """Take "on what grounds did you recommend the last one?", "explain the second one's place on the list"."""
    shown = draft.state.shown
    if draft.arena != "list" or shown is None or not _WHY.search(clause.plain) or clause.starts("why", "how come"):
        return False
    if not _SHOWN.search(clause.plain) or _OF_SOUND.search(clause.plain) or clause.genres:
        return False
    named = [m.target for m in mentions(clause, draft) if "id" in m.target] or _things(clause, draft)
    if not named and not clause.match(r" (?:this|that|it|these|those|them) "):
        return False
    target = named or group(clause, draft) or ([draft.it] if draft.it else [])
    if not target:
        return False
    things = [thing for each in target if (thing := draft.thing(each)) is not None]
    if things and all(thing.reasons for thing in things):
        from segue.agent.language.knowing import evidence

        draft.reply = " ".join(evidence(thing) for thing in things)
        return True
    draft.add("caption", {"clips": target, "question": clause.text})
    return True
