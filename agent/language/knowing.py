"""Requests to understand music: descriptions, questions, measurements, and writing it down."""

import re
from typing import Any

from segue.agent.dialogue import Thing
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.hearing import MEASURES, subjects
from segue.agent.language.parts import parts
from segue.agent.language.query import asks_advice
from segue.agent.language.reference import group, mentions, one
from segue.tools.core.vocabulary import stems_in

_QUOTED = re.compile(r"[\"“«][^\"”»]{3,}[\"”»]|(?<!\w)['‘][^'’]{3,}['’](?!\w)")
_SHEET = r" (?:sheet music|sheet|score|notation|musicxml|music xml|partitura|noten|partition|notated|staff|tabs?|tablature|written music) "
_WORDS = r" (?:lyrics?|words|testo|paroles|letra|songtext|what (?:is|are|s|was)? ?(?:he|she|they|it|being)? ?(?:singing|saying|said|sung|says|sings|spoken)|spoken words?|speech|whats? (?:he|she|they) (?:singing|saying)|text) "  # fmt: skip
_TIMED = r" (?:lrc|karaoke|timestamps?|timed|timings?|time ?codes?|with times|synced|synchroni[sz]ed|subtitles) "
_DESCRIBE = r" (?:describe|caption|captions|description|summari[sz]e|summary|tell me (?:more |something |a bit |everything |all )?about|what (?:do you|can you) (?:hear|think|say|tell)|whats it like|what is it like|whats this like|how does (?:it|this|that) sound|beschreib\w*|descri\w+|decri\w+|characteri[sz]e|review|put (?:it|this) into words|in words) "  # fmt: skip
_IDENTIFY = r" (?:whats|what is|what|name|identify|recogni[sz]e|which|who is|whos|shazam|find out) (?:(?:the name of |the title of )?(?:this|that|it|it called|this called|song is (?:this|that|it|playing)|track is (?:this|that|it)|tune is (?:this|that)|piece is (?:this|that)|am i (?:humming|whistling|singing|playing)|is this|is playing|song|this song|this track|this tune|this piece|im humming|im whistling|ive recorded|i recorded|i hummed)) ?"  # fmt: skip
_SECTIONS = r" (?:what happens when|when does|what happens|sections?|structure|form|arrangement map|timeline|outline|walk me through|break (?:it|this|that) down|parts of the song) "  # fmt: skip


def identify(clause: Clause, draft: Draft) -> bool:
    """Take "what's this?": the attached clip is looked up, and described in case it is not known."""
    if not clause.match(_IDENTIFY) or clause.match(rf" (?:{MEASURES}) ") or clause.match(_SECTIONS):
        return False
    if _QUOTED.search(clause.text) or asks_advice(clause):
        return False
    if clause.has("chord", "chords", "note", "notes", "word", "words", "lyrics", "instrument", "about"):
        return False
    target = one(clause, draft)
    if target is None:
        draft.ask("What shall I identify? Attach the clip, or hum into the microphone.")
        return True
    if not draft.state.attached and named(target, draft):
        return True
    if len(clause.words) > 8 or clause.verb("make", "remove"):
        return False
    draft.add("retrieve", {"action": "identify", "like": [target]})
    draft.look_at(target)
    hummed = clause.match(r" (?:hum\w*|whistl\w+|singing) ")
    asked_more = len(clause.text) < 0.7 * len(draft.message)  # the rest of the message says what else is wanted
    if not hummed and not asked_more:
        draft.add("caption", {"clips": [target]})
    return True


def named(target: Target, draft: Draft) -> bool:
    """Say what a track of the library is, as its tags have it; tell whether it is one."""
    thing = draft.thing(target)
    if not (thing and thing.kind == "track" and thing.title):
        return False
    draft.reply = f"This is “{thing.title}”" + (f" by {thing.artist}." if thing.artist else ".")
    return True


def who(clause: Clause, draft: Draft) -> bool:
    """Take "who's singing this?": what the tags say, else the nearest in the library."""
    if not clause.match(r" (?:whos|who is|who|whose|which artist|what artist|which band|what band|which singer|chi|wer|qui) (?:\w+ )?(?:sing\w*|made|makes|plays?|playing|performs?|performing|wrote|is (?:this|that|it)|recorded|produced|composed|this|that|canta|singt|chante|by|song) ?"):  # fmt: skip
        return False
    if clause.match(r" (?:solos?|chorus|verse|bridge|intro|outro|fills?|first|last|louder|or) "):
        return False  # a question about what is heard
    target = one(clause, draft)
    if target is None:
        return False
    thing = draft.thing(target)
    if thing and thing.artist:
        draft.reply = f"“{thing.title}” is by {thing.artist}, say its tags."
        if len(clause.words) > 5:
            draft.reply += " More than that I do not know about it."
    elif thing and thing.origin in ("generate", "edit"):
        draft.reply = f"“{thing.title}” was made here, in this conversation."
    else:
        draft.add("retrieve", {"action": "identify", "like": [target]})
    return True


def transcribe(clause: Clause, draft: Draft) -> bool:
    """Take requests to write music down: notes, score, lyrics, chords, beats, sections."""
    asks = (
        clause.verb("transcribe")
        or clause.head in ("give", "write", "find", "")
        or clause.verb("give", "tag", "make", "turn", "replace")
        or clause.is_question
    )
    wanted = _forms(clause)
    if clause.verb("transcribe") and not wanted:
        wanted = ["notes"]
    if not wanted or not asks or (clause.verb("export") and "notes" in wanted):
        return False
    if clause.match(r" (?:is there|are there|does|do|did|how many|why|which of) ") and not clause.verb("transcribe"):
        return False
    target = one(clause, draft)
    if target is None:
        return False
    thing = draft.thing(target)
    if wanted == ["notes"] and thing and thing.has_score and not clause.verb("transcribe"):
        return False  # a score is exported, not transcribed
    args: dict[str, Any] = {"clip": target, "to": wanted}
    if stem := _stem(clause, draft, target, wanted):
        args["stem"] = stem
    if (
        clause.match(rf" (?:{MEASURES}) ")
        and not clause.verb("transcribe")
        and set(wanted) <= {"chords", "beats", "sections"}
    ):
        draft.add("tag", {"clip": target})
    draft.add("transcribe", args)
    return True


def _forms(clause: Clause) -> list[str]:
    wanted: list[str] = []
    if clause.match(r" (?:lead ?sheet|leadsheets?|fake ?book) "):
        wanted.append("leadsheet")
    elif clause.match(_SHEET) and not clause.verb("score"):
        wanted += ["score", "picture"]
    if (
        clause.match(_WORDS)
        and not clause.verb("make", "remove")
        and not clause.match(r" (?:in words|into words|in a few words|other words|key words) ")
    ):
        if clause.match(_TIMED):
            wanted.append("lrc")
        else:
            wanted.append("lyrics")
    elif clause.has("lrc", "karaoke file"):
        wanted.append("lrc")
    if (
        clause.match(
            r" (?:chords?|chord progression|progression|harmony|harmonies|changes|accordi|akkorde|accords|acordes) "
        )
        and not clause.chords
    ):
        wanted.append("chords")
    if clause.match(r" (?:beats|beat times|downbeats?|beat grid|beat positions|click times) ") and not clause.verb(
        "make", "remove", "add"
    ):
        wanted.append("beats")
    if clause.match(r" (?:sections|section times|section markers|form chart|structure) ") and clause.verb(
        "transcribe", "give", "tag"
    ):
        wanted.append("sections")
    if clause.match(r" (?:audacity labels|labels|label track|cue points|markers) "):
        wanted.append("labels")
    if (
        clause.match(
            r" (?:midi|notes|note list|piano roll|pitches|bass ?line|melody|riff|solo|what the \w+ plays?|noten|note) "
        )
        and clause.verb("transcribe")
        and not wanted
    ):
        wanted.append("notes")
    if clause.has("midi") and not clause.verb("export") and "notes" not in wanted and "score" not in wanted:
        wanted.append("notes")
    return wanted


def _stem(clause: Clause, draft: Draft, target: Target, wanted: list[str]) -> str | None:
    if set(wanted) <= {"chords", "beats", "sections", "lyrics", "lrc", "labels", "leadsheet"}:
        return None
    return stem_in(clause, draft, target)


def stem_in(clause: Clause, draft: Draft, target: Target) -> str | None:
    """Return the part that a clause names, or None."""
    found = parts(clause, draft.thing(target))
    if found:
        return found[0].value
    words = [
        stem.value
        for stem in stems_in(clause.text)
        if stem.value in ("bass", "drums", "vocals", "piano", "guitar", "melody")
    ]
    return words[0] if words else None


def describe(clause: Clause, draft: Draft) -> bool:
    """Take "describe this", "caption these five", "what happens when?"."""
    sections = clause.match(_SECTIONS) and (
        clause.is_question
        or clause.verb("caption", "give", "find", "tag", "transcribe")
        or len(clause.words) <= 3
        or clause.starts("walk me", "outline", "map")
    )
    if not (clause.match(_DESCRIBE) or clause.head == "caption" or sections):
        return False
    targets = subjects(clause, draft)
    if not targets:
        draft.ask("What shall I describe? Attach a clip or name a track.")
        return True
    args: dict[str, Any] = {"clips": targets}
    if sections:
        args["detail"] = "sections"
    elif clause.match(
        r" (?:one line|one sentence|briefly|short|in a sentence|in a word|quick|quickly|few words|in short) "
    ):
        args["detail"] = "short"
    draft.add("caption", args)
    return True


def compare(clause: Clause, draft: Draft) -> bool:
    """Take "which is slower, 1 or 4?", "what differs between these two?"."""
    comparing = clause.verb("compare") or clause.match(
        r" (?:differs?|differences?|differ from|different from|(?:how|what|are|is) [\w ]*different|in common|versus|vs|compared|similarit\w+) "
    )
    which = clause.match(r" (?:which|who) (?:\w+ )?(?:\w+ )?(?:is|has|sounds|are|one|of|do|feels) ") and (clause.match(r" \w+(?:er|est) ") or clause.match(r" (?:more|most|less|least|better|best) "))  # fmt: skip
    either = clause.is_question and len(mentions(clause, draft)) > 1 and clause.match(r" (?:or|and) .*\b(?:\w+er|more \w+|less \w+|the same|alike)\b")  # fmt: skip
    if not (comparing or which or either):
        return False
    targets = subjects(clause, draft)
    if len(targets) < 2:
        together = group(clause, draft) or [m.target for m in mentions(clause, draft)]
        other = draft.other_than(targets[0]) if targets else None
        targets = together if len(together) > 1 else [*targets, other] if other and comparing else []
    if len(targets) < 2 and which and draft.state.shown:
        targets = [{"id": id} for id in draft.state.shown.ids]
    if len(targets) < 2:
        if not comparing:
            return False
        draft.ask("Which ones shall I compare? Name them by number or title.")
        return True
    draft.add("caption", {"clips": targets, "question": clause.text})
    return True


def question(clause: Clause, draft: Draft) -> bool:
    """Take any other question about the music in focus."""
    if not clause.is_question and not clause.starts("tell me"):
        return False
    about = clause.match(
        r" (?:key change|modulat\w+|drums?|bass|vocals?|sing\w*|voice|instruments?|solo|tempo|bpm|key|chords?|chorus|verse|bridge|beat|rhythm|melody|harmony|mood|genre|loud\w*|music|song|track|recording|clip|sound\w*|"
        r"mix\w*|guitar|piano|note|notes|recapitulation|exposition|development|theme|motif|cadences?|fugue|dynamics|syncop\w+|tension|structure|starts?|begins?|ends?|enters?|come in|comes in|section|drop|intro|outro|ending|it|this|that|ai|ai made|ai generated|synthetic|human|real|mono|stereo|production|quality|they|he|she|one|played|recorded|style|\d+) "
    )
    if not about or (draft.it is None and not mentions(clause, draft)):
        return False
    targets = subjects(clause, draft)
    if not targets:
        return False
    draft.add("caption", {"clips": targets, "question": clause.text})
    draft.doubt(0.8)
    return True


def why(clause: Clause, draft: Draft) -> bool:
    """Take "why this one?": the evidence is in its features."""
    if not clause.starts("why", "how come", "perche", "warum", "pourquoi", "por que"):
        return False
    target = one(clause, draft)
    if target is None:
        return False
    things = [thing for each in (subjects(clause, draft) or [target]) if (thing := draft.thing(each)) and "id" in each]
    if things and all(thing.reasons for thing in things) and not clause.match(_OF_THE_SOUND):
        draft.reply = " ".join(evidence(thing) for thing in things)
        return True
    many = [{"id": thing.id} for thing in things] if len(things) > 1 else [target]
    draft.add("caption", {"clips": many, "question": clause.text})
    return True


# "why is it so dark?" asks about the sound, not why it was shown.
_OF_THE_SOUND = r" why (?:is|does|do|are|was|were) (?:it|this|that|they|these|the \w+)(?: \w+)? (?:so|too|sound\w*|feel\w*|change\w*|slow\w*|get|gets) "


def evidence(thing: Thing) -> str:
    """Say why a track was found: “Title” by Artist: reason; reason."""
    name = f"“{thing.title or thing.id}”" + (f" by {thing.artist}" if thing.artist else "")
    return f"{name}: {'; '.join(reason.rstrip('. ') for reason in thing.reasons)}."
