"""Turns of the talk itself: take back, go back to a list, stop, say yes; alone, or before a request of another kind.

Each is told by a word or phrase that heads it while all other words are of a kind that says nothing else, so that
their order is free: "that was a mistake", "put it back how it was" and "scratch the last two steps" take back, but
"stop playing Nujabes" does not stop.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from segue.agent.dialogue import State
from segue.agent.language import stance
from segue.agent.language.clause import Clause
from segue.tools.core.vocabulary import fold, numbers_in, words_of

_SMALL = frozenset(["preferred", "loved", "nicer", "hm", "hmmm", "mm", "huh", "a", "an", "the", "it", "its", "this", "that", "thats", "these", "those", "them", "they", "my", "me", "i", "im", "id", "ive", "ill", "we", "us", "our", "you", "your", "youve", "youre", "u", "please", "pls", "plz", "can", "could", "would", "should", "will", "might", "may", "want", "wanted", "need", "like", "to", "of", "in", "on", "for", "at", "by", "from", "is", "are", "be", "was", "were", "been", "do", "did", "done", "does", "have", "has", "had", "get", "give", "make", "let", "lets", "now", "just", "really", "actually", "quite", "rather", "all", "everything", "both", "so", "and", "or", "then", "but", "ok", "okay", "yes", "no", "nope", "nah", "oh", "hey", "hmm", "um", "uh", "well", "right", "sorry", "wait", "thanks", "thank", "cheers", "mate", "man", "bro", "tbh", "lol", "again", "here", "there", "what", "which", "how", "than", "too", "also", "instead", "after", "second", "thought", "thoughts", "on", "reflection", "not", "dont", "didnt", "mean", "meant", "think", "thought", "prefer", "liked", "like", "better", "best", "more", "much", "way", "one", "ones", "ah", "er", "hang", "sec", "moment", "minute", "maybe", "perhaps", "if", "mind", "go", "gone", "if", "possible", "quickly", "immediately", "asap"])  # fmt: skip

_UNDO = (
    "undo", "undoing", "undone", "un do", "revert", "revert to", "roll back", "rollback", "roll it back", "rolling back", "rewind", "backtrack", "take that back", "take it back", "take this back", "takes it back", "go back a step", "go back one", "go back one step", "go one back", "go back one", "step back", "step backwards", "one step back", "a step back", "back one step", "back a step", "back one", "back up one", "back up",
    "go back", "going back", "scratch that", "scratch it", "scratch this", "strike that", "strike it", "didnt mean to", "did not mean to", "didnt mean it", "wasnt supposed to", "not what i meant", "not what i wanted", "not what i asked for", "not what i had in mind", "isnt what i wanted", "wasnt what i wanted", "isnt what i meant", "wasnt what i meant",
    "ctrl z", "ctrlz", "control z", "cmd z", "command z", "restore", "as it was", "how it was", "the way it was", "like it was", "as they were", "as before", "like before", "how it was before", "previous version", "earlier version", "last version", "older version", "old version", "prior version", "version before", "previous state", "previous one", "earlier state", "it before", "that before", "better before", "was better", "sounded better", "back how", "back to how", "back to before", "back to what it was",
    "back to the way", "unmake", "put it back", "put that back", "put them back", "put everything back", "change it back", "change that back", "turn it back", "reset", "reset that", "nullify", "reverse that", "reverse it back", "was worse", "is worse", "made it worse", "makes it worse", "worse than before", "regret", "regret that", "ruined it", "that ruined it", "spoiled it", "wrong move", "bad move", "bad idea", "get rid of that change", "never happened", "pretend that never happened", "pretend i never said", "unsay",
)  # fmt: skip
# Regrets: they take back only where nothing else is said.
_REGRETS = (
    "oops",
    "whoops",
    "woops",
    "ooops",
    "my bad",
    "mistake",
    "by mistake",
    "mistaken",
    "accident",
    "by accident",
    "accidentally",
    "unintended",
    "unintentional",
    "wrong",
    "that was wrong",
    "thats wrong",
    "didnt want that",
    "dont want that",
    "not that",
    "wrong button",
    "slipped",
)
# "Cancel the last change": said of what was done, these take back too.
_TAKES_BACK = frozenset(["cancel", "drop", "remove", "forget", "discard", "reverse", "delete", "scrap", "ditch", "ignore", "lose", "disregard", "withdraw", "retract", "throw", "void", "kill", "erase", "strike", "unwind"])  # fmt: skip
_DEEDS = frozenset(["change", "changes", "edit", "edits", "step", "steps", "move", "moves", "action", "actions", "operation", "operations", "modification", "modifications", "adjustment", "alteration", "tweak", "tweaks", "turn", "turns"])  # fmt: skip
_OF_DEEDS = _DEEDS | frozenset(["last", "latest", "previous", "recent", "most", "one", "two", "three", "four", "five", "times", "twice", "thing", "things", "bit", "made", "just", "happened", "asked", "said", "before", "earlier", "prior", "old", "original", "version", "state", "sound", "sounded", "sounding", "sounds", "result", "back", "away", "out", "off", "up", "with", "far", "joining", "removal", "cut", "fade", "transposition", "mix", "merge"])  # fmt: skip

_STOP = (
    "stop", "cancel", "abort", "halt", "quit", "cease", "desist", "terminate", "interrupt", "hold on", "hold it", "hold up", "hold your horses", "hang on", "wait", "whoa", "woah", "whoah", "not now", "not yet", "leave off", "leave it", "leave that", "leave it be", "leave it at that", "give up", "give it up", "give over", "call it off", "call off", "call that off", "call the whole thing off", "enough", "never mind", "nevermind", "nvm", "forget it", "forget that", "forget about it", "forget the whole thing",
    "drop it", "drop that", "drop the whole thing", "dont bother", "do not bother", "pull the plug", "pull the plug on", "changed my mind", "change my mind", "no need", "knock it off", "pack it in", "stand down", "freeze", "kill it", "kill that", "kill the", "kill", "end it", "end this", "end the", "cut it out", "cut it short", "cut that out", "break off", "break it off", "scrap it", "scrap that", "ditch it", "ditch that", "bin it", "dont want it", "dont want that", "dont need it", "dont need that", "do not continue", "dont continue", "dont go on", "dont do it", "dont do that", "suspend", "basta", "stopp", "arrete", "annulla", "knock that on the head", "pause", "shut up", "shut it down", "stop it", "thats enough", "time out", "timeout", "lets not", "cut",
)  # fmt: skip
_BUSY = frozenset(["job", "jobs", "run", "running", "render", "rendering", "generation", "generating", "music", "processing", "process", "task", "tasks", "search", "searching", "export", "exporting", "download", "downloading", "playback", "working", "work", "whole", "thing", "request", "order", "conversion", "converting", "analysis", "analysing", "separation", "separating", "doing", "mission", "taking", "takes", "ages", "forever", "long", "too", "anymore", "any", "more", "need", "point", "off", "with", "whatever", "it", "up", "at", "once", "currently", "underway", "progress", "going", "right", "away", "immediately", "instantly", "there", "happening", "plan", "song", "track", "piece", "business", "until", "later", "today", "horses", "half", "through", "out", "finish", "finishing", "because", "cause", "since", "time", "so", "be", "about", "trying", "calculating", "computing", "transcribing", "composing", "making", "waiting", "bored", "this", "very", "later"])  # fmt: skip

_YES = (
    "yes", "yeah", "yep", "yup", "sure", "confirm", "confirmed", "i confirm", "go ahead", "do it", "proceed", "approved", "agreed", "i agree", "absolutely", "definitely", "by all means", "green light", "go for it", "make it so", "affirmative", "yes please", "please do", "of course", "carry on", "fine by me", "thats fine", "sounds good", "all good", "write them", "write it", "lgtm", "aye", "certainly", "correct", "fire away", "be my guest", "why not", "good to go", "ok", "okay", "roger", "permission granted", "you have my ok", "you have my permission", "granted", "accept", "accepted", "i accept",
)  # fmt: skip

_LISTS = frozenset(["list", "lists", "playlist", "playlists", "results", "result", "selection", "selections", "search", "searches", "batch", "set", "picks", "songs", "tracks", "tunes", "ones", "stuff", "lot", "bunch", "suggestions", "recommendations", "things", "music", "choices", "collection", "query", "items", "numbers"])  # fmt: skip
_BACK = (
    "what was in", "what was on", "what were", "which were", "back", "return", "return to", "go to", "revisit", "reopen", "re open", "open", "switch", "switch to", "swap to", "swap back", "again", "once more", "earlier", "previous", "previously", "before", "original", "restore", "resume", "bring up", "bring back", "pull up", "pull back", "recall", "remind me of", "jump", "jump to", "jump back", "where", "wheres", "where did", "other", "first", "opening", "initial", "very first", "old", "older", "past", "used to", "a while ago", "one more time", "last time",
)  # fmt: skip
_OF_LISTS = _LISTS | frozenset(["show", "showed", "shown", "see", "saw", "seen", "look", "looking", "gave", "given", "had", "found", "played", "suggested", "made", "started", "with", "go", "going", "went", "get", "take", "me", "up", "over", "to", "at", "from", "earlier", "ago", "time", "other", "than", "where", "wheres", "what", "were", "who", "about", "last", "first", "second", "original", "opening", "initial", "start", "beginning", "prior", "before", "this", "current", "one", "right", "that", "hear", "hearing", "return", "returning", "let", "display", "list", "like", "containing", "featuring", "has", "having", "had", "somewhere", "still", "wasnt", "was", "it's", "bring", "put", "open", "load", "please", "id", "happier", "preferred"])  # fmt: skip


@dataclass
class Turn:
    """What a message does to the talk: operations, the state they leave, and what else was said."""

    ops: list[tuple[str, str | None]]
    state: State
    rest: str = ""
    look: list[str] = field(default_factory=list)


_CUT = re.compile(r"\s*(?:[,;:.!?…]+|\s[-–—]+\s)\s*(?:(?:and|but|then|so|just|only|now)\s+)*|\s+(?:and|but|then|only)\s+(?:(?:then|now|only)\s+)?", re.IGNORECASE)  # fmt: skip


_HEAD = 240  # characters in which a turn ends that is followed by more: it has 16 words at most


TAGS_BACK = re.compile(r"\b(?:undo|revert) (?:the |that |your |my |last |writing |all )*(?:re-?tag\w*|tags|id3\w*|metadata)\b", re.IGNORECASE)  # fmt: skip
"""What was written into files is taken back by the library, not by a step back in the talk."""


def turned(text: str, state: State) -> Turn | None:
    """Return the turn of the talk that a message is or begins with, or None."""
    if "“" in text or '"' in text or TAGS_BACK.search(text):
        return None
    cuts = [(len(text), len(text)), *((m.start(), m.end()) for m in reversed(list(_CUT.finditer(text, 0, _HEAD))))]
    for end, start in cuts:
        head, rest = text[:end].strip(" ,.;:!?-–—"), text[start:].strip()
        if not head:
            continue
        found = _turn(head, state, alone=not rest)
        if found is not None:
            found.rest = rest
            return found
    return None


_THOUGHTS = re.compile(r"\b(?:on |i'?m having |having )?(?:second|2nd) thoughts?\b", re.IGNORECASE)
_DENIES = r" (?:no|nope|nah|not|dont|wait|stop|hold|never|rather|instead) "


def _turn(head: str, state: State, *, alone: bool) -> Turn | None:
    clause = Clause(stance.respelt(_THOUGHTS.sub("", head)))
    if not clause.words or len(clause.words) > 16:
        return None
    if state.pending is not None:
        if covered(clause.plain, _YES, _SMALL | {"write"}) and not clause.match(_DENIES):
            return Turn([("confirm", None)], state.model_copy(update={"pending": None}))
        if covered(clause.plain, _STOP, _SMALL | _BUSY):
            return Turn([("cancel", None)], state.model_copy(update={"pending": None}))
    if back := _back(clause, state):
        return back
    if undo := _undo(clause, state, alone=alone):
        return undo
    begins = clause.words[0].plain in ("cancel", "abort", "stop", "whoa") and len(clause.words) <= 3
    if (alone or begins) and covered(clause.plain, _STOP, _SMALL | _BUSY):
        return Turn([("cancel", None)], state.model_copy(update={"pending": None}))
    return None


@lru_cache(maxsize=8)
def _by_length(phrases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(phrases, key=len, reverse=True))


def covered(plain: str, heads: tuple[str, ...], others: frozenset[str]) -> bool:
    """Tell whether plain words (blanks at both ends) hold a heading phrase and besides it only other words given."""
    headed = False
    for phrase in _by_length(heads):
        if f" {phrase} " in plain:
            plain = plain.replace(f" {phrase} ", " ")
            headed = True
    return headed and set(plain.split()) <= others


# -- taking back -----------------------------------------------------------------------------------------


def _undo(clause: Clause, state: State, *, alone: bool) -> Turn | None:
    words = {word.plain for word in clause.words}
    deeds = bool(words & _TAKES_BACK) and bool(words & _DEEDS) and words <= _SMALL | _OF_DEEDS | _TAKES_BACK
    split_back = bool({"take", "put", "turn", "change", "roll", "set", "bring"} & words) and "back" in words and words <= _SMALL | {"take", "put", "turn", "change", "roll", "set", "bring", "back"}  # fmt: skip
    headed = covered(clause.plain, _UNDO + (_REGRETS if alone else ()), _SMALL | _OF_DEEDS | _named(state))
    again = clause.match(r"^ (?:please )?(?:bring|put) (?:it|that|them) back(?: please)? $") is not None
    if again or not (deeds or headed or split_back or _missed(clause, state)):
        return None
    if state.lists and not words & (_DEEDS | {"undo", "revert"}) and words & _LISTS:
        return None
    count = 1
    if words & _DEEDS or words & {"times", "things"}:
        count = max([1, *(int(n.value) for n in numbers_in(clause.text) if 1 < n.value <= 20)])
    if words & {"twice", "both"}:
        count = 2
    return Turn([("undo", None)] * count, _before(state, count))


def _named(state: State) -> frozenset[str]:
    """Return the words for what the last step did: they may be said of it ("undo the fade")."""
    return frozenset(word.plain for thing in list(state.things.values())[-1:] for word in words_of(" ".join(thing.changed)))  # fmt: skip


def _missed(clause: Clause, state: State) -> bool:
    """Tell whether a part is wanted back that the piece before still had: "bring the drums back"."""
    latest = state.latest
    if latest is None or not latest.parents or not clause.match(r" (?:back|return|restore|reinstate|again) "):
        return False
    parent = state.thing(latest.parents[0])
    gone = set(parent.parts if parent else []) - set(latest.parts)
    said = {found.value for found in (*clause.stems, *clause.instruments)}
    rest = {word.plain for word in clause.words if not any(f.start <= word.start < f.end for f in (*clause.stems, *clause.instruments))}  # fmt: skip
    return bool(said and gone & said) and rest <= _SMALL | {"bring", "back", "put", "return", "restore", "reinstate", "again", "miss", "missing", "in", "take"}  # fmt: skip


def _before(state: State, count: int) -> State:
    """Return the state with the piece in focus that was there before the last steps."""
    focus = list(state.focus)
    for _ in range(count):
        latest = state.thing(focus[0]) if focus else None
        if latest is None:
            break
        earlier = next((id for id in latest.parents if id in state.things), None)
        if earlier is None:
            break
        focus = [earlier, *(id for id in focus[1:] if id != earlier)]
    return state.model_copy(update={"focus": focus})


# -- lists of before -------------------------------------------------------------------------------------


def _back(clause: Clause, state: State) -> Turn | None:
    """Take "where's the jazz stuff from earlier?", "the list with Blue Harbor on it": a list comes back."""
    lists = [shown for shown in state.lists if shown.kind == "tracks"]
    if len(lists) < 2:
        return None
    at, named, used = _which(clause, state)
    words = {word.plain for word in clause.words} - used
    heads = {phrase for phrase in _BACK if f" {phrase} " in clause.plain}
    heading = {word for phrase in heads for word in phrase.split()}
    if at is None or not heads or words - heading - _SMALL - _OF_LISTS or at == len(state.lists) - 1:
        return None
    if not named and not words & (_LISTS | {"showed", "gave", "had", "found", "started"}):
        return None
    if words & {"songs", "tracks"} and {"first", "other"} & words and not words & {"list", "back", "return", "again", "before"}:  # fmt: skip
        return None
    if clause.match(r" (?:first|second|other) (?:one|song|track|tune) ") or {"more", "like"} <= words:
        return None
    reopened = state.lists[at]
    order = [*(shown for shown in state.lists if shown is not reopened), reopened]
    after = state.model_copy(
        update={
            "lists": order, "search": dict(reopened.args), "last_args": dict(reopened.args), "last_tool": "retrieve",
            "focus": [*reopened.ids[:1], *state.focus],
        }
    )  # fmt: skip
    return Turn([("back", named or None)], after, look=list(reopened.ids))


def _which(clause: Clause, state: State) -> tuple[int | None, str, set[str]]:
    """Return which list is meant, the words it is called by, and the words used up."""
    for n in range(len(state.lists) - 1, -1, -1):
        shown = state.lists[n]
        label = [word.plain for word in words_of(shown.label)]
        used = {word.plain for word in clause.words if any(_alike(word.plain, own) for own in label if len(own) > 2)}
        if used and n < len(state.lists) - 1:
            hits = [own for own in label if any(_alike(word, own) for word in used)]
            run = " ".join(hits)
            return n, run if run in fold(shown.label) else hits[0], used
    for n, shown in enumerate(state.lists[:-1]):
        for id in shown.ids:
            thing = state.thing(id)
            if thing and len(thing.title) > 2 and thing.title.lower() in clause.text.lower():
                return n, thing.title.lower(), {word.plain for word in words_of(thing.title)}
    if clause.match(r" (?:very first|first|1st|opening|initial|originally|original|beginning|start|started) "):
        return 0, "", set()
    if clause.match(r" (?:previous|earlier|before|other|last|old|prior|preceding|one back|ago|had|gave|showed) "):
        return len(state.lists) - 2, "", set()
    return None, "", set()


def _alike(word: str, own: str) -> bool:
    return word == own or (len(own) > 3 and word in (f"{own}s", f"{own}y", f"{own}ish", f"{own}ier")) or (own.endswith("s") and word == own[:-1])  # fmt: skip
