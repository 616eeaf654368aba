"""What nothing here can do: what has nothing to do with music, acts in the world outside, and facts that no tag and no measurement holds."""

from segue.agent.language import cues
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.reference import mentions
from segue.tools.core.instruments import find_instrument
from segue.tools.core.vocabulary import singular

# Acts beyond a music agent, by what they would take.
_ACTS: tuple[tuple[str, str], ...] = (
    (r" (?:press|cut|print|burn|stamp|master) (?:\w+ ){0,4}(?:on|onto|to|as|in) (?:a |an )?(?:vinyl|lp|record|cds?|dvds?|cassettes?|tapes?|acetate|floppy|t ?shirts?|posters?)", "make a physical copy"),
    (r" (?:ship|post|deliver|courier|airmail) (?:\w+ ){0,4}(?:to|home|here) ", "send parcels"),
    (r" (?:e ?mail|mail|text|whatsapp|message|fax|dm) (?:it|this|that|them|these|those|me|him|her|everyone|the \w+|my \w+)", "send messages"),
    (r" (?:upload|publish|release|post|share|tweet|submit|push|stream|put) (?:\w+ ){0,5}(?:to|on|onto|at|via) (?:my |the |a )?(?:\w+ )?(?:spotify|youtube|soundcloud|bandcamp|tiktok|instagram|facebook|twitter|twitch|apple music|itunes|tidal|deezer|beatport|internet|web|website|blog|radio|social media|discord|reddit)", "publish anything on other services"),
    (r" (?:buy|order|purchase|book|reserve|rent|hire|sell|auction|pay for|bid on) (?:me |us |a |an |the |some |my |two )*(?:tickets?|concerts?|gigs?|vinyls?|lps?|records?|cds?|merch\w*|t ?shirts?|guitars?|piano|studio|dj|band|copy|copies|rights|licen[cs]e)| (?:buy|sell|purchase|auction|pay for|rent) (?:me )?(?:it|them|this|that|these)", "buy, sell or book anything"),
    (r" (?:licen[cs]e|copyright|register|trademark|patent|clear) (?:it|this|that|them|the (?:song|track|sample|rights|piece))", "settle rights"),
    (r" (?:call|phone|ring|contact|invite|ask) (?:\w+ ){0,3}(?:singer|band|artist|label|agent|producer|manager|drummer)", "call anybody"),
    (r" (?:film|shoot|animate|draw|paint|design|make|create|render) (?:me )?(?:a |an |the |some )?(?:\w+ ){0,2}(?:music video|videoclip|video clip|album cover|album art|cover art|artwork|poster|logo|flyer|lyric video)", "make pictures or films"),
    (r" (?:dolby|atmos|ambisonic|5 1|7 1|surround|binaural|360)(?: |$)", "mix in surround sound"),
    (r" (?:sing|perform|record|rap) (?:\w+ ){0,5}(?:in|with) (?:the )?(?:voice of|\w+ s voice)", "imitate a person's voice"),
)  # fmt: skip


_UNSAID = r"^ (?:(?:i|we|you|could|can|use|want|wanna|need|would|id|like|love|fancy|got|have|put|play|give|me|us|lets|let|hear|listen|to|start|turn|hit|with|feel|like|any|is|there|find|show|bring|on|how|about|what|gimme|listening|hearing|am|im|in|mood|just|please|some|a|an|bit|little|of|the|my|nice|good|anything|something|spot|dose|go|up|get|make|cue|queue|do|for|hey|ok|so|well|now|here) )*(?:music\w*|musci|musik|tunes?|songs?|sounds?|tracks?|audio|noise|stuff|something|anything)(?: (?:on|playing|now|please|to|listen|hear|play|for|me|us|going|here|in|my|ears?|the|background|nice|good|today|tonight|happening|or|other|up|will|do))* $|^ (?:please )?(?:entertain|amuse|delight|distract) (?:me|us)(?: please| a bit)? $"  # fmt: skip


def says_nothing(clause: Clause) -> bool:
    """Tell whether music is wanted and nothing at all is said about which."""
    return bool(clause.match(_UNSAID)) and not (clause.genres or clause.moods or clause.instruments)


_AT_A_LOSS = frozenset(["i", "im", "id", "ive", "me", "my", "we", "us", "our", "you", "u", "dont", "do", "not", "cant", "cannot", "know", "no", "idea", "clue", "whats", "what", "which", "want", "wanted", "to", "hear", "listen", "have", "put", "play", "playing", "on", "in", "the", "a", "some", "something", "sounds", "sound", "music", "tunes", "tune", "songs", "song", "good", "nice", "here", "now", "tonight", "today", "right", "for", "is", "are", "be", "will", "shall", "should", "could", "would", "can", "lets", "let", "help", "bored", "please", "hi", "hiya", "hey", "hello", "need", "needs", "and", "or", "so", "just", "really", "idk", "dunno", "decide", "choose", "undecided", "unsure", "sure", "mood", "got", "any", "feel", "like", "feeling", "stuck", "blank", "suggestions", "ideas", "up", "ears"])  # fmt: skip
_LOST = r" (?:(?:dont|do not|cant|cannot) (?:know|decide|choose)|no (?:idea|clue)|idk|dunno|undecided|unsure|bored|need (?:sounds|music|tunes|something)|(?:what|which) (?:music )?(?:shall|should|could|can|do|will) (?:we|i) (?:have|put|play|hear|listen)|got (?:any|anything|something)|stuck) "


def at_a_loss(clause: Clause) -> bool:
    """Tell whether somebody wants to hear music and does not know which: one question helps."""
    words = {word.plain for word in clause.words}
    if clause.genres or clause.moods or clause.instruments or words & {"anything", "whatever", "surprise", "random"}:
        return False
    return words <= _AT_A_LOSS and bool(clause.match(_LOST) or says_nothing(clause))


def beyond(clause: Clause, draft: Draft) -> bool:
    """Take a wish for what is out of reach, and say exactly what that is."""
    for pattern, what in _ACTS:
        if clause.match(pattern) and not (clause.is_question and clause.match(r" (?:was|were|is|did|does) ")):
            _say(draft, f"I cannot {what}: I left “{clause.text}” out. I can save it as a file (wav, mp3, midi, m3u8).")
            return True
    if draft.arena != "list" or not clause.match(r" (?:only|just|keep|those|these|ones|songs|tracks|restrict|limit|filter|narrow|without|not) "):  # fmt: skip
        return False
    unknown = next((what for pattern, what in _FACTS if clause.match(pattern)), None)
    if unknown and clause.has(*cues.BEYOND):
        return False  # the search is shown, and what was left out of it is said
    if unknown is None or clause.genres or clause.moods or clause.tempi or clause.years or clause.is_question:
        return False
    _say(draft, f"I cannot filter by {unknown}: no tag and no measurement of mine holds that. The list stays as it is.")
    return True


_FACTS: tuple[tuple[str, str], ...] = (
    (r" (?:mixed|mastered|recorded|tracked|pressed|cut|made|produced) (?:on|at|in|with|by|through) ", "how and where it was recorded"),
    (r" (?:analog\w*|digital) (?:desks?|consoles?|gear|tape|recordings?|mix\w*)", "the gear it was recorded with"),
    (r" (?:charted|charts?|top (?:ten|10|40|forty)|number one hits?|grammy|awards?|gold|platinum|sold)", "chart positions, sales or awards"),
    (r" (?:vegan|married|divorced|left handed|alive|dead|died|born|nationality|(?:female|male|women)(?! (?:vocal|voice|sing|led |lead |front|fronted))|tall|famous|politics?|religion|zodiac)", "facts about the artists' lives"),
    (r" (?:signed|label|labels|publisher|copyright\w*|royalt\w+|licen[cs]ed?)", "labels and rights"),
    (r" (?:used|featured|heard|appear\w*) (?:in|on) (?:a |an |the |any )?(?:films?|movies?|series|adverts?|ads|commercials?|games?|tv)", "in which films it was used"),
    (r" (?:my |our )?(?:mum|mom|dad|mother|father|wife|husband|friend|friends|boss|neighbours?|cat|dog|kids) (?:likes?|loves?|would|knows?|hates?)", "what other people like"),
)  # fmt: skip


def _say(draft: Draft, text: str) -> None:
    draft.note(text)
    draft.doubt(0.7)


# Words by which a question concerns music or what can be done here.
_OURS = r" (?:music\w*|songs?|tracks?|tunes?|albums?|artists?|bands?|singers?|sing\w*|sung|lyrics?|playlists?|library|collection|listen\w*|hear|heard|play\w*|record\w*|sounds?|tempo|bpm|keys?|chords?|notes?|scales?|beats?|bars?|rhythms?|melod\w+|harmon\w+|tones?|semitones?|octaves?|pitch\w*|tun(?:ed|ing)|genres?|styles?|moods?|composers?|concerts?|choruse?s?|verses?|bridges?|solos?|hooks?|riffs?|mix\w*|master\w*|stems?|midi|wav|mp3|files?|formats?|loud\w*|volume|lufs|duplicates?|stats|statistics|most of|own|vibes?|modulat\w+|transpos\w+|cadences?|intervals?|meter|metre|time signature|tritone|drop|segue|undo|redo|you|karaoke|reverb|echo|distortion|autotune\w*|compress\w+|delay|eq|version|takes?|clips?|loops?|intro|outro|slower|faster|dance\w*|hum\w*|whistl\w*|cuts?|energy|recommend\w*|suggest\w*|happen\w*|dupes?|recapitulations?|expositions?|coda|themes?|motifs?|fugues?|ostinatos?|syncopat\w+|dynamics|articulation|crescendos?|dissonan\w+|counterpoint|ornaments?|fade\w*|start|starts|begin|begins|comes? in|enters?|ends?|total length|transcri\w+|do you have|have you got|sections?|structure|do i have|have i|i have|good for|goes? (?:well )?with) "  # fmt: skip
# Genres that are words of every day: alone they make no question one about music.
_WORLDLY = frozenset(["world", "house", "country", "metal", "rock", "pop", "soul", "garage", "trap", "club", "folk", "industrial", "progressive", "drone", "christmas", "holiday", "children", "kids", "spoken word", "comedy", "grime", "juke", "bass", "noise", "swing", "score", "break", "classical", "gospel", "disco", "latin", "african", "celtic", "indian", "chinese", "japanese", "irish", "german", "french", "spanish", "italian", "brazilian"])  # fmt: skip
# Sounds that General MIDI counts among the instruments.
_NOISES = frozenset(["telephone", "phone", "helicopter", "gunshot", "applause", "seashore", "bird", "birds", "breath", "bottle", "glass", "triangle", "bell", "bells", "whistle", "shaker", "horn"])  # fmt: skip
_WH = frozenset(["what", "whats", "who", "whos", "whose", "when", "where", "wheres", "why", "how", "hows", "which", "is", "are", "does", "do", "did", "was", "were", "has", "will", "should", "can"])  # fmt: skip
# Orders of every day that open a request for nothing of ours.
_CHORES = frozenset(["fix", "repair", "solve", "calculate", "compute", "cook", "bake", "drive", "clean", "wash", "iron", "email", "phone", "translate", "define", "walk", "feed", "pay", "remind", "debug", "install", "knit", "vacuum", "schedule", "proofread", "divide", "multiply", "factor", "integrate", "convince", "marry", "water", "wake", "diagnose", "prescribe", "vote", "invest", "google", "navigate", "park", "refactor", "compile", "book", "reserve", "teach", "prove"])  # fmt: skip
_POINTS = r" (?:it|its|this|that|thats|these|those|they|them|he|she|one|ones|here|there) "


def is_off_topic(clause: Clause, draft: Draft) -> bool:
    """Tell whether a question has no music word, no name of the library and points at nothing in reach."""
    words = [word.plain for word in clause.words]
    chore = len(words) >= 2 and words[0] in _CHORES and not clause.verb("remove", "export", "transpose")
    if not chore and (len(words) < 3 or words[0] not in _WH or not clause.is_question):
        return False
    if clause.match(
        r" (?:is|will|does) it (?:going to |gonna |be )*(?:rain|snow|sunny|warm|cold|hot|windy|storm)\w*(?: \w+)? (?:today|tomorrow|tonight|outside|later|this \w+|on \w+|in \w+) "
    ):
        return True
    if (
        clause.match(_OURS)
        or any(clause.text[g.start : g.end].lower() not in _WORLDLY for g in clause.genres)
        or clause.moods
        or any(_is_instrument(clause.text[f.start : f.end]) for f in clause.instruments)
        or clause.stems
        or clause.axes
    ):
        return False
    if draft.names or clause.formats or clause.sections or clause.keys or mentions(clause, draft):
        return False
    points = clause.match(_POINTS) is not None
    return not (points and draft.it is not None) or clause.has("the weather", "the time", "the date")


def _is_instrument(word: str) -> bool:
    """Tell whether a word is an instrument as it is spelt ("shares" are no snares)."""
    return (
        word.lower() not in _NOISES and (find_instrument(word) or find_instrument(singular(word.lower()))) is not None
    )
