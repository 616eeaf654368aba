"""Requests to write music down: notes, score, words, chords, beats; the forms by the words people use for them."""

from typing import Any

from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.hearing import subjects
from segue.agent.language.parts import parts
from segue.agent.language.reference import mentions
from segue.tools.core.vocabulary import stems_in

_ON_PAPER = r" (?:sheet ?music|sheets?|scores?|notation|notated|musicxml|music xml|partitura|noten|partition|sta(?:ff|ve)s?|tabs?|tablature|written music|dots|on paper|onto paper|manuscript|engraved?|(?:write|writing|put|get|jot|take|set) (?:\w+ ){0,4}?down (?:both )?(?:the |its )?(?:music|musik|notes)|the (?:music|musik)(?: itself)?(?= and | plus ))(?: |$)"  # fmt: skip
_LEADSHEET = r" (?:lead ?sheets?|fake ?book|real book|lead sheet) "
_WORDS = r" (?:lyrics?|(?:and|plus|with|both|or) (?:\w+ )?(?:words|text)|words (?:included|as well|too|with|or)|(?:the |its |all |out |sung )words|words (?:and|plus)|the text|text of|song words|testo|paroles|letra|songtext|song text|what (?:is|are|s|was)? ?(?:\w+ )?(?:he|she|they|it|being|the (?:singer|vocalist|man|woman|rapper|choir))? ?(?:is|s|are|was)? ?(?:actually )?(?:singing|saying|said|sung|says|sings|spoken|sang|raps|rapping|rapped)|spoken words?|speech|whats? (?:he|she|they|the singer) (?:singing|saying)|rapped|lines the singer) "  # fmt: skip
_TIMED = r" (?:lrc|karaoke|time ?stamp\w*|timed|timings?|time ?codes?|with (?:the |its )?times?|(?:times? (?:of|for)) (?:each|every)|synced|synchroni[sz]ed|sub ?titles?|srt|stamped|mm ss|start times?|second by second|when (?:each|every) (?:line|word)|(?:each|every) (?:line|word) (?:starts?|begins?|comes?|with (?:its|the|a) time)|per line times?|sing ?along) "  # fmt: skip
_CHORDS = r" (?:chords|chord progressions?|progressions?|harmony|harmonies|changes|accordi|akkorde|accords|acordes|harmonic (?:progression|structure|sequence|rhythm)|chord (?:chart|sheet|symbols?)) "  # fmt: skip
_BEATS = r" (?:beats? (?:times?|positions?|grid|markers?|stamps?)|downbeats?|click times|(?:where|when) (?:do |does |are |is )?(?:the |all |each |every )*(?:beats?|downbeats?|ones?|pulses?|bar lines?|barlines?) (?:fall|falls|land|lands|are|is|hit|hits|lie|sit|come)\w*|beats) "  # fmt: skip
_NOTES = r" (?:midi|note list|piano roll|(?:write|jot|note) (?:\w+ ){1,6}down|as notes|into notes|the notes|notes (?:of|for|from|it|that|the|to)|every note|each note|note for note|pitches|down as notes|in notes|(?:everything|what|all) (?:that )?the \w+ (?:plays?|is playing|played)) "  # fmt: skip
_ASKING = r" (?:transcri\w+|notat\w+|write|writing|put|need|want|like|love|give|get|make|turn|out|down|see|print|show|have|read\w*|can|could|please|pls|plz|produce|create|generate|engrave|from|play|sing|learn|practi[cs]e|rehearse|for (?:my|our|the|her|his|a)|of|as|what|which|where|when|whats) "  # fmt: skip
_PLAYERS = {"brass": "brass", "horns": "brass", "strings": "strings", "synth": "synth", "singer": "vocals", "drummer": "drums", "bassist": "bass", "pianist": "piano", "guitarist": "guitar", "sung tune": "vocals", "vocal line": "vocals", "groove": "drums"}  # fmt: skip


_TUNE = r" (?:(?:the|this|its|a|my|both|and|plus|down|with|write|transcribe|jot|note) (?:\w+ )?(?:tune|melody|top ?line|notes|music|part)|tune|notes|music (?:and|plus)) "


def transcribe(clause: Clause, draft: Draft) -> bool:
    """Take what asks for a written form in plain words; several forms of one request become one step."""
    if draft.it is None or clause.head in ("remove", "find", "replace", "add", "transpose", "isolate", "regenerate", "compare", "extend", "up", "down", "restyle"):  # fmt: skip
        return False
    if clause.match(r" (?:different|other|new|richer|jazz|better|more|fewer|karaoke) (?:chords|harmon\w+|changes|lyrics|words|version|track) ") or clause.match(r" (?:\w+(?<!pap)(?<!numb)(?<!aft)(?<!oth)(?<!pow)(?<!ev)er|more|less|louder) (?:chords?|harmon\w+|notes|lyrics|words|version) | (?:chords?|harmon\w+|lyrics|words|beats) (?:\w+er|more \w+|less \w+) "):  # fmt: skip
        return False
    if clause.head == "export" and not clause.has("print"):
        return False
    wanted = forms(clause)
    if not wanted or clause.chords or not (clause.match(_ASKING) or len(clause.words) <= 6):
        return False
    if clause.match(r"^ (?:is|are|does|do|did|has|have|was|were|how many|why) | (?:is there|are there|which of|changed?|better|means?|meaning|about|repeat\w*|modulat\w+|most common) "):  # fmt: skip
        return False
    if clause.match(r" (?:new|new lyrics|set .* to music|song about|lyrics? (?:about|on|for)) ") or (clause.genres and clause.head in ("make", "write")):  # fmt: skip
        return False
    if clause.match(
        r" (?:for|to|under|over) (?:my|the|these|those) (?:chords|lyrics|words|notes) "
    ) and clause.head in ("make", "write", "give"):
        return False  # music to go with them
    targets = subjects(clause, draft)
    if draft.arena != "piece" and not (mentions(clause, draft) or clause.match(r" (?:it|its|this|that|these|those) ")):
        return False
    target = targets[0]
    thing = draft.thing(target)
    if thing and thing.has_score and clause.formats and set(wanted) <= {"notes", "score", "picture"}:
        return False
    if thing and thing.has_score and set(wanted) <= {"notes", "score", "picture"} and not _stem(clause, draft, target):
        return False  # a score is exported, not transcribed
    written = next((step for step in draft.steps if step.id == target.get("step") and step.tool == "generate"), None)
    files = written is not None and "notes" in wanted and clause.has("midi")
    if files:  # what is composed here has its notes: its MIDI is a file of it
        wanted = [form for form in wanted if form != "notes"]
        if "score" in wanted and "picture" not in wanted:
            wanted.append("picture")
        if wanted:
            draft.add("transcribe", {"clip": target, "to": wanted})
        draft.add("export", {"items": [target], "formats": ["midi"]})
        return True
    args: dict[str, Any] = {"clip": target, "to": wanted}
    if not set(wanted) <= {"chords", "beats", "lyrics", "lrc", "leadsheet"} and (stem := _stem(clause, draft, target)):
        args["stem"] = stem
    if set(wanted) <= {"chords", "beats"} and clause.match(r" (?:tempo|bpm|key|genre|mood|meter) "):
        draft.add("tag", {"clip": target})
    if args.get("stem") == "vocals" and {"lyrics", "lrc"} & set(wanted):
        del args["stem"]  # the words are sung: that names no part
    last = draft.steps[-1] if draft.steps else None
    if (
        last
        and last.tool == "transcribe"
        and last.args["clip"] == target
        and "stem" not in last.args
        and "stem" not in args
    ):
        last.args["to"] = [*last.args["to"], *(form for form in wanted if form not in last.args["to"])]
        return True
    draft.add("transcribe", args)
    return True


def forms(clause: Clause) -> list[str]:
    """Return the written forms that a clause names."""
    wanted: list[str] = []
    if clause.match(_LEADSHEET):
        wanted.append("leadsheet")
    elif clause.match(_ON_PAPER) and clause.has("musicxml", "music xml") and not clause.match(r" (?:sheet\w*|pdf|print\w*|picture|page|paper) "):  # fmt: skip
        wanted.append("score")  # a file for a notation program, and nothing to look at
    elif clause.match(_ON_PAPER) and not clause.match(r" score (?:this|that|the|my|a|it) "):
        wanted += ["score", "picture"]
    if clause.match(_WORDS) and not clause.match(r" (?:in|into) (?:\w+ )?words "):
        wanted.append("lrc" if clause.match(_TIMED) else "lyrics")
    elif clause.match(r" (?:lrc|karaoke|sub ?titles?|srt) "):
        wanted.append("lrc")
    if clause.match(_CHORDS):
        wanted.append("chords")
    if clause.match(r" (?:sections|structure|form) ") and {"chords", "beats", "notes"} & {*wanted, *(["beats"] if clause.match(_BEATS) else [])}:  # fmt: skip
        wanted.append("sections")
    if {"lyrics", "lrc"} & set(wanted) and not {"score", "leadsheet"} & set(wanted) and clause.match(_TUNE):
        wanted.insert(0, "notes")  # "both the tune and the text"
    if clause.match(_BEATS) and not clause.verb("make", "remove", "add"):
        wanted.append("beats")
    if (
        clause.match(_NOTES)
        and (not wanted or clause.match(r" midi "))
        and not clause.match(r" (?:liner|program\w*) notes ")
    ):
        wanted = [*(form for form in wanted if form != "picture"), "notes"]  # files, and nothing to look at
    return wanted


def _stem(clause: Clause, draft: Draft, target: Target) -> str | None:
    played = next((stem for word, stem in _PLAYERS.items() if clause.has(word)), None)
    if played:
        return played
    found = parts(clause, draft.thing(target))
    if found:
        return found[0].value
    known = ("bass", "drums", "vocals", "piano", "guitar", "melody")
    return next((stem.value for stem in stems_in(clause.text) if stem.value in known), None)
