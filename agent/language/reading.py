"""A message clause by clause: the rules, in the order in which each clause is put to them."""

import re
from collections.abc import Callable

from segue.agent.language import (
    certainty,
    changing,
    clauses,
    comparing,
    cues,
    finding,
    guessing,
    hearing,
    joining,
    keeping,
    knowing,
    limits,
    mixed,
    notating,
    ordering,
    pairing,
    picking,
    pivoting,
    plainly,
    reader,
    refining,
    splicing,
    talk,
    voicing,
)
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.reference import mentions, missing_number, one_handled, without_a_list

Rule = Callable[[Clause, Draft], bool]

_PRAISE = re.compile(r"^\W*(?:great|nice|perfect|lovely|cool|awesome|good|wonderful|love (?:it|these|them)|these are (?:great|good|nice|awesome|perfect)|excellent)\b", re.IGNORECASE)  # fmt: skip
_OFF_TOPIC = r" (?:weather|capital of|book me|book a|order a|remind me|set an alarm|the lights|president|prime minister|joke|jokes|tell me a story|a fairy tale|recipe|recipes|flight|hotel|email|e mail|python|javascript|code|translate|news|stock|stocks|pizza|taxi|uber|groceries|bitcoin|football|soccer|election|homework|essay|poem|meaning of life|how old are you|your name|what time is it|what day|population|calculate|equation|doctor|lawyer|restaurant|movie times|war|god|wetter|hauptstadt|capitale) "  # fmt: skip
_SET_IT = r"^ (?:and )?(?:(?:set|sing|put|play|record|perform) (?:it|this|that|them)(?: to (?:music|a melody|a tune))?|make (?:it )?(?:a |into a )?(?:song|tune|music)(?: (?:of|out of|from|with) (?:it|this|that|them))?) $"


def read(text: str, draft: Draft) -> None:
    """Read a message clause by clause into a draft."""
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


def _is_aside(clause: Clause, draft: Draft) -> bool:
    """Tell whether a clause beside others asks for nothing: a state of things, an exclamation."""
    shout = len(clause.words) == 1 and not (clause.verbs or clause.genres or clause.moods or clause.stems or clause.instruments or clause.formats or clause.axes or clause.keys or clause.effects or cues.fields().find(clause.text)) and clause.words[0].plain not in cues.SONGS | cues.PIECES  # fmt: skip
    if not ((shout and f"{clause.text}!" in draft.message) or clauses.tells(clause)):
        return False
    return not (mentions(clause, draft) or keeping.library(clause, Draft(draft.message, draft.state, draft.names)))


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
    if one_handled(clause, draft) and changing.change(clause, draft):
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


_ENTIRE: tuple[Rule, ...] = (
    pivoting.correct,
    talk.steer,
    pivoting.pivot,
    mixed.whole_branch,
    splicing.splice,
    joining.chain,
    mixed.locked,
    mixed.shape,
)
_RULES: tuple[Rule, ...] = (
    talk.steer, pivoting.path, refining.forget, mixed.branch, keeping.called, _of_what, keeping.library, keeping.kept, refining.more, knowing.why, comparing.reasoned, comparing.compared, picking.picked, splicing.splice, pairing.paired, hearing.apart, ordering.ordered, mixed.reference_then_change, mixed.act, mixed.rewrite, limits.beyond, mixed.unsaid, voicing.revoiced, voicing.reversed_, voicing.taken_up, hearing.made_by, notating.transcribe, hearing.sections, hearing.tags, hearing.describe, knowing.identify, knowing.who, hearing.asked, splicing.splice, mixed.more_of_it, mixed.surprise, refining.sort, mixed.take, mixed.seek,
    finding.shared, keeping.export, joining.mix, joining.join, knowing.compare,
    mixed.generate, knowing.describe, knowing.transcribe, hearing.measure, mixed.refine, mixed.find, changing.repeat, mixed.change,
    knowing.question,
)  # fmt: skip
