"""Short messages of a talk about music that mean one thing only: a limit is lifted, a genre taken up, an artist gone on with.

"drop the rating", "switch to reggae", "anything else by them?", "what have I got from Kind of Blue?", "help me fall asleep":
each is the whole of a message, and is planned as the plainer words that the rules know.
"""

import re
from collections.abc import Callable

from segue.agent.dialogue import State
from segue.agent.language.draft import arena
from segue.agent.plan import Plan, Step
from segue.tools.core.vocabulary import genre

Further = Callable[[str, State], Plan]

_BEFORE = (
    r"^\W*(?:(?:ok(?:ay)?|now|then|so|well|right|please|and|but|actually|hm+|alright|in that case|let'?s)[,.]?\s+)*"
)
_AFTER = r"(?:\s+(?:again|then|now|please|altogether|completely|entirely|after all))*\W*$"
_LIFT = re.compile(_BEFORE + r"(?:drop|remove|lift|lose|scrap|ditch|take (?:off|away|out)|get rid of|do away with|let go of|forget(?: about)?|never mind)\s+(?:the |that |any |my )?(?P<what>year|decade|rating|stars?|genre|language|length|duration|key)s?(?:\s+(?:limit|filter|restriction|constraint|requirement|rule|condition|thing|range)s?)?" + _AFTER, re.IGNORECASE)  # fmt: skip
_SWITCH = re.compile(_BEFORE + r"(?:switch|change|move|go|jump|hop)(?: it| things| this)?(?: over| on)? to\s+(?:some |a bit of )?(?P<genre>[\w&' -]{2,30}?)(?: music)?(?: instead)?" + _AFTER, re.IGNORECASE)  # fmt: skip
_BY_THEM = re.compile(_BEFORE + r"(?:(?:is there |are there |do (?:i|you|we) have |have (?:i|you|we)(?: got)? |got |find |play |show me |give me )?(?:anything|something|any|what|more|some|other (?:songs|tracks|stuff|things))(?: (?:else|more|other|songs|tracks|stuff|things))*(?: (?:do (?:i|we|you) have|have (?:i|we|you) got|is there))?)\s+(?:by|from|of)\s+(?:them|him|her|(?:this|that|the same) (?:artist|band|singer|guy|group|woman|man))" + _AFTER, re.IGNORECASE)  # fmt: skip
_OWNED = re.compile(_BEFORE + r"what(?:'s| is| else)?\s+(?:have (?:i|we) got|do (?:i|we) (?:have|own)|(?:i|we) (?:have|own)|is there|there|have you got)(?: (?:here|in (?:my|the) library))?\s+(?P<how>from|by|of|off|on)\s+(?P<name>[^,;?!]{2,60}?)\W*$", re.IGNORECASE)  # fmt: skip
_HELPS = re.compile(_BEFORE + r"(?:can you |could you |please )?help(?:s|ing)? (?:me|us|my \w+)(?: to)? (?P<what>(?:fall (?:back )?asleep|get to sleep|sleep|relax|unwind|wind down|calm down|chill(?: out)?|focus|concentrate|study|wake up|meditate|de-?stress|nod off)\b[\w ]{0,30}?)" + _AFTER, re.IGNORECASE)  # fmt: skip
_FIELDS = {
    "year": ("year_min", "year_max"), "decade": ("year_min", "year_max"), "rating": ("rating_min",), "star": ("rating_min",),
    "genre": ("genre", "exclude_genres"), "language": ("language",), "length": ("duration_min_s", "duration_max_s"),
    "duration": ("duration_min_s", "duration_max_s"), "key": ("key",),
}  # fmt: skip
_PLAIN = {"star": "rating", "decade": "year"}
_DOES = {"fall asleep": "sleep", "fall back asleep": "sleep", "get to sleep": "sleep", "nod off": "sleep"}


def heard(message: str, state: State, further: Further) -> Plan | None:
    """Return the plan for such a message; None for any other.

    Parameters
    ----------
    further : plans the plainer words.
    """
    if helps := _HELPS.match(message):
        what = helps["what"].lower().strip()
        return further(f"find music for {_DOES.get(what, what)}" if what in _DOES else f"find music to {what}", state)
    if owned := _OWNED.match(message):
        return _owned(owned["how"].lower(), owned["name"].strip(), state, further)
    if arena(state) != "list":
        return None
    if lift := _LIFT.match(message):
        return _lifted(lift["what"].lower().rstrip("s"), message, state, further)
    if (switch := _SWITCH.match(message)) and (found := genre(switch["genre"].strip().lower())):
        return further(f"now some {found.title.lower()}", state)
    if _BY_THEM.match(message) and (thing := state.thing(state.focus[0]) if state.focus else None) and thing.artist:
        known = [id for id in state.focus[:1] if id in state.things]
        args = {"filters": {"artist": thing.artist, "exclude": known}}
        return Plan(planner="builtin", steps=[Step(id="s1", tool="retrieve", args=args)])
    return None


def _lifted(what: str, message: str, state: State, further: Further) -> Plan | None:
    last = (
        state.last_args if state.last_tool == "retrieve" else {}
    )  # a search that found nothing is not the one in force
    held = {**(last.get("filters") or {}), **(state.search.get("filters") or {})}
    plain = _PLAIN.get(what, what)
    if what == plain and any(name in held for name in _FIELDS[what]) and re.match(rf"\W*forget the {plain}\W*$", message, re.IGNORECASE):  # fmt: skip
        return None  # these are the plainer words
    if not any(name in held for name in _FIELDS[what]):
        return Plan(planner="builtin", reply=f"No limit on the {plain} is in force, so there is none to drop.")
    return further(f"forget the {plain}", state)


def _owned(how: str, name: str, state: State, further: Further) -> Plan | None:
    if re.match(r"(?:the )?(?:'?\d[\w']*|(?:nine|eigh|seven|six|fif|for|thir|twen)t\w*|that|this|these|them|him|her|it|those|here|(?:the|my|our) (?:list|library|collection|playlist|shelf)|offer|playlists?)\b", name, re.IGNORECASE):  # fmt: skip
        return None  # years and what is pointed at are read elsewhere
    if how == "by":
        return further(f"find songs by {name}", state)
    return Plan(planner="builtin", steps=[Step(id="s1", tool="retrieve", args={"query": name, "k": 20})])
