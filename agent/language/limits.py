"""What nothing here can do: acts in the world outside, and facts that no tag and no measurement holds."""

from segue.agent.language import cues
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft

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
    (r" (?:vegan|married|divorced|left handed|alive|dead|died|born|nationality|female|male|women|tall|famous|politics?|religion|zodiac)", "facts about the artists' lives"),
    (r" (?:signed|label|labels|publisher|copyright\w*|royalt\w+|licen[cs]ed?)", "labels and rights"),
    (r" (?:used|featured|heard|appear\w*) (?:in|on) (?:a |an |the |any )?(?:films?|movies?|series|adverts?|ads|commercials?|games?|tv)", "in which films it was used"),
    (r" (?:my |our )?(?:mum|mom|dad|mother|father|wife|husband|friend|friends|boss|neighbours?|cat|dog|kids) (?:likes?|loves?|would|knows?|hates?)", "what other people like"),
)  # fmt: skip


def _say(draft: Draft, text: str) -> None:
    draft.note(text)
    draft.doubt(0.7)
