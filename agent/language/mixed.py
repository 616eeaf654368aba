"""Rules that are made of others: searches, new pieces and changes of what is there, wherever their words stand."""

import re

from segue.agent.language import (
    acting,
    asking,
    changing,
    clauses,
    cues,
    finding,
    guessing,
    keeping,
    limits,
    making,
    notating,
    pairing,
    query,
    refining,
    rewriting,
    seeking,
    shaping,
)
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.locking import locks
from segue.agent.language.reference import group, mentions, one
from segue.tools.core.vocabulary import languages_in

_SURPRISE = r" (?:surprise me|surprise us|anything(?: at all| you like| goes| good| is fine)?|whatever(?: you (?:like|want))?|random|randomly|dealers choice|you (?:choose|pick|decide)|shuffle|something (?:random|unexpected)|feeling lucky|sorprendimi|uberrasch mich|surprends moi|sorprendeme) "  # fmt: skip


def take(clause: Clause, draft: Draft) -> bool:
    """Take "take number 2", "the second take": it comes into focus."""
    named = mentions(clause, draft)
    many = group(clause, draft)
    if not (named or many) or clause.verb(
        "remove", "replace", "add", "transcribe", "caption", "tag", "export", "find", "make"
    ):
        return False
    said = {word.plain for word in clause.words if not any(m.start <= word.start < m.end for m in named)}
    bare = bool(named) and said <= _POINTING
    if not (clause.head == "take" or bare) or clause.durations or (clause.axes and not bare):
        return False
    if many and not named:
        draft.group = many
        draft.look_at(many[0])
    else:
        draft.look_at(named[0].target)
        _with_more(clause, draft)
    return True


_POINTING = frozenset(
    [
        "the",
        "a",
        "take",
        "track",
        "song",
        "number",
        "one",
        "clip",
        "piece",
        "version",
        "this",
        "that",
        "use",
        "open",
        "with",
        "on",
        "for",
        "from",
        "of",
        "in",
        "now",
    ]
)


def _with_more(clause: Clause, draft: Draft) -> None:
    """Go on with the rest of a clause that began with a reference."""
    named = mentions(clause, draft)
    rest = Clause(clause.text[named[0].end :].lstrip(" ,")) if named else None
    if rest and len(rest.words) > 2:
        changing.change(rest, draft)


def reference_then_change(clause: Clause, draft: Draft) -> bool:
    """Take "the second take, a fourth lower": a reference, a comma, and what to do with it."""
    named = mentions(clause, draft)
    head, comma, tail = clause.text.partition(",")
    if not comma or not named or named[0].end > len(head) or len(head.split()) > 4 or _commands(head):
        return False
    if any(m.start > len(head) for m in named) or _criteria_only(head):
        return False
    rest = Clause(tail)
    if not _operations(rest, draft):
        return False
    draft.look_at(named[0].target)
    for piece in re.split(
        r"\s*(?:,|\band\b)\s*(?=(?:with|without|in|at|to|up|down|a|an|no|more|less|but)\b)", rest.text
    ):
        part = Clause(piece)
        if part.words:
            changing.change(part, draft)
    return True


def _commands(head: str) -> bool:
    return Clause(head).head not in ("", "take")


def _criteria_only(head: str) -> bool:
    return Clause(head).match(r" (?:not|no|without|skip|except|like|love|loved) ") is not None


def _operations(clause: Clause, draft: Draft) -> bool:
    """Tell whether a clause changes a piece, without changing the plan."""
    trial = Draft(draft.message, draft.state, draft.names)
    trial.focus = list(draft.focus)
    return changing.change(clause, trial)


def generate(clause: Clause, draft: Draft) -> bool:
    """Take an order for new music, or what is said further of the one just given."""
    if not making.is_generation(clause, draft):
        return False
    last = draft.steps[-1] if draft.steps else None
    if last and last.tool == "generate" and making.goes_on(clause):
        return making.describe_further(clause, last.args, draft)
    making.generate(clause, draft)
    return True


def branch(clause: Clause, draft: Draft) -> bool:
    """Take "same list but …"."""
    if draft.state.lists and clause.match(r" (?:same|this|that) (?:list|search|thing|playlist|one|idea|selection) ?(?:again )?(?:but|only|just|with|without|in|more|except) | same but | same again but "):  # fmt: skip
        refining.branch(clause, draft)
        return True
    return False


def more_of_it(clause: Clause, draft: Draft) -> bool:
    """Take "make a beat … and make it punk": what was just ordered is described further."""
    last = draft.steps[-1] if draft.steps else None
    if (
        last is None
        or last.tool != "generate"
        or not (
            clause.match(
                r"^ (?:and )?(?:make it|it should be|it must be|in|at|with|without|no|about|around|something like) "
            )
            or _is_measure(clause)
        )
    ):
        return False
    return making.describe_further(clause, last.args, draft)


def _is_measure(clause: Clause) -> bool:
    """Tell whether hardly more than a length, a tempo, a key or a metre is said ("20 seconds", "in A minor, slow")."""
    spans = [(found.start, found.end) for found in clause.durations] + [
        (found.start, found.end) for found in clause.bars
    ]
    spans += [(found.start, found.end) for found in clause.keys] + [(found.start, found.end) for found in clause.meters]
    spans += [(found.start, found.end) for found in clause.tempi] + [
        (found.start, found.end) for found in clause.chords
    ]
    said = [word for word in clause.words if not any(low <= word.start < high for low, high in spans)]
    return bool(spans) and len(said) <= 2 and not clause.verbs


def unsaid(clause: Clause, draft: Draft) -> bool:
    """Take "put some music on": something is shown, and one question asked."""
    if draft.arena != "empty" or draft.steps or draft.names or not limits.says_nothing(clause):
        return False
    guessing.vague(draft)
    return True


def surprise(clause: Clause, draft: Draft) -> bool:
    """Take "surprise me", "anything you like"."""
    if (
        not clause.match(_SURPRISE)
        or clause.is_question
        or draft.names
        or clause.genres
        or clause.moods
        or clause.instruments
        or languages_in(clause.text)
        or len(clause.words) > 8
        or clause.verb("make", "remove")
    ):
        return False
    if clause.match(r" anything (?:like|by|from|with|without|about|else|similar|under|over|between|rated|sung|in|at) "):
        return False
    draft.add("retrieve", {"max_per_artist": 1})
    return True


def seek(clause: Clause, draft: Draft) -> bool:
    """Take "late nineties trance, six minutes at most": a search that nobody ordered outright."""
    if asking.performer([word.plain for word in clause.words]) and clause.match(r" (?:like|similar|resembl\w+) ") and finding.similar(clause, draft):  # fmt: skip
        return True  # "who sounds like this singer?"
    if not seeking.seeks(clause, draft):
        return False
    if finding.shared(clause, draft) or finding.similar(clause, draft):
        return True
    if draft.arena != "list" or not refining.refine(clause, draft):
        finding.search(clause, draft)
    return True


def find(clause: Clause, draft: Draft) -> bool:
    """Take an outright request for tracks."""
    if (
        draft.arena == "piece"
        and clause.match(r" (?:make|have|let|get|play|put|turn|bring) (?:it|this|that) ")
        and not clause.match(r" (?:like|similar to) (?:this|that|it) ")
    ):
        return False  # what is there is spoken of
    outright = clause.head in ("find", "play") or clause.songs or making.is_list(clause) or query.asks_advice(clause)
    if (
        clause.is_question
        and clause.match(r" (?:is|does|do|has|are) (?:it|this|that|the|these|they) ")
        and not clause.verb("find")
    ):
        return False
    like = finding.seeds(clause, draft)[0]
    if (
        draft.arena == "piece"
        and not clause.genres
        and not like
        and clause.head in ("play", "give")
        and _operations(clause, draft)
    ):
        return False  # "play it backwards", "give me something different for bar 4"
    if not (outright or like) or (clause.stems and changing.is_change(clause)):
        return False
    if (
        draft.arena == "piece"
        and not like
        and clause.match(r" (?:this|the|that) (?:song|track|piece|recording|clip|tune|music) ")
        and clause.head not in ("find", "play")
    ):
        return False
    if finding.similar(clause, draft):
        return True
    if draft.arena == "list" and clause.head not in ("find", "play", "give", "make") and refining.refine(clause, draft):
        return True
    if (
        clause.is_question
        and clause.match(r" (?:is|does|do|has|are|what|how|why|when|where) ")
        and draft.arena == "piece"
        and not clause.verb("find", "play")
    ):
        return False
    if draft.arena == "list" and refining.refine(clause, draft):
        return True
    if guessing.is_vague(clause, draft):
        guessing.vague(draft)
        return True
    finding.search(clause, draft)
    return True


def refine(clause: Clause, draft: Draft) -> bool:
    """Take a change of the list, where a list is what is being talked about and no part of a piece is."""
    if draft.arena != "list":
        return False
    if refining.others(clause, draft):
        return True
    if not clause.match(r" (?:not|less|nothing|never) (?:\w+ )?(?:like|similar|close) ") and finding.similar(
        clause, draft
    ):
        return True
    about = clause.stems or clause.instruments or clause.intervals or clause.decibels or mentions(clause, draft)
    if (
        changing.is_change(clause)
        and not clause.has("anything", "songs with", "tracks with", "ones with")
        and (about or clause.has("it", "this"))
        and changing.change(clause, draft)
    ):
        return True
    return refining.refine(clause, draft)


def change(clause: Clause, draft: Draft) -> bool:
    """Take a change of a piece; while tracks are being searched only where a change is spoken of outright."""
    outright = changing.is_change(clause) or clause.has("it", "this", "that", "its") or mentions(clause, draft)
    measured = clause.intervals or clause.decibels or clause.loudnesses or clause.bars or clause.percents or clause.keys
    if draft.arena == "list" and clause.head == "add" and not mentions(clause, draft):
        return False  # while tracks are searched, more of them are added
    if draft.arena == "list" and not (outright or measured or clause.verb("remove", "add", "isolate", "replace")):
        return False
    return changing.change(clause, draft)


def rewrite(clause: Clause, draft: Draft) -> bool:
    """Take what writes a piece anew; while tracks are being searched only where a piece is pointed at."""
    target = one(clause, draft)
    named = mentions(clause, draft)
    if target is None or (draft.arena != "piece" and not named):
        return False
    if draft.arena == "list" and len(named) == 1 and clause.stems and (less := re.search(r"\b(?:without|minus)\b", clause.text)) and named[0].end <= less.start() and len(clause.words) <= 7:  # fmt: skip
        return changing.change(clause, draft)  # "number 2 without the singer"
    if rewriting.is_rewriting(clause, draft, draft.thing(target)):
        changing.change(clause, draft)
        return True
    spared = locks(clause, draft.thing(target))
    if spared is None or not spared.parts or cues.is_question_word(clause.words[0].plain):
        return False
    return _operations(spared.rest, draft) and changing.change(clause, draft)


def works_on_a_piece(text: str, draft: Draft) -> bool:
    """Tell whether a message changes a piece in reach, whatever else its words could wish for."""
    if draft.arena != "piece":
        return False
    clause = Clause(clauses.strip_polite(text) or text)
    trial = Draft(draft.message, draft.state, draft.names)
    return pairing.paired(clause, trial) or act(clause, trial)


def act(clause: Clause, draft: Draft) -> bool:
    """Take what is to happen to parts of a piece, whoever else would read the words."""
    named = mentions(clause, draft)
    target = one(clause, draft)
    if target is None or (draft.arena != "piece" and not named) or clause.match(_LIKE):
        return False
    if clause.match(_TO_READ) and notating.forms(clause) and not clause.verb("remove", "isolate", "replace", "up", "down"):  # fmt: skip
        return False  # "I need the bass line in notation"
    if len(named) > 1 and named[0].target != named[1].target and not clause.verb("remove", "isolate", "add", "replace"):
        return False  # something is done with both: they are mixed or joined
    trial = Draft(draft.message, draft.state, draft.names)
    trial.focus, trial.steps = list(draft.focus), list(draft.steps)
    thing = draft.thing(target)
    if not (acting.read(clause, thing, trial) or shaping.read(clause, thing, trial)) or not changing.change(
        clause, draft
    ):
        return False
    if clause.formats and (clause.verb("export", "give") or clause.has("as")) and draft.steps:
        keeping.export(Clause("export it as " + " and ".join(found.value for found in clause.formats)), draft)
    return True


_TO_READ = r" (?:notation|sheet music|on paper|written|score|tabs?|as notes|lead ?sheet|midi|lyrics) "
_LIKE = r" (?:like|similar|find|songs|tracks|more like|recommend|suggest) "


def locked(clause: Clause, draft: Draft) -> bool:
    """Take "keep the drums, redo the rest" as one request, where what is left of it is one."""
    target = one(clause, draft)
    spared = locks(clause, draft.thing(target)) if target else None
    if spared is None or len(clauses.split(spared.rest.text)) > 1:
        return False
    if clause.instruments and act(spared.rest, draft):
        return True  # "put the tune on oboe, everything else as is"
    return rewrite(clause, draft)


def shape(clause: Clause, draft: Draft) -> bool:
    """Take "start mellow, build up": a curve over the list, though its halves look like requests."""
    return clause.starts("start", "starting", "begin", "beginning", "from", "first", "open") and refining.sort(
        clause, draft
    )


def whole_branch(clause: Clause, draft: Draft) -> bool:
    """Take "same list but …" where the message says nothing else."""
    return len(clauses.split(clause.text)) < 2 and branch(clause, draft)
