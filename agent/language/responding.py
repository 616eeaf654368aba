"""A message that asks for no tool, whatever its words: a turn of the talk, a word between people, another matter."""

import re

from segue.agent.dialogue import State
from segue.agent.language import guessing, knowing, refining, talk
from segue.agent.language.clause import Clause
from segue.agent.language.criteria import Criteria
from segue.agent.language.draft import Draft
from segue.agent.language.pivoting import playing
from segue.agent.plan import Plan, Ref

_THANKS = re.compile(r"\b(?:thanks?|thank you|thx|ta|cheers|grateful|obliged|appreciat\w*|merci|grazie|danke|gracias|bye|goodbye|night night|good night|see you|splendid|well done|farewell|cheerio)\b", re.IGNORECASE)  # fmt: skip
_ABOUT_US = re.compile(r"\b(?:you|this|it)\b.*\b(?:do|does|capable|able|use|work|works|help|good at|offer|know|can)\b|\b(?:what|how)\b.*\b(?:you|use|menu)\b", re.IGNORECASE)  # fmt: skip
_GREETS = re.compile(r"^\W*(?:hi|hello|hey|yo|namaste|howdy|hiya|greetings|good (?:day|morning|afternoon|evening)|evening|morning|ciao|hallo|hola|bonjour|salut|moin|servus|shalom|aloha|g'day)\b", re.IGNORECASE)  # fmt: skip
_OF_A_TRACK = re.compile(r"\b(?:who|whose|by whom|artist|singer|band|name|called|title|album|listening|playing|hearing)\b", re.IGNORECASE)  # fmt: skip
_OURS = re.compile(r"\b(?:you|menu)\b", re.IGNORECASE)


def replied(clause: Clause, draft: Draft) -> bool:
    """Answer with words alone: what is playing, hello, you're welcome, what can be done here, or that it is another matter."""
    text = clause.text
    if draft.arena == "list" and _OF_A_TRACK.search(text) and (track := playing(draft) or draft.it):
        return knowing.named(track, draft)
    if _THANKS.search(text):
        draft.reply = talk.welcome(draft.state)
    elif _ABOUT_US.search(text) and _OURS.search(text) and not re.search(r"\b(?:think|recommend|know (?:when|where|how))\b", text, re.IGNORECASE):  # fmt: skip
        draft.reply = talk.HELP
    elif _GREETS.search(text):
        draft.reply = talk.hello(draft.state)
    else:
        guessing.off_topic(draft)
    return True


def asked(_clause: Clause, draft: Draft) -> bool:
    """Ask what shall be done where something is to be done, and nothing says what."""
    thing = draft.thing(draft.it)
    name = f"“{thing.title}”" if thing and thing.title else "the music"
    draft.ask(f"What shall I do with {name}: describe it, change it, write it down, or find something like it?")
    return True


_BEFORE = re.compile(r"\b(?:before|scratch|boring|mistake|nah|enough|not)\b[^,.;]*$", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:first|1st|very beginning)\b", re.IGNORECASE)


def back(clause: Clause, draft: Draft) -> bool:
    """Go back to a list that was shown: the one whose words are said, the first, or the one before."""
    lists = draft.state.lists
    if not lists:
        return False
    for at, shown in enumerate(lists):
        word = talk.label_in(clause, shown)
        found = re.search(re.escape(word), clause.text, re.IGNORECASE) if word else None
        if found and not _BEFORE.search(clause.text[: found.start()]):
            draft.say("back", word)
            talk.reopen(draft, at)
            return True
    first = _FIRST.search(clause.text) is not None
    draft.say("back", "1" if first else None)
    talk.reopen(draft, 0 if first else -2)
    return True


def stopped(_clause: Clause, draft: Draft) -> bool:
    """Stop what runs, or leave what waits for a yes."""
    draft.say("cancel")
    return True


def undone(_clause: Clause, draft: Draft) -> bool:
    """Take the last change back."""
    draft.say("undo")
    return True


def agreed(_clause: Clause, draft: Draft) -> bool:
    """Say yes to the plan that waits; where none does there is nothing to say yes to."""
    if draft.state.pending is None:
        return False
    draft.say("confirm")
    return True


_OPINION = re.compile(r"^\s*(?P<how>i like|not)\s+[“\"](?P<title>.+)[”\"]\s*[.!]?\s*$", re.IGNORECASE)


def opinion(message: str, state: State) -> Plan | None:
    """Return the plan for what a list's buttons say, "I like “…”" and "not “…”", whatever the track is called."""
    said = _OPINION.match(message)
    if said is None:
        return None
    title = said["title"].casefold()
    shown = [id for listed in reversed(state.lists) for id in listed.ids if (thing := state.thing(id)) and thing.title.casefold() == title]  # fmt: skip
    if not shown:
        return None
    draft = Draft(message, state, [])
    if said["how"].lower() == "not":
        if draft.arena != "list":
            return None
        refining.wish(draft, Criteria(), rejected=shown[:1], seeds=[], added=[], widened=[], gone=[])
    draft.say("reject" if said["how"].lower() == "not" else "like", Ref(id=shown[0]))
    return draft.plan()
