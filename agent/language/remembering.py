"""Requests about what is remembered: taste, what is learnt, smart playlists, when something was last played, "this bit"."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from segue.agent.dialogue import State
from segue.agent.language import lifting, standing
from segue.agent.plan import Plan, StateOp, Step

Further = Callable[[str, State], Plan]
_NAME = r"[\"“'‘«]?(?P<name>[^\"”'’»]{1,80}?)[\"”'’»]?"
_END = r"\s*[.!?]*\s*$"
_PLEASE = r"^\W*(?:(?:please|ok|okay|hey|now|can you|could you|would you)[, ]+)*"
_NO_LEARNING = re.compile(r"[,;.]?\s*\b(?:and |but )?(?:please )?(?:don'?t|do not|never) (?:learn|remember)(?: anything)?(?: from (?:this|it|that|now)(?: (?:one|conversation|session|chat|search|talk))?| my (?:likes|taste) (?:here|now))" + _END, re.IGNORECASE)  # fmt: skip
_LEARN_AGAIN = re.compile(_PLEASE + r"(?:you (?:may|can) )?(?:learn|remember)(?: from (?:this|me))? again" + _END, re.IGNORECASE)  # fmt: skip
_MY_TASTE = r"(?:my (?:musical |music )?tastes?|what i (?:like|love|dislike))"
_SHOW_TASTE = re.compile(_PLEASE + rf"(?:what (?:do you (?:know|remember)|have you (?:learn(?:ed|t)|remembered)|did you learn) (?:about|of|from) (?:me|{_MY_TASTE})|(?:show|tell|list)(?: me)? {_MY_TASTE}|what(?:'s| is) my taste|what do i like)" + _END, re.IGNORECASE)  # fmt: skip
_FORGET_TASTE = re.compile(_PLEASE + rf"(?:forget|erase|delete|clear|wipe|reset)(?: everything| all)?(?: (?:that )?you (?:know|learn(?:ed|t)|remember) (?:about|of))?(?: about)? (?:me|{_MY_TASTE})" + _END, re.IGNORECASE)  # fmt: skip
_FORGET_ONE = re.compile(_PLEASE + rf"forget that i (?:ever )?(?:like|liked|loved|hate|hated|disliked|rejected|turned down) {_NAME}" + _END, re.IGNORECASE)  # fmt: skip
_SAVE = re.compile(_PLEASE + rf"(?:save|keep|store|make|turn) (?:this|that|it|the (?:search|list|playlist))(?: search| list| playlist)?(?: as| into)? an? (?:smart|live|dynamic|self-updating) (?:playlist|list)(?:,? (?:called|named)? ?{_NAME})?" + _END, re.IGNORECASE)  # fmt: skip
_REFRESH = re.compile(_PLEASE + rf"(?:refresh|update|renew)(?: (?:the|my))?(?: smart)?(?: playlist)? {_NAME}(?: (?:smart )?playlist)?" + _END, re.IGNORECASE)  # fmt: skip
_LISTS = re.compile(_PLEASE + r"(?:(?:show|list|tell)(?: me)?|what|which)(?: are)?(?: all)?(?: of)?(?: my| the)? (?:smart|saved|kept|live) (?:playlists|searches)(?: (?:do i have|are there|have i got))?" + _END, re.IGNORECASE)  # fmt: skip
_SINCE = re.compile(
    r"[,;]?\s*\b(?:that )?(?:i(?:'ve| have)? )?(?:haven'?t|have not|not|un)\s?(?:been )?(?:played|listened to|heard|put on)(?: it| them| them once)? "
    r"(?:since (?:(?:the )?(?:end of |start of |beginning of )?(?P<year>(?:19|20)\d\d)|(?P<last>last) (?P<span>week|month|year|spring|summer|autumn|fall|winter)|(?P<month>january|february|march|april|may|june|july|august|september|october|november|december)(?: (?P<of>(?:19|20)\d\d))?)"
    r"|(?:in|for)(?: (?:over|more than|at least))? (?P<count>an?|\d+|two|three|four|five|six|ten) (?P<unit>weeks?|months?|years?)|(?:in|for) (?:ages|years|a long (?:time|while)|forever)(?P<ages>))",
    re.IGNORECASE,
)  # fmt: skip
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")  # fmt: skip
_DAYS = {"week": 7, "month": 30, "year": 365}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_COUNTS = {"a": 1, "an": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_AGES_DAYS = 730
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def heard(message: str, state: State, further: Further, today: date | None = None) -> Plan | None:
    """Return the plan for a request about what is remembered; None where the message is about something else.

    Parameters
    ----------
    further : plans the rest of a message.
    """
    if (plan := lifting.heard(message, state, further)) is not None:
        return plan
    text = message.strip()
    if _LEARN_AGAIN.match(text):
        return Plan(planner="builtin", state=[StateOp(op="drop", target="not learning")])
    if match := _NO_LEARNING.search(text):
        return _besides(
            further(text[: match.start()], state) if match.start() > 3 else Plan(planner="builtin"), "learning"
        )
    if _SHOW_TASTE.match(text):
        return _library({"action": "taste"})
    if _FORGET_TASTE.match(text):
        return _library({"action": "taste", "fields": ["forget"]})
    if match := _FORGET_ONE.match(text):
        return _library({"action": "taste", "fields": ["forget"], **_who(match["name"], state)})
    if _LISTS.match(text):
        return _library({"action": "playlists"})
    if match := _SAVE.match(text):
        return _saved(match["name"], state)
    if (match := _REFRESH.match(text)) and "playlist" in text.lower():
        return _library({"action": "refresh", "name": match["name"]})
    if match := _SINCE.search(text):
        return _not_since(text, match, state, further, today or date.today())
    return standing.here(text, state, further)


def _besides(plan: Plan, target: str) -> Plan:
    return plan.model_copy(update={"state": [*plan.state, StateOp(op="drop", target=target)]})


def _library(args: dict[str, Any]) -> Plan:
    return Plan(planner="builtin", steps=[Step(id="s1", tool="library", args=args)])


def _who(name: str, state: State) -> dict[str, Any]:
    """Return which remembered liking is meant: a shown track by its number, "it", else a name."""
    words = name.strip().lower()
    ids = state.shown.ids if state.shown else []
    number = re.search(r"\d+", words)
    place = int(number[0]) - 1 if number else next((n for n, word in enumerate(_ORDINALS) if word in words.split()), -1)
    if 0 <= place < len(ids):
        return {"items": [{"id": ids[place]}]}
    if words in ("it", "this", "that", "this one", "that one") and state.focus:
        return {"items": [{"id": state.focus[0]}]}
    return {"name": name.strip()}


def _saved(name: str | None, state: State) -> Plan:
    if not state.search:
        return Plan(planner="builtin", question="There is no search to keep yet. What shall the playlist hold?")
    label = state.shown.label if state.shown else ""
    search = {key: value for key, value in state.search.items() if key != "among"}
    rejected = [id for id, role in state.roles.items() if role == "REJECTED" and not id.startswith("artist:")]
    search["filters"] = {**(search.get("filters") or {}), "exclude": rejected}  # not what was merely shown before
    search["talk"] = {"said": state.said, "liked": state.liked, "disliked": state.disliked}  # it ranked the list, too
    return _library({"action": "save", "name": (name or label or "playlist").strip(), "search": search})


def _not_since(text: str, match: re.Match[str], state: State, further: Further, today: date) -> Plan | None:
    """Plan the rest of a message, with a limit on when its tracks were last played."""
    rest = " ".join(f"{text[: match.start()]} {text[match.end() :]}".split()).strip(" ,;")
    plan = further(rest, state) if len(rest.split()) > 1 else Plan()
    if not any(step.tool == "retrieve" for step in plan.steps):
        plan = further("surprise me", state)
    day = _day(match, today)
    steps = [
        step.model_copy(update={"args": {**step.args, "filters": {**(step.args.get("filters") or {}), "not_since": day}}})
        if step.tool == "retrieve" else step
        for step in plan.steps
    ]  # fmt: skip
    return plan.model_copy(update={"steps": steps})


def _day(match: re.Match[str], today: date) -> str:
    """Return the day before which a track must have been played last: "since 2021" lets 2021 itself be the last time."""
    if match["year"]:
        return f"{int(match['year']) + 1}-01-01"
    if match["month"]:
        month = _MONTHS.index(match["month"].lower()) + 1
        return _after(int(match["of"]) if match["of"] else today.year - (month > today.month), month)
    if match["last"]:
        span = match["span"].lower()
        if span in _SEASONS:
            end = _SEASONS[span] + 2
            return _after(today.year - (end >= today.month), end)
        return (today - timedelta(days=_DAYS[span])).isoformat()
    if match["count"]:
        count = match["count"].lower()
        number = _COUNTS.get(count) or int(count)
        return (today - timedelta(days=min(number, 100) * _DAYS[match["unit"].lower().rstrip("s")])).isoformat()
    return (today - timedelta(days=_AGES_DAYS)).isoformat()


def _after(year: int, month: int) -> str:
    """Return the first day after a month; months beyond December are of the next year."""
    return f"{year + month // 12}-{month % 12 + 1:02d}-01"
