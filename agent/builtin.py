"""The planner that needs no LLM: clause by clause from words to a typed plan, in milliseconds."""

import re
from collections.abc import Callable, Iterator
from itertools import islice

from segue.agent.dialogue import Known, State
from segue.agent.language import (
    acting,
    asking,
    certainty,
    chaining,
    changing,
    clauses,
    comparing,
    contrast,
    critique,
    cues,
    directly,
    finding,
    following,
    foreign,
    guessing,
    hearing,
    joining,
    keeping,
    knowing,
    limits,
    making,
    notating,
    ordering,
    pairing,
    phrases,
    phrasing,
    picking,
    pivoting,
    plainly,
    query,
    reader,
    refining,
    rewriting,
    seeking,
    shaping,
    spelling,
    splicing,
    talk,
    turning,
    versions,
    voicing,
    weighing,
    wishing,
)
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, arena
from segue.agent.language.locking import locks
from segue.agent.language.reference import group, mentions, missing_number, one, without_a_list
from segue.agent.plan import Plan, Step
from segue.tools.core.vocabulary import languages_in

Rule = Callable[[Clause, Draft], bool]

_PRAISE = re.compile(r"^\W*(?:great|nice|perfect|lovely|cool|awesome|good|wonderful|love (?:it|these|them)|these are (?:great|good|nice|awesome|perfect)|excellent)\b", re.IGNORECASE)  # fmt: skip
_MAKES = re.compile(r"[\"“«]|(?<!\w)['‘]\w|\b(?:make|compose|write|generate|create|produce|record|build|beat|loop|jingle|melody|riff|call|sing|set|draw|tell|explain)\b", re.IGNORECASE)  # fmt: skip
_SURPRISE = r" (?:surprise me|surprise us|anything(?: at all| you like| goes| good| is fine)?|whatever(?: you (?:like|want))?|random|randomly|dealers choice|you (?:choose|pick|decide)|shuffle|something (?:random|unexpected)|feeling lucky|sorprendimi|uberrasch mich|surprends moi|sorprendeme) "  # fmt: skip
_OFF_TOPIC = r" (?:weather|capital of|book me|book a|order a|remind me|set an alarm|the lights|president|prime minister|joke|jokes|tell me a story|a fairy tale|recipe|recipes|flight|hotel|email|e mail|python|javascript|code|translate|news|stock|stocks|pizza|taxi|uber|groceries|bitcoin|football|soccer|election|homework|essay|poem|meaning of life|how old are you|your name|what time is it|what day|population|calculate|equation|doctor|lawyer|restaurant|movie times|war|god|wetter|hauptstadt|capitale) "  # fmt: skip
_PARTINGS = 3  # places at which a message is tried as two requests
_LONGEST_READ = 800  # characters; the reader sees the first words only
_SET_IT = r"^ (?:and )?(?:(?:set|sing|put|play|record|perform) (?:it|this|that|them)(?: to (?:music|a melody|a tune))?|make (?:it )?(?:a |into a )?(?:song|tune|music)(?: (?:of|out of|from|with) (?:it|this|that|them))?) $"


class BuiltinPlanner:
    """Plans without an LLM.

    Parameters
    ----------
    names : finds the library's artists, titles and albums in a message; None knows no library.
    """

    def __init__(self, names: Callable[[str], list[Known]] | None = None) -> None:
        self._names = names

    def plan(self, message: str, state: State) -> Plan:
        """Return the plan for a message; every step's references are ids of ``state`` or earlier steps.

        ``certain`` is low where a guess was made; a question is asked only where nothing better can be done.
        """
        if arena(state) == "piece":
            if (args := versions.in_turns(message, state)) is not None:
                draft = Draft(message, state, [])
                draft.add("edit", args)
                return draft.plan()
            where = versions.stretch(message)
            if where and (kept := versions.kept_to(self.plan(where.rest, state), where)):
                return kept
        return versions.tidied(self._planned(message, state))

    def _planned(self, message: str, state: State, *, whole: bool = False) -> Plan:
        """Return the plan that rules and reader find likeliest; ``whole``: the message is not divided any more."""
        plan = self._by_rules(message, state)
        if len(message) > _LONGEST_READ:
            return plan
        names = self._known(message, state)
        reading = reader.read(message, state, names)
        if reading is None:
            return plan
        return weighing.weighed(
            plan,
            message,
            reading,
            lambda said: self._by_rules(said, state),
            lambda: Draft(message, state, names),
            lambda: iter(()) if whole else self._apart(message, state),
        )

    def _by_rules(self, message: str, state: State) -> Plan:
        right = self._right(message, state)
        if (both := following.halves(right)) and (plan := self._followed(*both, right, state)):
            return plan
        held_out: list[str] = []
        if arena(state) == "empty" and not _MAKES.search(right):
            right, held_out = contrast.softened(right, self._known(right, state))
        draft = Draft(right, state, self._known(right, state))
        draft.notes += held_out
        if turn := turning.turned(right, state):
            return self._turned(turn, draft)
        answered = talk.answered(message, draft)
        if not answered and draft.arena == "empty" and not draft.names and limits.at_a_loss(Clause(clauses.strip_polite(right) or right)):  # fmt: skip
            guessing.vague(draft)
            return draft.plan()
        if not answered and (
            pivoting.heard(right, draft) or critique.heard(right, draft) or comparing.heard(right, draft)
        ):
            certainty.settle(message, draft)
            return draft.plan()
        answered = answered or _works_on_a_piece(right, draft)
        if not answered and (rest := wishing.limits(right, draft)) is not None:
            return self._with_rest(message, rest, draft)
        if not answered and not comparing.asks_why(right) and (rest := wishing.heard(right, draft)) is not None:
            return self._with_rest(message, rest, draft)
        right = asking.asked(right, arena(state) == "list")
        right, left_out = phrases.settled(right, state, self._known(right, state))
        said = right
        right = phrasing.plainly(right)
        draft = Draft(right, state, self._known(right, state))
        draft.notes += [*held_out, *left_out]
        text = right
        if not (talk.answered(message, draft) or talk.whole(text, draft) or chaining.chained(said, draft)):
            self._read(text, draft)
        certainty.settle(message, draft)
        return draft.plan()

    def _apart(self, message: str, state: State) -> Iterator[Plan]:
        """Yield plans in which a message is read as two requests, one after the other."""
        right = self._right(message, state)
        for head, tail in islice(following.parted(right), _PARTINGS):
            first = self._planned(head, state, whole=True)
            if first.question or first.reply or not first.steps:
                continue
            for said in (self._read, _directly):
                draft = Draft(tail, state, self._known(tail, state))
                draft.go_on_from(first)
                known = (len(draft.steps), len(draft.notes))
                said(tail, draft)
                if draft.question or draft.reply or len(draft.notes) > known[1] or len(draft.steps) == known[0]:
                    continue
                certainty.settle(message, draft)
                yield draft.plan()

    def _right(self, message: str, state: State) -> str:
        """Return a message with hasty and misspelt words put right."""
        text = spelling.spoken(foreign.translated(" ".join(message.split())))
        return spelling.corrected(text, self._known(text, state))

    def _followed(self, head: str, tail: str, message: str, state: State) -> Plan | None:
        """Return the plan for music that is found and what is then done with it; None where that is not understood."""
        first = self._by_rules(head, state)
        if first.question or first.reply or not first.steps or not _seeks(first.steps[-1]):
            return None
        draft = Draft(head, state, self._known(head, state))
        if "like" not in first.steps[-1].args and mentions(Clause(head), draft):
            return None  # what is named is there: it need not be found
        draft = Draft(tail, state, self._known(tail, state))
        draft.go_on_from(first)
        known = (len(draft.steps), len(draft.notes))
        self._read(tail, draft)
        if draft.question or draft.reply or len(draft.steps) == known[0] or len(draft.notes) > known[1]:
            return None
        certainty.settle(message, draft)
        return draft.plan()

    def _turned(self, turn: turning.Turn, draft: Draft) -> Plan:
        """Return the plan for a turn of the talk: what else was said speaks of the state that it leaves."""
        for op, target in turn.ops:
            draft.say(op, target)
        if not turn.rest:
            return draft.plan()
        after = self.plan(turn.rest, turn.state)
        own = [op for op in after.state if op.op not in ("cancel", "back", "undo") or op not in draft.ops]
        return after.model_copy(update={"state": [*draft.ops, *own]})

    def _with_rest(self, message: str, rest: str, draft: Draft) -> Plan:
        """Return the plan of a draft after what else was asked behind its first wish."""
        if rest:
            self._read(phrasing.plainly(rest), draft)
        certainty.settle(message, draft)
        return draft.plan()

    def _known(self, text: str, state: State) -> list[Known]:
        """Return the names in a text: those of the library, then artists of what was shown."""
        found = list(self._names(text)) if self._names and text else []
        artists: dict[str, list[str]] = {}
        for thing in state.things.values():
            if thing.artist:
                artists.setdefault(thing.artist, []).append(thing.id)
        for artist, ids in artists.items():
            for match in re.finditer(rf"(?<!\w){re.escape(artist)}(?!\w)", text, re.IGNORECASE):
                if not any(f.start < match.end() and match.start() < f.end for f in found):
                    found.append(Known(kind="artist", name=artist, ids=ids, start=match.start(), end=match.end()))
        return sorted(found, key=lambda name: name.start)

    def _read(self, text: str, draft: Draft) -> None:
        text = voicing.without_reason(text, draft)
        entire = Clause(clauses.strip_polite(text) or text)
        if any(rule(entire, draft) for rule in _ENTIRE):
            return
        praised = bool(_PRAISE.match(text))
        held = [(name.start, name.end) for name in draft.names]
        parts = clauses.split(text, held)
        if not parts:
            guessing.bare_attachment(draft) if draft.state.attached else guessing.vague(draft)
            return
        wanted = [
            clause
            for clause in parts
            if not {word.plain for word in clause.words} <= cues.CHATTER or mentions(clause, draft)
        ]
        told = [clause for clause in wanted if _is_aside(clause, draft)]
        if told and any(clause not in told and not guessing.is_vague(clause, draft) for clause in wanted):
            wanted = [clause for clause in wanted if clause not in told]
        for clause in wanted or parts:
            _clause(clause, draft, praised)
            if draft.blocked:
                break
        if draft.is_empty:
            guessing.fallback(entire, draft)


def _seeks(step: Step) -> bool:
    return step.tool == "retrieve" and step.args.get("action") != "identify"


def _is_aside(clause: Clause, draft: Draft) -> bool:
    """Tell whether a clause beside others asks for nothing: a state of things, an exclamation."""
    shout = len(clause.words) == 1 and not (clause.verbs or clause.genres or clause.moods or clause.stems or clause.instruments or clause.formats or clause.axes or clause.keys or clause.effects or cues.fields().find(clause.text)) and clause.words[0].plain not in cues.SONGS | cues.PIECES  # fmt: skip
    if not ((shout and f"{clause.text}!" in draft.message) or clauses.tells(clause)):
        return False
    return not (mentions(clause, draft) or keeping.library(clause, Draft(draft.message, draft.state, draft.names)))


def _directly(text: str, draft: Draft) -> None:
    """Add what the reader sees in a later half of a message, whatever its words."""
    reading = reader.read_further(text, draft.arena)
    if reading is not None:
        directly.add(reading.best, text, draft)


_SURE = 0.6  # a label that the reader finds no likelier is not worth other words


def _clause(clause: Clause, draft: Draft, praised: bool, *, plain: bool = False) -> None:
    before = (len(draft.steps), len(draft.ops), len(draft.notes), draft.reply, draft.question)
    if wrong := missing_number(clause, draft):
        draft.note(wrong)
        draft.doubt(0.5)
        return
    if without_a_list(clause, draft):
        draft.ask(
            "There is no list yet that I could count in. Which one do you mean? Give me a title, or let me find something first."
        )
        draft.blocked = True
        return
    if (
        draft.arena == "list"
        and not changing.is_change(clause)
        and not clause.starts("why", "how come")
        and refining.rejects(clause, draft, praised)
    ):
        return
    if draft.steps and draft.steps[-1].tool == "generate" and clause.match(_SET_IT):
        return
    if limits.is_off_topic(clause, draft) or (
        clause.match(_OFF_TOPIC)
        and not (clause.genres or clause.moods or clause.instruments or clause.songs or clause.formats or draft.names)
        and not {word.plain for word in clause.words} & cues.PIECES
    ):
        guessing.off_topic(draft) if not draft.steps else draft.note(
            f"“{clause.text}” has nothing to do with music; I left it out."
        )
        return
    for rule in _RULES:
        if rule(clause, draft):
            return
    if before != (len(draft.steps), len(draft.ops), len(draft.notes), draft.reply, draft.question):
        return
    if draft.steps and not plain and (said := _in_plain_words(clause, draft)):
        _clause(Clause(said), draft, praised, plain=True)
        draft.doubt(certainty.UNSURE)
        return
    guessing.guess(clause, draft)


def _in_plain_words(clause: Clause, draft: Draft) -> str | None:
    """Return what a later clause that no rule took asks for, in words that they know, where the reader is sure."""
    reading = reader.read_further(clause.text, draft.arena)
    if reading is None or min(reading.likely[label] for label in reading.best) < _SURE:
        return None
    return plainly.further(reading.best, clause, draft)


# -- rules that are made of others -------------------------------------------------------------------


def _take(clause: Clause, draft: Draft) -> bool:
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


_LEADS_TO = re.compile(r"^\s*(?:(?:from|in|on|with|for|of|take|use|using|out of)\s+)?(?:the\s+)?$", re.IGNORECASE)


def _of_what(clause: Clause, draft: Draft) -> bool:
    """Take "from track 2 remove the drums": first what it is about, then the order, which is read by itself."""
    named = mentions(clause, draft)
    if not named or not _LEADS_TO.match(clause.text[: named[0].start]) or len(named) > 1:
        return False
    rest = Clause(clauses.strip_polite(clause.text[named[0].end :].lstrip(" ,:;–-")))
    if not rest.words or not (changing.is_change(rest) or rest.head in ("transcribe", "caption", "export")):
        return False
    draft.look_at(named[0].target)
    draft.arena = "piece"
    _clause(rest, draft, False)
    return True


def _reference_then_change(clause: Clause, draft: Draft) -> bool:
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


def _generate(clause: Clause, draft: Draft) -> bool:
    if not making.is_generation(clause, draft):
        return False
    last = draft.steps[-1] if draft.steps else None
    if last and last.tool == "generate" and making.goes_on(clause):
        return making.describe_further(clause, last.args, draft)
    making.generate(clause, draft)
    return True


def _branch(clause: Clause, draft: Draft) -> bool:
    if draft.state.lists and clause.match(r" (?:same|this|that) (?:list|search|thing|playlist|one|idea|selection) ?(?:again )?(?:but|only|just|with|without|in|more|except) | same but | same again but "):  # fmt: skip
        refining.branch(clause, draft)
        return True
    return False


def _more_of_it(clause: Clause, draft: Draft) -> bool:
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


def _unsaid(clause: Clause, draft: Draft) -> bool:
    """Take "put some music on": something is shown, and one question asked."""
    if draft.arena != "empty" or draft.steps or draft.names or not limits.says_nothing(clause):
        return False
    guessing.vague(draft)
    return True


def _surprise(clause: Clause, draft: Draft) -> bool:
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


def _seek(clause: Clause, draft: Draft) -> bool:
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


def _find(clause: Clause, draft: Draft) -> bool:
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


def _refine(clause: Clause, draft: Draft) -> bool:
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


def _change(clause: Clause, draft: Draft) -> bool:
    """Take a change of a piece; while tracks are being searched only where a change is spoken of outright."""
    outright = changing.is_change(clause) or clause.has("it", "this", "that", "its") or mentions(clause, draft)
    measured = clause.intervals or clause.decibels or clause.loudnesses or clause.bars or clause.percents or clause.keys
    if draft.arena == "list" and clause.head == "add" and not mentions(clause, draft):
        return False  # while tracks are searched, more of them are added
    if draft.arena == "list" and not (outright or measured or clause.verb("remove", "add", "isolate", "replace")):
        return False
    return changing.change(clause, draft)


def _rewrite(clause: Clause, draft: Draft) -> bool:
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


def _works_on_a_piece(text: str, draft: Draft) -> bool:
    """Tell whether a message changes a piece in reach, whatever else its words could wish for."""
    if draft.arena != "piece":
        return False
    clause = Clause(clauses.strip_polite(text) or text)
    trial = Draft(draft.message, draft.state, draft.names)
    return pairing.paired(clause, trial) or _act(clause, trial)


def _act(clause: Clause, draft: Draft) -> bool:
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


def _locked(clause: Clause, draft: Draft) -> bool:
    """Take "keep the drums, redo the rest" as one request, where what is left of it is one."""
    target = one(clause, draft)
    spared = locks(clause, draft.thing(target)) if target else None
    if spared is None or len(clauses.split(spared.rest.text)) > 1:
        return False
    if clause.instruments and _act(spared.rest, draft):
        return True  # "put the tune on oboe, everything else as is"
    return _rewrite(clause, draft)


def _shape(clause: Clause, draft: Draft) -> bool:
    """Take "start mellow, build up": a curve over the list, though its halves look like requests."""
    return clause.starts("start", "starting", "begin", "beginning", "from", "first", "open") and refining.sort(
        clause, draft
    )


def _whole_branch(clause: Clause, draft: Draft) -> bool:
    return len(clauses.split(clause.text)) < 2 and _branch(clause, draft)


_ENTIRE: tuple[Rule, ...] = (
    pivoting.correct,
    talk.steer,
    pivoting.pivot,
    _whole_branch,
    splicing.splice,
    joining.chain,
    _locked,
    _shape,
)
_RULES: tuple[Rule, ...] = (
    talk.steer, pivoting.path, refining.forget, _branch, keeping.called, _of_what, keeping.library, keeping.kept, refining.more, knowing.why, comparing.reasoned, comparing.compared, picking.picked, splicing.splice, pairing.paired, hearing.apart, ordering.ordered, _reference_then_change, _act, _rewrite, limits.beyond, _unsaid, voicing.revoiced, voicing.reversed_, voicing.taken_up, hearing.made_by, notating.transcribe, hearing.sections, hearing.tags, hearing.describe, knowing.identify, knowing.who, hearing.asked, splicing.splice, _more_of_it, _surprise, refining.sort, _take, _seek,
    finding.shared, keeping.export, joining.mix, joining.join, knowing.compare,
    _generate, knowing.describe, knowing.transcribe, hearing.measure, _refine, _find, changing.repeat, _change,
    knowing.question,
)  # fmt: skip
