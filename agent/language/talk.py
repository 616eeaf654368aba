"""What steers the conversation itself: undo, yes and no, back, corrections, greetings, help."""

import re

from segue.agent.dialogue import ShownList, State, Thing
from segue.agent.language import clauses
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.reference import names_in
from segue.agent.language.turning import TAGS_BACK
from segue.tools.core.vocabulary import fold, words_of

HELP = (
    "I find, make, change, describe and write down music. For example: “find something calm in my library”, “make 40 seconds of lo-fi "
    "in D minor at 90 bpm”, “remove the drums”, “transcribe the bass as MIDI”, “what key is it in?”, “save these as m3u8”. "
    "Attach a recording, or just say what you would like to hear. “undo that” takes a step back."
)
_YES = frozenset(
    [
        "yes",
        "yeah",
        "yep",
        "yup",
        "sure",
        "ok",
        "okay",
        "fine",
        "y",
        "ja",
        "oui",
        "si",
        "go",
        "confirm",
        "confirmed",
        "absolutely",
        "definitely",
        "correct",
        "proceed",
        "approved",
        "right",
        "agreed",
    ]
)
_YES_PHRASES = ("go ahead", "do it", "please do", "yes please", "sounds good", "go for it", "of course", "why not", "thats right", "make it so", "yes do it", "do that", "write them", "all right", "alright", "i am sure", "im sure", "vai", "d accord", "mach das", "thats fine", "fine by me", "carry on", "good to go", "green light", "by all means", "lets do it", "do so", "you may", "you can", "lgtm", "no objections", "no problem", "works for me", "fire away", "thats ok", "thats okay", "be my guest", "feel free", "apply it", "apply them", "write it", "write that", "i agree", "perfect", "be it")  # fmt: skip
_NO = frozenset(
    [
        "no",
        "nope",
        "nah",
        "never",
        "cancel",
        "stop",
        "abort",
        "dont",
        "n",
        "nein",
        "non",
        "halt",
        "wait",
        "hold",
        "quit",
        "forget",
    ]
)
_NO_PHRASES = ("leave it", "rather not", "better not", "not now", "do not", "never mind", "nevermind", "forget it", "stop it", "hold on", "dont do it", "no thanks", "cancel that", "please dont", "lass es", "lascia stare", "leave them", "leave my", "hands off", "dont touch", "not yet", "second thought", "second thoughts", "changed my mind", "id rather", "i would rather", "keep my", "keep them", "as they are", "the way they are", "as it is", "rather you didnt", "not a chance", "no way", "dont change", "dont write", "drop it", "scrap that", "scrap it", "back off", "skip it", "skip that")  # fmt: skip
_BUSY = r"(?:job|run|render|rendering|generation|music|process|processing|task|search|export|download|playback|mission|work|whole thing|request|order|conversion|analysis|separation)"
_STOP = (
    r"^ (?:(?:no|ok|okay|oh|hey|wait|whoa|woah|enough|please|just|actually|sorry|right|thats|that is|hmm|nvm|never ?mind|can you|could you|you can|you may|i said|i want you to|lets|now) )*"
    rf"(?:stop|cancel|abort|halt|quit|cease|terminate|interrupt|enough|basta|stopp|arrete|para|annulla|(?:cancel|stop|abort|halt|kill|end) (?:the|this|that|my|your) (?:\w+ )?{_BUSY}|hold on|hold it|wait|nvm|never ?mind|dont bother|do not bother|call (?:it|that|the whole thing) off|pull the plug|give (?:it )?up|cut (?:it|that) (?:out|short)|changed my mind|i changed my mind|ive changed my mind|forget about (?:it|that|this)|(?:drop|leave|scrap|forget|kill|end|ditch) (?:it|that|this|everything))"
    rf"(?: (?:it|that|this|now|right|there|here|please|everything|all|at once|immediately|instantly|mission|for now|off|already|thanks|thank you|with (?:it|that|this)|dont|need|anymore|any|more|you|can|stop|cancel|abort|working|generating|rendering|processing|running|doing|what|youre|whatever|instead|then|be|after|quick|{_BUSY}|the {_BUSY}|(?:i )?(?:ive )?changed my mind|i dont (?:need|want) (?:it|that|this)|enough))* $"
)  # fmt: skip
_UNDO = r" (?:undo|take (?:that|it) back|revert(?: that| it)?|roll (?:it |that )?back|go back (?:one|a) step|step back|back to (?:before|how it was|the previous|the one before|the version before|the last version)|restore the (?:previous|last|old)|annulla|ruckgangig|deshacer?|annule|that was (?:wrong|a mistake|worse)|i liked it better before|as it was before|previous version|unmake) |^ (?:no |hmm |wait |oh |please |stop |ok |okay )*go back(?: please| to (?:it|that))? $"  # fmt: skip
_REDO = r"^ (?:redo(?: (?:that|it|again|please))*|do (?:it|that) again after all|un ?undo|bring (?:it|that) back|reapply|restore (?:it|that)|wiederholen|ripeti|put (?:it|that) back) $"  # fmt: skip
_DONE = r"^ (?:so |and |ok |tell me )*(?:what (?:did|have) you (?:just )?(?:do|done|change|changed|did)(?: (?:to|with|about|in) (?:it|this|that|the \w+))?(?: so far| just now| exactly| again)*(?: (?:and )?(?:with|using|at|by) (?:which|what) (?:parameters?|settings?|values?|numbers?))?|(?:which|what) (?:parameters?|settings?|values?) (?:did you use|have you used|were used|are these|are they)(?: for (?:it|this|that))?) $"
_GREETING = r"^ (?:(?:hi|hello|hey|good (?:morning|evening|afternoon|day)|greetings|howdy|yo|hiya|sup|ciao|hallo|hola|bonjour|salut|moin|buongiorno|guten (?:tag|morgen|abend)|there|segue|again|everyone|you|friend|how are you|how is it going|hows it going|whats up) ?)+$"  # fmt: skip
_THANKS = r"^ (?:(?:many )?(?:thanks|thank you|thx|cheers|ty|grazie|danke|merci|gracias|great|perfect|awesome|nice|cool|lovely|wonderful|amazing|excellent|good job|well done|brilliant|love it|i love it|i like it|thats (?:great|perfect|nice|good|lovely|beautiful|it|all)|so much|very much|a lot|mille|schon|vielen dank|bye|goodbye|see you|good night|ta|thats? all|all|(?:for|until|till) (?:today|now|tonight|tomorrow|later)|im done|we are done|were done|nothing else|thatll do|that will do|that does it|much appreciated|appreciated|appreciate|a bunch|bunches|a ton|tons|a million|heaps|loads|legend|youre|a star|star|hero|that (?:is|was) (?:great|perfect|nice|good|all|lovely)|beautiful|fantastic|super|the best|you|job|work|one|sounds (?:great|good)|i|am|im|happy|ok|okay|really|that|is|it|looks|for (?:the|your) help|for that|everything|haha|lol|wow|yay) ?)+$"  # fmt: skip
_HELP = r" (?:what (?:is it |exactly )?(?:that )?(?:you do|are you (?:for|good at|able to do))|what (?:can|could|do) (?:you|i) (?:do|ask|say)|what (?:are|is) you|who are you|what are you|how do (?:you|i|we) (?:use|work|start|do this)|how does this work|help(?: me)?|what (?:is this|now)|what else can you do|your (?:capabilities|features|functions|commands)|commands|examples|instructions|tutorial|was kannst du|cosa sai fare|que sais tu faire|que puedes hacer|can you (?:do anything|help)|are you (?:a bot|an ai|human|real)) |^ (?:can|could|do) you (?:sing|talk|dance|compose|play|hear|listen|improvise|speak)(?: \w+)? $"  # fmt: skip


def whole(message: str, draft: Draft) -> bool:
    """Take a message that as a whole steers the conversation; tell whether it was one."""
    state = draft.state
    clause = Clause(message)
    words = [word.plain for word in clause.words]
    if not words:
        if state.attached:
            return False
        draft.reply = "I heard nothing. " + HELP
        return True
    foreign = not any("a" <= letter <= "z" for word in words for letter in word) and any(map(str.isalpha, words))
    if foreign and not (draft.names or state.attached or state.pending):
        draft.reply = "I cannot read that script: please say it in English. " + HELP
        return True
    if answered(message, draft):
        return True
    if state.pending is None and len(words) <= 3 and set(words) <= _YES | _NO | {"please", "thanks", "that", "it"}:
        draft.reply = "Nothing waits for a yes or a no. " + _next(state)
        return True
    if clause.match(_DONE) and state.latest is not None:
        draft.reply = _made_how(state.latest, state)
        return True
    if clause.match(_REDO):
        draft.say("redo")
        return True
    if clause.match(_GREETING) and not set(words) <= {"again", "there", "you", "everyone", "friend", "segue"}:
        draft.reply = hello(state)
        return True
    if clause.match(_THANKS) and not state.attached:
        draft.reply = welcome(state)
        return True
    if (
        clause.match(_HELP)
        and len(words) <= 9
        and not (clause.genres or clause.stems or state.attached or clause.verb("find", "transcribe", "remove"))
    ):
        draft.reply = HELP
        return True
    return False


def answered(message: str, draft: Draft) -> bool:
    """Take a stop, or a yes or no to the plan that waits, where one does."""
    clause = Clause(message)
    words = [word.plain for word in clause.words]
    if clause.match(_STOP):
        draft.say("cancel")
        return True
    if draft.state.pending is None or not words or clause.stems or len(words) > 10:
        return False
    refuses = words[0] in _NO or clause.has(*_NO_PHRASES)
    agrees = words[0] in _YES or clause.has(*_YES_PHRASES)
    if not (refuses or agrees) or (len(words) > 6 and clause.verb("find", "make", "transcribe", "play", "export")):
        return False
    draft.say("cancel" if refuses and not clause.has("no objections", "no problem") else "confirm")
    return True


def _made_how(latest: Thing, state: State) -> str:
    """Say how the piece in focus came to be, the first step first."""
    versions = [latest]
    while versions[-1].parents and (before := state.thing(versions[-1].parents[0])) and before not in versions:
        versions.append(before)
    first, *changed = reversed(versions)
    start = {"attached": "You attached", "generate": "I composed", "retrieve": "The library had"}.get(
        first.origin, "It began as"
    )
    said = [f"{start} “{first.title}”."]
    if changed:
        steps = [", ".join(thing.how) or thing.title.partition(" – ")[2] or thing.title for thing in changed]
        said.append(f"Then I made these versions of it, each from the one before: {'; '.join(steps)}.")
    else:
        said.append("I have not changed it.")
    return " ".join(said)


def hello(state: State) -> str:
    """Greet, and say what could come next."""
    return "Hello! " + _next(state)


def welcome(state: State) -> str:
    """Answer a thank-you, and say what could come next."""
    return "You're welcome. " + _next(state)


def _next(state: State) -> str:
    """Say what could come next, in one sentence."""
    latest = state.latest
    if latest and latest.kind == "piece":
        return f"“{latest.title}” is open: I can describe it, change it, write it down, or find something like it."
    if state.shown:
        return "Tell me more of what you like, or “save these as m3u8”."
    return "Tell me what you would like to hear or make, or attach a recording."


def steer(clause: Clause, draft: Draft) -> bool:
    """Take a clause that goes back, corrects, or branches."""
    if (
        clause.match(_UNDO)
        and not (clause.match(r" back to the ") and _label(clause, draft))
        and not clause.verb("add", "make", "find")
        and not TAGS_BACK.search(clause.text)
        and len(clauses.split(clause.text)) < 2
    ):
        draft.say("undo")
        if before := _before(draft.state):
            draft.look_at({"id": before})
        return True
    return _back(clause, draft) or _correct(clause, draft)


def _before(state: State) -> str | None:
    """Return the piece that was in focus before the last turn made another, or None where it made none."""
    latest = state.latest
    if latest is None or state.last_tool not in ("edit", "generate", "tag", "caption"):
        return None
    made = latest.turn
    while latest and latest.turn == made and latest.parents and latest.parents[0] in state.things:
        latest = state.things[latest.parents[0]]
        if latest.turn < made:
            return latest.id
    earlier = (id for id in state.focus if id in state.things and state.things[id].turn < made)
    return next(earlier, latest.id if latest else None)


def _back(clause: Clause, draft: Draft) -> bool:
    match = clause.match(r" (?:back to|return to|go to|show me|show|let s see|lets see|bring back|bring up|switch to|torna a|zuruck zu|retour a|volver a) (?:the |my |that |those |our |your |again )*(.*?) ?(?:list|playlist|results|ones|one|songs|tracks|search|selection|again|stuff)(?: again| please| from before| from earlier)? $")  # fmt: skip
    if match is None or not draft.state.lists:
        return False
    word = match[1].strip()
    going_back = clause.match(r" (?:back|return|again|earlier|before|previous|switch|first|last) ")
    if not going_back:
        return False
    if word in ("first", "1st"):
        draft.say("back", "1")
        reopen(draft, 0)
        return True
    if word in ("", "previous", "last", "earlier", "other", "old"):
        draft.say("back")
        reopen(draft, -2)
        return True
    label = _label(clause, draft)
    if label:
        draft.say("back", label)
        at = next((n for n, shown in enumerate(draft.state.lists) if label in fold(shown.label)), None)
        if at is not None:
            reopen(draft, at)
        return True
    draft.note(f"There was no list of “{word}” in this conversation.")
    return True


def reopen(draft: Draft, at: int) -> None:
    """Let "that" mean the list that was gone back to."""
    lists = draft.state.lists
    if -len(lists) <= at < len(lists):
        draft.group = [{"id": id} for id in lists[at].ids]


def _label(clause: Clause, draft: Draft) -> str | None:
    """Return words of a shown list's label that stand in the clause, the latest list first."""
    return next((label for shown in reversed(draft.state.lists) if (label := label_in(clause, shown))), None)


def label_in(clause: Clause, shown: ShownList) -> str | None:
    """Return the words of a list's label that stand in a clause, or None."""
    label = [word.plain for word in words_of(shown.label)]
    hits = [word for word in label if clause.has(word, f"{word}s") and len(word) > 2]
    if not hits:
        return None
    at = fold(shown.label).find(hits[0])
    run = " ".join(hits)
    return run if run in fold(shown.label) else shown.label[at : at + len(hits[0])].lower()


def _correct(clause: Clause, draft: Draft) -> bool:
    match = re.search(r"\b(?:i (?:actually |really )?(?:meant|mean|was thinking of|wanted)|i said|it'?s (?:actually|really)|that should (?:be|have been)|should have been|not that one[, ]+(?:the|but)?|ich meinte|intendevo|je voulais dire|quise decir)\s+(?P<right>.+)$", clause.text, re.IGNORECASE)  # fmt: skip
    if match is None or clause.verb("make", "remove", "add"):
        return False
    right = match["right"].strip(" .!,")
    right = re.sub(r",?\s*\bnot\b.*$", "", right).strip(" ,")
    names = [name for name in names_in(clause, draft) if name.name.lower() in right.lower() or draft.message[name.start : name.end].lower() in right.lower()]  # fmt: skip
    search = draft.state.search
    if not search and not names:
        return False
    name = names[0].name if names else right
    draft.say("correct", name)
    args = {key: value for key, value in search.items() if key not in ("among", "k")}
    filters = dict(args.get("filters") or {})
    if names and names[0].kind == "title":
        draft.add("retrieve", {"query": name, "k": 1})
        return True
    if filters.get("artist") or (names and not args.get("query")):
        filters["artist"] = name
        args["filters"] = filters
    elif names and names[0].kind == "artist":
        args = {"filters": {"artist": name}}
    else:
        args["query"] = name
    draft.refined = args
    draft.add("retrieve", args)
    return True
