"""What to make of words that no rule took: a search, a question, an answer to what is off the subject."""

from segue.agent.language import changing, criteria, finding, query
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.hearing import subjects
from segue.agent.language.reference import mentions

_VAGUE_QUESTION = "What is it for: something calm, something to move to, or a genre you have in mind?"


def is_vague(clause: Clause, draft: Draft) -> bool:
    """Tell whether a request for music says nothing about which."""
    found = criteria.read(clause, draft)
    return found.is_empty and not query.leftover(clause, found) and not draft.names and "“" not in clause.text


_OTHER_MUSIC = r" (?:similar|other (?:songs|tracks|artists|bands)|something|anything|artists|bands|playlists?|library|collection|recommend\w*|suggest\w*) "


def guess(clause: Clause, draft: Draft) -> None:
    """Make the best of a clause that no rule took."""
    attached = bool(draft.state.attached)
    made = draft.steps[-1].tool == "generate" if draft.steps else False
    if made and clause.match(
        r"^ (?:and )?(?:set|sing|put|play|record|perform) (?:it|this|that|them)(?: to (?:music|a melody|a tune))? $"
    ):
        return
    asks = clause.is_question or clause.text.rstrip().endswith("?") or clause.starts("would", "could", "will", "should")
    if asks and draft.it is not None and (draft.arena == "piece" or mentions(clause, draft)) and not clause.verb("find", "play", "make", "export") and not clause.match(_OTHER_MUSIC):  # fmt: skip
        draft.add("caption", {"clips": subjects(clause, draft), "question": clause.text})
        draft.doubt(0.5)
        return
    wished = criteria.read(clause, draft)
    if clause.is_question and not finding.is_search(clause, draft) and not wished.filters:
        return
    if draft.arena == "piece" and not (
        clause.songs or clause.genres or clause.moods or clause.head in ("find", "play")
    ):
        draft.part = clause.stems[0].value if clause.stems else draft.part  # "I can barely hear the bass, turn it up"
        return
    if (
        draft.arena == "piece"
        and not attached
        and finding.is_search(clause, draft)
        and len(clause.words) <= 3
        and changing.change(clause, draft)
    ):
        draft.doubt(0.6)
        return
    if draft.it is None and changing.is_change(clause) and clause.stems and not (clause.songs or clause.moods):
        draft.ask("There is nothing to change yet. Attach a recording, or tell me what to make.")
        return
    if draft.arena in ("empty", "list") or finding.is_search(clause, draft):
        if is_vague(clause, draft):
            return
        if draft.steps and not finding.is_search(clause, draft):
            draft.note(f"I did not understand “{clause.text}”.")
            draft.doubt(0.4)
            return
        finding.search(clause, draft)
        draft.doubt(0.9 if finding.is_search(clause, draft) else 0.5)
        return
    if attached:
        bare_attachment(draft)
        draft.doubt(0.5)


def fallback(clause: Clause, draft: Draft) -> None:
    """Answer where nothing was understood."""
    draft.doubt(0.3)
    if draft.part and clause.match(
        r" (?:dont|do not|didnt|never) (?:really )?(?:like|love|want|enjoy) | hate | cant stand "
    ):
        draft.ask(f"Shall I take the {draft.part} out, make it quieter, or play it on something else?")
        return
    if draft.focus:
        thing = draft.thing(draft.it)
        draft.ask(
            f"What shall I do with “{thing.title if thing else 'it'}”: describe it, change it, or find something like it?"
        )
        return
    musical = clause.genres or clause.moods or clause.stems or clause.instruments or clause.songs or clause.verbs
    if clause.is_question and not musical:
        off_topic(draft)
    elif clause.verbs and draft.it is None and changing.is_change(clause):
        draft.ask("There is nothing to change yet. Attach a recording, or tell me what to make.")
    elif musical and draft.arena == "empty":
        vague(draft)
    elif musical:
        thing = draft.thing(draft.it)
        name = f"“{thing.title}”" if thing and thing.title else "the music"
        draft.ask(f"I did not understand that. Shall I change {name}, describe it, or find something like it?")
    else:
        off_topic(draft)


def off_topic(draft: Draft) -> None:
    """Say that this is no matter of music, and what is."""
    draft.doubt(0.6)
    draft.reply = "That is outside of what I do: I only know about music. I can find, make, change, describe and write down music."


def vague(draft: Draft) -> None:
    """Show something and ask the one question that helps most."""
    if any(step.tool == "retrieve" for step in draft.steps):
        return
    draft.add("retrieve", {"max_per_artist": 1})
    draft.question = _VAGUE_QUESTION


def bare_attachment(draft: Draft) -> None:
    """Take an attachment without words: describe it and ask what it is for."""
    draft.add("caption", {"clips": [{"id": id} for id in draft.state.attached]})
    draft.question = (
        "What shall I do with it: describe it further, take it apart, write it down, or find something like it?"
    )
