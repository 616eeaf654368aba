"""References: "it", "the second one", "track 4", "b.wav", "these", "the lead of Wonderwall" as typed targets."""

import re
from dataclasses import dataclass

from segue.agent.dialogue import Known, ShownList, State
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.tools.core.vocabulary import Found, fold, instruments_in, numbers_in, ordinals_in, stems_in

_NOUN = r"(?:tracks?|songs?|takes?|numbers?|numeros?|no\.|nr\.?|#|clips?|versions?|pieces?|files?|results?|items?|ones?|variations?|options?|tunes?|loops?|ideas?|titles?|nummer|brano|traccia|titre|tema)"  # fmt: skip
_COUNT = r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)"
_NUMBERED = re.compile(rf"(?<![\w-]){_NOUN}\s*(?:number\s+|#\s*|no\.?\s*)?({_COUNT}(?:(?:\s*,\s*|\s*(?:and|or|&|to|-|–|vs\.?|versus)\s*)(?:{_NOUN}\s*)?{_COUNT})*)\b(?!\s*(?:seconds?|secs?|s\b|minutes?|mins?\b|bars?|bpm|db|%|semitones?|stars?|times|ones?\b))", re.IGNORECASE)  # fmt: skip
_HASH = re.compile(r"#\s?(\d{1,2})\b")
_BARE = re.compile(r"(?<![\w.:])(\d{1,2})\s*(?:,|and|or|&|vs\.?|versus|with|to)\s*(\d{1,2})(?![\w.%:])", re.IGNORECASE)
_UNITS = frozenset(["second", "seconds", "sec", "secs", "s", "minute", "minutes", "min", "mins", "bar", "bars", "measure", "measures", "beat", "beats", "verse", "chorus", "bridge", "section", "half", "third", "quarter", "part", "time", "inversion", "hour", "hours", "note", "chord", "chords", "take-off", "movement", "step", "year"])  # fmt: skip
_ONES = frozenset(["one", "ones", "track", "tracks", "song", "songs", "take", "takes", "clip", "clips", "version", "versions", "piece", "pieces", "file", "files", "result", "results", "item", "items", "variation", "tune", "loop", "option", "title"])  # fmt: skip
_NO_THING = frozenset({"thing", "of", "name", "album", "line"})
_ALL = ("these", "those", "them", "they", "all of them", "all of these", "all of those", "the list", "this list", "the playlist",
        "this playlist", "that list", "the whole list", "everything", "all five", "all three", "all four", "the results", "all tracks", "all the tracks",
        "all the songs", "all songs", "that playlist", "the tracks", "the songs", "loro", "queste", "questi", "diese", "ceux ci", "estas")  # fmt: skip
_BOTH = ("both", "these two", "the two", "those two", "both of them", "the two of them", "each other")
_DEMONSTRATIVE = re.compile(r" (?:these|those|the|all) (two|three|four|five|six|seven|eight|nine|ten|\d+) (?:clips|tracks|songs|files|takes|ones|pieces)? ?")  # fmt: skip
_SUFFIX = re.compile(r"\.(?:wav|mp3|flac|ogg|m4a|mid|midi|aiff?|xml|musicxml|mxl|mp4|mov|aac|opus)$", re.IGNORECASE)


@dataclass(frozen=True)
class Mention:
    """A thing that is named in a clause, and where (character offsets; equal where it is not one place)."""

    target: Target
    start: int
    end: int


def mentions(clause: Clause, draft: Draft) -> list[Mention]:
    """Return the things that a clause names: by title or file name, by number, by ordinal; in the order said."""
    memo = (len(draft.focus), len(draft.steps), len(draft.group))
    if clause.memo and clause.memo[0] == (draft, memo):
        return list(clause.memo[1])
    found: list[Mention] = []

    def add(target: Target, start: int, end: int) -> None:
        if any(m.start < end and start < m.end and m.target == target for m in found):
            return
        if not any(m.start < end and start < m.end and m.target != target and (m.start, m.end) != (start, end) for m in found):  # fmt: skip
            found.append(Mention(target, start, end))

    for start, end, id in _titles(clause.text, draft.state):
        add({"id": id}, start, end)
    for name in names_in(clause, draft):
        if name.kind == "title" and name.ids:
            add({"id": name.ids[0]}, *_place(clause, draft, name))
    for start, end, id in _by_artist(clause.text, draft.state):
        add({"id": id}, start, end)
    for start, end, number in _numbers(clause):
        target = nth(number, clause, draft)
        if target is not None:
            add(target, start, end)
    ordered = sorted(found, key=lambda mention: mention.start)
    clause.memo = ((draft, memo), tuple(ordered))
    return ordered


_HANDLED = re.compile(r"\b(?:make|turn|get|have|can|could|should)\s+(?:the\s+)?(?:(?:track|song|number|tune|title)\s*)?(?:number\s+|#\s*)?$", re.IGNORECASE)  # fmt: skip


def one_handled(clause: Clause, draft: Draft) -> bool:
    """Tell whether one thing of a list is to be changed: "make track 3 punchier", "can number 5 be in E flat?"."""
    named = mentions(clause, draft)
    return draft.arena == "list" and len(named) == 1 and _HANDLED.search(clause.text[: named[0].start]) is not None


def _by_artist(text: str, state: State) -> list[tuple[int, int, str]]:
    """Return the shown tracks that are named by who made them: "the Hana Mori track", "the Nujabes one"."""
    if state.shown is None or not re.search(r"\b(?:track|song|one|tune|number|piece|recording|thing)\b", text, re.IGNORECASE):  # fmt: skip
        return []
    made: dict[str, list[str]] = {}
    for id in state.shown.ids:
        if (thing := state.thing(id)) and thing.artist:
            made.setdefault(thing.artist, []).append(id)
    found = []
    for artist, ids in made.items():
        match = re.search(rf"\b(?:the|that|this) {re.escape(artist)}(?:'s)? (?:track|song|one|tune|number|piece|recording|thing)\b", text, re.IGNORECASE)  # fmt: skip
        if match and len(ids) == 1:
            found.append((match.start(), match.end(), ids[0]))
    return found


def keys_in(clause: Clause, draft: Draft) -> list[Found[str]]:
    """Return the keys of a clause that are no names of clips ("the drums in A" with a clip called A)."""
    named = mentions(clause, draft)
    return [key for key in clause.keys if not any(m.start < key.end and key.start < m.end for m in named)]


def missing_number(clause: Clause, draft: Draft) -> str | None:
    """Return a sentence where a number is said that the list does not have."""
    for _, _, number in _numbers(clause):
        shown = _list_for(clause, draft.state)
        if shown is not None and not draft.group and nth(number, clause, draft) is None:
            return f"There is no number {number}: the list has {len(shown.ids)}."
    return None


def without_a_list(clause: Clause, draft: Draft) -> bool:
    """Tell whether a thing is named by a number while nothing was listed: "take number 2"."""
    if draft.state.shown is not None or draft.group or mentions(clause, draft):
        return False
    numbers = _numbers(clause)
    if not numbers or (clause.songs and clause.verb("find", "play")) or clause.genres or clause.moods:
        return False
    noun = any(clause.after(end, 1)[:1] and clause.after(end, 1)[0] in _ONES for _, end, _ in numbers)
    counted = _NUMBERED.search(clause.text) or _HASH.search(clause.text)
    return bool(
        counted or (noun and (clause.verbs or clause.has("like")) and clause.head not in ("find", "make", "write"))
    )


_OWNERS = ("'s", "’s")


def names_in(clause: Clause, draft: Draft) -> list[Known]:
    """Return the library's names that stand in this clause."""
    plain = clause.plain
    return [name for name in draft.names if f" {_spaced(draft.message[name.start : name.end])}{'s' if draft.message[name.end : name.end + 2] in _OWNERS else ''} " in plain]  # fmt: skip


def _place(clause: Clause, draft: Draft, name: Known) -> tuple[int, int]:
    written = draft.message[name.start : name.end]
    at = clause.text.find(written)
    return (at, at + len(written)) if at >= 0 else (0, 0)


def _spaced(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))


def _titles(text: str, state: State) -> list[tuple[int, int, str]]:
    """Find titles and file names of known things; of equal ones the nearest in the conversation wins."""
    order = [*state.attached, *state.focus, *(id for shown in reversed(state.lists) for id in shown.ids), *state.things]
    found: list[tuple[int, int, str]] = []
    by_length = sorted(dict.fromkeys(order), key=lambda id: -len(state.things[id].title) if id in state.things else 0)
    for id in by_length:
        thing = state.things.get(id)
        if thing is None or not thing.title:
            continue
        bare = _SUFFIX.sub("", thing.title)
        for title in dict.fromkeys((thing.title, bare)):
            for match in re.finditer(rf"(?<![\w.]){re.escape(title)}(?!\w|\.\w)", text, re.IGNORECASE):
                if len(title) < 3 and (title.lower() in ("a", "i") or match[0] != title) and not _is_name(text, match):
                    continue
                if len(title) >= 3 and " " not in title and title == bare and not _SUFFIX.search(thing.title) and not match[0][0].isupper():  # fmt: skip
                    continue  # a piece called "Rain" is not meant by every rain
                if title == bare and _is_word(title):
                    continue
                if not any(low < match.end() and match.start() < high for low, high, _ in found):
                    found.append((match.start(), match.end(), id))
    return found


def _is_word(title: str) -> bool:
    """Tell whether a file's bare name says a number or a part ("five.wav", "drums.wav"): that alone does not mean the file."""
    return " " not in title and bool(numbers_in(title) or stems_in(title) or instruments_in(title))


def _is_name(text: str, match: re.Match[str]) -> bool:
    """Tell whether a lone capital A is a clip's name: not the article that opens a phrase."""
    before, after = text[: match.start()], text[match.end() :]
    if re.search(r"\b(?:of|from|off)\s+$", before, re.IGNORECASE) and re.match(r"\s*(?:[(,.;:]|$)", after):
        return True
    return (match[0].isupper() and not re.match(r"\s+[a-z]{2,}\s", text[match.end() :] + " ")) or bool(
        re.match(
            r"\s+(?:then|and|with|over|before|after|to|onto|into|followed|plus|joined|straight)\b", text[match.end() :]
        )
    )


def _numbers(clause: Clause) -> list[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    text = clause.text
    for match in _NUMBERED.finditer(text):
        values = [(n.start + match.start(1), n.end + match.start(1), int(n.value)) for n in numbers_in(match[1])]
        if re.search(r"\d\s*(?:to|-|–)\s*\d", match[1]) and len(values) == 2:
            values = [(match.start(1), match.end(1), n) for n in range(values[0][2], values[1][2] + 1)]
        found += values
    found += [(m.start(), m.end(), int(m[1])) for m in _HASH.finditer(text) if not any(s <= m.start() < e for s, e, _ in found)]  # fmt: skip
    for ordinal in ordinals_in(text):
        after = clause.after(ordinal.end, 2)
        before = clause.before(ordinal.start, 1)
        if after and (
            after[0] in _UNITS
            or after[0].isdigit()
            or (after[0] not in _ONES and numbers_in(after[0]))
            or _is_count_of_units(after)
        ):
            continue
        if after and after[0] not in _ONES and (instruments_in(after[0]) or stems_in(after[0])):
            continue  # "the first guitar"
        announced = bool(before) and before[0] in ("the", "and", "or", "number", "take", "my", "this", "that", "your")
        if not announced and not (after and after[0] in _ONES):
            continue
        if after and after[0] in _NO_THING and after[0] not in _ONES:
            continue
        if not any(s < ordinal.end and ordinal.start < e for s, e, _ in found):
            found.append((ordinal.start, ordinal.end, ordinal.value))
    if not found and (clause.is_question or clause.verb("compare", "mix", "concat", "caption", "replace", "remove")):
        for match in _BARE.finditer(text):
            found += [(match.start(i), match.end(i), int(match[i])) for i in (1, 2)]
    return found


def _is_count_of_units(after: list[str]) -> bool:
    return len(after) > 1 and after[1] in _UNITS and bool(numbers_in(after[0]))


def _list_for(clause: Clause, state: State) -> ShownList | None:
    if clause.has("take", "takes", "version", "variation"):
        takes = next((shown for shown in reversed(state.lists) if shown.kind == "takes"), None)
        if takes:
            return takes
    return state.shown


def nth(number: int, clause: Clause, draft: Draft) -> Target | None:
    """Return the ``number``-th of the list in reach (from 1; −1 is the last), or None."""
    index = number - 1 if number > 0 else number
    if draft.group and "step" in draft.group[0]:
        return {**draft.group[0], "index": index}
    shown = _list_for(clause, draft.state)
    if shown is None or not -len(shown.ids) <= index < len(shown.ids):
        return None
    return {"id": shown.ids[index]}


def group(clause: Clause, draft: Draft) -> list[Target]:
    """Return the list that "these", "both" or "the playlist" means; empty where none is spoken of."""
    if listed := of_lists(clause, draft):
        return listed
    if draft.steps and clause.match(r" (?:both|the (?:two|pair)|these two|those two|each other|the two of them|the pair of them|one another) ") and len(pair := handled(draft)) >= 2:  # fmt: skip
        return pair[-2:]
    if clause.has(*_BOTH) or clause.match(r" (?:these|the|those) two "):
        pair = _everything(draft)
        return pair[:2] if len(pair) >= 2 else []
    if clause.has(*_ALL):
        return _everything(draft)
    counted = clause.match(_DEMONSTRATIVE.pattern)
    if counted and (count := numbers_in(counted[1])):
        return _everything(draft)[: int(count[0].value)]
    first = clause.match(
        r" (first|last|top) (two|three|four|five|six|seven|eight|nine|ten|\d+) (?!s |sec|min|bar|beat)"
    )
    if first and (count := numbers_in(first[2])):
        items = _everything(draft)
        size = int(count[0].value)
        return items[-size:] if first[1] == "last" else items[:size]
    return []


_LISTED = r" (?:lists?|playlists?|selections?|sets?|searches|results|ones?|batch\w*|bunch|tracks|songs|stuff) "


def of_lists(clause: Clause, draft: Draft) -> list[Target]:
    """Return the tracks of lists that are named as such: "both lists", "the jazz list", "the piano one"."""
    lists = [shown for shown in draft.state.lists if shown.kind == "tracks"]
    if len(lists) < 2:
        return []
    if clause.match(r" (?:both|all|the two|two|all the|all my|every|each|my) (?:of )?(?:the |my |these |those )?(?:lists?|playlists?|selections?|searches) "):  # fmt: skip
        return [{"id": id} for id in dict.fromkeys(id for shown in lists for id in shown.ids)]
    if not clause.match(_LISTED):
        return []
    words = {word.plain for word in clause.words}
    called = [shown for shown in lists if set(fold(shown.label).split()) & words - _NO_LABEL]
    return [{"id": id} for shown in called for id in shown.ids] if len(called) == 1 else []


_NO_LABEL = frozenset({"the", "a", "and", "of", "in", "songs", "tracks", "music", "list"})


def handled(draft: Draft) -> list[Target]:
    """Return what this plan has made or looked at, in order, each in its newest version."""
    found: list[Target] = []
    for step in draft.steps:
        clips = step.args.get("clips") or [step.args["clip"]] if step.args.get("clips") or "clip" in step.args else []
        if step.tool == "edit":
            made: Target = {"step": step.id, "field": "piece"}
            found = [made if target == clips[0] else target for target in found]
            clips = [] if made in found else [made]
        elif step.tool == "generate":
            clips = [{"step": step.id, "field": "pieces", "index": 0}]
        found += [clip for clip in clips if clip not in found]
    return found


def all_but(clause: Clause, draft: Draft) -> list[Target]:
    """Return a group without what is spared: "everything except the third", "all but number 2"; empty where none is."""
    spared = re.search(r"\b(?:except(?: for)?|but(?: not)?|without|minus|apart from|other than|bar|save for|leav\w+ out|skip\w*|excluding|not)\b", clause.text, re.IGNORECASE)  # fmt: skip
    if spared is None or not clause.match(r" (?:everything|all|these|those|them|the list|the rest|every\w*|the lot|the others|whole|this|it|list|playlist) "):  # fmt: skip
        return []
    out = [mention.target for mention in mentions(clause, draft) if mention.start >= spared.end()]
    everything = _everything(draft)
    return [target for target in everything if target not in out] if out and len(out) < len(everything) else []


def _everything(draft: Draft) -> list[Target]:
    if draft.group:
        return list(draft.group)
    if len(draft.state.attached) > 1:
        return [{"id": id} for id in draft.state.attached]
    shown = draft.state.shown
    if shown is not None:
        return [{"id": id} for id in shown.ids]
    return [{"id": id} for id in draft.state.focus if draft.state.things[id].origin != "transcribe"]


def one(clause: Clause, draft: Draft) -> Target | None:
    """Return the one thing a clause is about: named in it, else what is in focus."""
    named = mentions(clause, draft)
    if named:
        return named[0].target
    if clause.has("original", "the recording", "the attachment", "the upload") and draft.state.focus:
        return original(draft)
    return the_intro(clause, draft) or draft.it


def original(draft: Draft, other_than: Target | None = None) -> Target | None:
    """Return what "the original" means: the root of the nearest piece in reach that is no mere product of this talk."""
    for target in draft.reach():
        if target == other_than:
            continue
        thing = draft.thing(target)
        while thing and thing.parents and (parent := draft.state.thing(thing.parents[-1])):
            thing = parent
        if thing:
            return {"id": thing.id}
    return draft.it


_NICKNAMES = ("intro", "outro", "beat", "loop", "melody", "bridge", "interlude", "jingle")


def the_intro(clause: Clause, draft: Draft) -> Target | None:
    """Return the piece that "the intro", "the beat" or another short title word means, newest first."""
    said = [word for word in _NICKNAMES if clause.has(f"the {word}", f"that {word}", f"this {word}")]
    if not said:
        return None
    called = [target for target in draft.reach() if said[0] in _label(target, draft)]
    return next((target for target in called if _is_new(target, draft)), called[0] if called else None)


def _is_new(target: Target, draft: Draft) -> bool:
    """Tell whether a piece was composed as such, and not joined or changed since."""
    thing = draft.thing(target)
    return thing is None or thing.origin == "generate"


def _label(target: Target, draft: Draft) -> str:
    """Return a piece's title, or the prompt of the step that makes it."""
    step = next((s for s in draft.steps if s.id == target.get("step")), None)
    if step is not None and step.tool == "generate":
        return str(step.args.get("prompt", "")).lower()
    thing = draft.thing(target)
    return thing.title.lower() if thing else ""
