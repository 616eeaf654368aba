"""Which of several readings of a message to believe: the rules' own, or one of what the reader thinks is asked for.

The rules look for words that they know; the reader (``reader.py``) has seen how people say things, and knows no
arguments. Where both see the same request the plan stands. Where they differ, the message is said again with the
word that the rules know for what the reader sees ("those drums are killing me" → "remove those drums …"),
and of the plans that come of it the one is taken that the reader finds most likely.
"""

import re
from collections.abc import Callable, Iterator

from segue.agent.language import barring, combining, directly, linking, plainly
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.labels import TOOLS, labels, main_of
from segue.agent.language.query import chatter
from segue.agent.language.reader import Reading
from segue.agent.language.reference import one_handled
from segue.agent.plan import Plan
from segue.tools.core.vocabulary import bars_in

DETAIL_MARGIN = 0.3
TALK_MARGIN = 3.0  # of a message that asks for no tool
SEARCH_MARGIN, SEARCH_MARGIN_LIST, SEARCH_TALK = (
    1.0,
    2.35,
    0.25,
)  # of a message read as one search, found on the check set
MARGIN = 2.5  # nats by which another plan must be likelier: found on the check set
_SURE_OF_EACH = 0.7  # a label in which rules and reader agree, so that no LLM need be asked
_SURE = 0.95  # plans that the rules are surer of have to be outdone by more
_LOST = 0.35  # plans with a question that are surer know what is wanted
BOLD = 2.0  # nats besides, where the rules were sure
_ONLY_TALK = 1  # words in the query of a search that name no music: "none of these fit" was not meant as one
DROPPED = 4.0  # nats besides, for a plan that leaves a request of the rules' out
_NEAR = 0.5  # nats from the likeliest that could be: no other plan is tried
_TRIALS = 2  # plans tried beside the rules' own: each costs as much time as the first

_SAID: dict[str, tuple[str, ...]] = {
    "edit.remove": ("remove {}",), "edit.isolate": ("keep only {}", "isolate {}"), "edit.gain+": ("turn up {}", "make it louder: {}"),
    "edit.gain-": ("turn down {}", "make it quieter: {}"), "edit.replace": ("replace {}",), "edit.add": ("add {}",),
    "edit.transpose": ("transpose {}", "transpose it to {}"), "edit.tempo+": ("make it faster: {}",), "edit.tempo-": ("make it slower: {}",),
    "edit.tempo": ("set the tempo to {}",), "edit.trim": ("cut it to {}", "trim {}"), "edit.concat": ("join {}",), "edit.mix": ("mix {}",),
    "edit.fade": ("fade out {}", "fade {}"), "edit.loop": ("loop {}",), "edit.reverse": ("reverse {}",), "edit.regenerate": ("redo {}",),
    "edit.extend": ("extend it: {}", "extend {}"), "edit.restyle": ("make it {}", "restyle it as {}"), "edit.effect": ("make it sound {}", "add {}"),
    "edit.loudness": ("master it: {}", "master it to -14 LUFS"), "edit.chords": ("change the chords: {}",), "edit.mode": ("change the mode: {}",),
    "edit.meter": ("change the meter: {}",), "edit.feel": ("change the feel: {}",), "edit.ending": ("change the ending: {}",), "edit.lyrics": ("set these lyrics: {}",),
    "generate": ("make {}", "write {}"), "retrieve": ("find {}", "find songs: {}"), "identify": ("what song is this?",), "question": ("tell me: {}?",),
    "caption": ("describe it", "describe {}"), "sections": ("describe the sections of {}",), "tag": ("what is the {}?", "what genre and mood is it?"),
    "transcribe": ("transcribe {}",), "export": ("export {}", "export it"), "library": ("what are the stats of {}",),
    "state.undo": ("undo that",), "state.redo": ("redo that",), "state.back": ("back to {}",), "state.drop": ("forget {}",),
    "state.like": ("I like {}",), "state.confirm": ("yes",), "state.cancel": ("stop",), "state.branch": ("same list but {}",),
    "state.reject": ("not {}", "skip {}"), "state.correct": ("I meant {}",), "reply": (), "ask": (),
    # constraints, where the request alone does not bring them
    "r.like": ("songs like {}",), "r.among": ("of these, {}",), "r.total_s": ("find {} in total",), "order.energy_up": ("sort these by energy, rising",),
    "order.energy_down": ("sort these by energy, falling",), "library.stats": ("library statistics: {}",), "library.duplicates": ("which are duplicates?",),
    "library.retag": ("write into the tags: {}",), "library.add": ("add the folder {} to my library",), "library.status": ("library status",),
    "to.chords": ("chords of {}",), "to.lyrics": ("write out the lyrics of {}",), "to.lrc": ("lyrics of {} as lrc",), "to.notes": ("transcribe {} to midi",),
    "to.score": ("sheet music of {}",), "to.leadsheet": ("lead sheet of {}",), "to.beats": ("beats of {}",), "f.exclude": ("more", "more: {}"),
    "adjust.energy+": ("more energetic: {}", "more energetic"), "adjust.energy-": ("calmer: {}", "calmer"), "adjust.tempo+": ("faster: {}", "faster"),
    "adjust.tempo-": ("slower: {}", "slower"), "adjust.mood+": ("happier: {}", "happier"), "adjust.mood-": ("sadder: {}", "sadder"),
    "adjust.density+": ("busier",), "adjust.density-": ("sparser",), "adjust.distortion+": ("more distortion",), "adjust.distortion-": ("less distortion",),
    "adjust.acousticness+": ("more acoustic",), "adjust.acousticness-": ("less acoustic",), "adjust.brightness+": ("brighter",), "adjust.brightness-": ("darker",),
    "adjust.danceability+": ("more danceable",), "adjust.danceability-": ("less danceable",), "adjust.melody+": ("more melodic",), "adjust.melody-": ("less melodic",),
    "adjust.vocals+": ("more vocals",), "adjust.vocals-": ("fewer vocals",),
}  # fmt: skip
"""The word of the rules for what the reader sees; ``{}`` is the message."""


def weighed(
    plan: Plan,
    message: str,
    reading: Reading,
    again: Callable[[str], Plan],
    draft: Callable[[], Draft],
    apart: Callable[[], Iterator[Plan]] | None,
) -> Plan:
    """Return the plan to believe, its certainty lowered where rules and reader differ.

    Parameters
    ----------
    plan : what the rules make of the message. again : what they make of another one.
    draft : an empty draft of the message. apart : plans for its parts, one after the other; None for what is a part
        itself, of which fewer plans are tried.
    """
    asked = labels(plan)
    agree = main_of(asked) == main_of(reading.best)
    if apart is not None and (built := _built(asked, agree, message, reading, draft)) is not None:
        return _unsure(built)
    elsewhere = agree and _grows_elsewhere(asked, reading, message)
    settled = agree and not elsewhere and not _passes_over(asked, reading) and not chatter(_queries(plan))
    if settled or _told_or_written(asked, reading):
        return plan if _agreed(asked, reading) else _unsure(plan)
    if _is_for_the_rules(plan, asked, message, draft):
        return _unsure(plan)
    own = reading.fit(asked)
    searches, talks = "retrieve" in reading.best, directly.is_talk(reading.best)
    whole = directly.direct(reading.best, message, draft()) if searches or talks else None
    if whole is not None and searches and _finds_more(whole, plan, reading, draft().arena):
        return _unsure(whole)
    if whole is not None and talks:
        margin = TALK_MARGIN + BOLD * (plan.certain > _SURE)
        if _turns(asked - labels(whole)) or reading.fit(labels(whole)) <= own + margin:
            return _unsure(plan)  # "stop worrying about the year" stops nothing
        return _unsure(whole)
    margin = DETAIL_MARGIN if agree else MARGIN + DROPPED * bool(plan.reply)
    margin += BOLD * (plan.certain > _SURE and not elsewhere)
    if reading.most <= own + margin:
        return _unsure(plan)  # no other could be so much likelier
    return _unsure(
        _likeliest(plan, own + margin, agree, reading, _trials(message, asked, reading, again, draft, apart))
    )


def _built(asked: frozenset[str], agree: bool, message: str, reading: Reading, draft: Callable[[], Draft]) -> Plan | None:  # fmt: skip
    """Return the plan for a chain, or for several things at once, that the reader sees; None where it sees none."""
    if _turns(asked):
        return None
    chain = linking.linked(reading.best, message, draft)
    if chain is not None and main_of(reading.best) <= labels(chain):
        return chain
    if not combining.is_combined(reading.best) or (agree and _details(asked) == _details(reading.best)):
        return None
    return combining.combined(reading.best, message, draft())


def _is_for_the_rules(plan: Plan, asked: frozenset[str], message: str, draft: Callable[[], Draft]) -> bool:
    """Tell whether the rules know better: places in a list, and what they cannot do or answer at once."""
    if plan.steps and plan.steps[-1].tool == "edit" and one_handled(Clause(message), draft()):
        return True  # "make the second one warmer" asks for no other list
    if barring.asks(plan.question) or (bars_in(message) and _keeps_to_a_place(plan)):
        return True  # what happens in some bars happens nowhere else
    if "state.reject" in asked and "f.exclude_artists" not in asked and all(op.target for op in plan.state):
        return True  # which tracks can go is told by their places
    knows = plan.certain > _LOST and not plan.steps and (plan.question or (plan.reply and plan.certain > _SURE))
    return bool(knows or (plan.notes and not plan.steps))


def _keeps_to_a_place(plan: Plan) -> bool:
    return any("start_s" in op for step in plan.steps if step.tool == "edit" for op in step.args.get("operations", []))


def _likeliest(plan: Plan, likeliest: float, agree: bool, reading: Reading, trials: Iterator[Plan]) -> Plan:
    """Return the plan that the reader finds likeliest; ``likeliest``: what another one has to exceed."""
    asked, best = labels(plan), plan
    counted = asked - {"retrieve"} if chatter(_queries(plan)) >= _ONLY_TALK else asked
    for trial in trials:
        seen = labels(trial)
        if agree and not (
            asked - {"f.exclude"} - _SOURCES <= seen and (not _moves(asked) or _moves(seen) <= _moves(asked))
        ):
            continue  # only constraints that were passed over are wanted
        if "state.cancel" in seen - asked and plan.steps:
            continue
        left_out = len(_dropped(counted, seen)) + _goes_further(asked, seen) + 2 * _undoes(asked, seen)
        fit = reading.fit(seen) - DROPPED * left_out
        if fit > likeliest and _is_better(trial, plan):
            best, likeliest = trial, fit
        if likeliest > reading.most - _NEAR:
            break
    return best


def _finds_more(whole: Plan, plan: Plan, reading: Reading, arena: str) -> bool:
    """Tell whether a message read as one search is to be believed more than what the rules make of it."""
    seen, asked = labels(whole), labels(plan)
    if plan.certain > _SURE and any(label.startswith("state.") for label in asked - seen):
        return False  # "not “Slow Rain”" takes a track out of the list
    ahead = reading.fit(seen) - reading.fit(asked)
    if plan.reply or plan.question or not plan.steps:
        return ahead > MARGIN + DROPPED * bool(plan.reply)
    if seen & TOOLS < asked & TOOLS:
        ahead -= DROPPED
    if chatter(_queries(plan)) > chatter(_queries(whole)):
        return ahead > -SEARCH_TALK
    return ahead > (SEARCH_MARGIN_LIST if arena == "list" else SEARCH_MARGIN)


def _queries(plan: Plan) -> str:
    return " ".join(str(step.args.get("query", "")) for step in plan.steps if step.tool == "retrieve")


def _dropped(asked: frozenset[str], seen: frozenset[str]) -> frozenset[str]:
    """Return what the rules read and another plan leaves out: turns of the talk, and tools where it has no other."""
    return _turns(asked - seen) | ((asked - seen) & TOOLS if seen & TOOLS < asked & TOOLS else frozenset())


def _turns(found: frozenset[str]) -> frozenset[str]:
    return frozenset(label for label in found if label.startswith("state.") and label != "state.like")


def _undoes(asked: frozenset[str], seen: frozenset[str]) -> bool:
    """Tell whether one of several changes that the rules read is left out, or made another one."""
    changes = {label for label in asked if label.startswith("edit.")}
    return len(changes) > 1 and not changes <= seen


def _goes_further(asked: frozenset[str], seen: frozenset[str]) -> bool:
    """Tell whether another plan changes a piece as the rules do, and then once more."""
    return main_of(asked) < main_of(seen) and (asked & TOOLS == seen & TOOLS == {"edit"})


def _trials(message: str, asked: frozenset[str], reading: Reading, again: Callable[[str], Plan], draft: Callable[[], Draft], apart: Callable[[], Iterator[Plan]] | None) -> Iterator[Plan]:  # fmt: skip
    """Yield other plans: what the reader sees in plain words first, then the message with a word of the rules' before it."""
    if (plan := plainly.direct(reading.best, message, draft())) is not None:
        yield plan
    if said := plainly.plainest(reading.best, message, draft()):
        yield again(said)
    if "retrieve" not in reading.best and (plan := directly.direct(reading.best, message, draft())) is not None:
        yield plan  # a search was weighed by itself
    if apart is None:
        return
    if len(reading.best & TOOLS) > 1:
        yield from apart()
    if main_of(asked) != main_of(reading.best):
        for said in _sayings(message, asked, reading):
            yield again(said)


def _moves(found: frozenset[str]) -> frozenset[str]:
    return frozenset(label for label in found if label.startswith(("adjust.", "order.")))


def _passes_over(asked: frozenset[str], reading: Reading) -> bool:
    """Tell whether a search lacks a constraint that the reader sees."""
    return "retrieve" in asked and bool(reading.best - asked - {"f.exclude"})


_SOURCES = frozenset({"g.melody", "g.style", "g.accompany", "g.continue_from"})


def _details(found: frozenset[str]) -> frozenset[str]:
    return frozenset(label for label in found if label.startswith(("to.", "library.", "order.", "r.among"))) - {"to.picture"} | (found & TOOLS)  # fmt: skip


_REFERS = re.compile(r"\b(?:this|that|it|its|it's|these|those|my|mine|same|one|ones|take|number|track|file|clip|hum\w*|tune|melody|(?-i:[A-C]))\b|\.\w{3}\b", re.IGNORECASE)  # fmt: skip


def _grows_elsewhere(asked: frozenset[str], reading: Reading, message: str) -> bool:
    """Tell whether new music grows from another thing, or in another way, or in more takes, than the rules read."""
    if "generate" in asked and "g.takes" in reading.best - asked:
        return True
    if "generate" not in asked or not reading.best & _SOURCES or reading.best & asked & _SOURCES:
        return False
    return bool(asked & _SOURCES) or _REFERS.search(message) is not None


def _agreed(asked: frozenset[str], reading: Reading) -> bool:
    return all(reading.likely.get(label, 1.0) >= _SURE_OF_EACH for label in main_of(asked))


def _told_or_written(asked: frozenset[str], reading: Reading) -> bool:
    """Tell whether both see sections: whether they are told or written to a file is for the rules to say."""
    return "sections" in asked and "to.sections" in reading.best


def _unsure(plan: Plan) -> Plan:
    return plan.model_copy(update={"certain": min(plan.certain, 0.8)})


def _is_better(trial: Plan, plan: Plan) -> bool:
    """Tell whether a plan made of other words is whole: it asks nothing that the message's own plan did not."""
    told = not trial.notes or bool(plan.notes) or [step.tool for step in trial.steps] == ["generate"]
    return bool(trial.steps or trial.state) and not trial.question and told


def _sayings(message: str, asked: frozenset[str], reading: Reading) -> Iterator[str]:
    """Yield the message with the rules' word for what the reader sees and the rules do not, the likeliest first."""
    unseen = sorted(reading.best - asked, key=lambda label: -reading.likely[label])
    narrow = [label for label in unseen if label not in TOOLS]
    for _, template in zip(
        range(_TRIALS),
        (t for label in [*narrow, *(label for label in unseen if label in TOOLS)] for t in _SAID.get(label, ())),
        strict=False,
    ):
        yield template.format(message.rstrip(" .!?"))
