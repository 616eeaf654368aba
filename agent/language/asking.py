"""Ways of asking for tracks, put into the words that the rules read: "is there one about X" is "find songs about X".

Only the wording of the wish is touched; names, figures and quotations stay as they were said.
"""

import re
from collections.abc import Callable
from itertools import pairwise

from segue.tools.core.vocabulary import genres_in

_SOUGHT = r"(?:songs?|tracks?|tunes?|music|ones?|anything|something|pieces?|records?|titles?|lyrics)"
_FORMAT = r"(m3u8?|xspf|playlist file)"
_RESULTS = r"(?:(?:the )?(?:results?|list|lot|selection)|them(?: all)?|it|that|those|these|all of (?:it|them))"
_THIS = r"(?:this|that|the|my)"
_FAVOURITE = r"(?:(?:one|some) of )?(?:my|our) (?:all[- ]time |absolute |very )*fav(?:ou?rite)?s?"
_PART = r"(?:singer|artist|band|group|act|musician|rapper|composer|vocalist)"
TURNS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # no wish at all
    (r"^\W*(?:whatever|i don'?t (?:care|mind)|no idea|dunno)[,.;]+\s*(?:just )?(?=\w)", ""),
    (r"\b(?:(?:can|could|will|shall) (?:you|we|i) )?(?:do |have |take |give me |try |go for )?(?:a |the |your )?(?:lucky dip|pot ?luck|wild ?card|blind pick|mystery (?:mix|tape|song|track)|random (?:pick|choice))\b\??", "surprise me"),
    (r"^\W*(?:mix it up|roll the dice|spin the wheel|blow my mind|astonish me|amaze me|knock my socks off|you(?:'re| are) the dj|be my dj|dazzle me)\b", "surprise me"),
    (r"[,;]?\s*\b(?:i'?m |i am |i'?ve |i have )?(?:got )?(?:in )?(?:no|not in any|not in a) (?:particular |special |specific )(?:mood|idea|preference|wish)\b(?: at all| today| tonight)?", " surprise me"),
    (rf"\b(?:find|play|show|give) me (?:some |any )?{_SOUGHT} (?:that )?(?:i(?:'d| would| had)? (?:never|not)(?: have)? (?:think|thought|come up|pick|picked|choose|chosen|expect|expected)(?: of| with)?(?: (?:for |by )?myself)?|(?:out of|from) (?:left field|nowhere|the blue))", "surprise me"),
    # what is found is written down
    (rf"\s*(?:,|;| - | – )?\s*\b(?:and )?(?:saved?|exported|write|written(?: out)?|dump(?:ed)?|stored?|stick|spit|drop|put)\s+(?:{_RESULTS}\s+)?(?:out )?(?:to|as|into|in) (?:an? |the )?\.?{_FORMAT}(?: playlists?| files?)*(?=\W*$|[,.;])", r", then export them as \1"),
    (r"^\W*(?:i have )?(?:no|without any) (?:preferences?|special wish(?:es)?)\b,?\s*(?:just )?(?:play|give|find|pick)[^,]*$|^\W*(?:throw|toss|chuck) (?:something|anything) (?:at|to) me\W*$", "surprise me"),
    # what it is about, what is remembered of it
    (rf"^\W*(?:is there|are there|isn'?t there|do (?:i|we|you) have|have (?:i|you|we) got|got|which|what|any)\s+(?:(?:an?|any|some|the|of my)\s+)*{_SOUGHT}\s+(?:(?:in my library|here|on my shelf)\s+)?(?:(?:that|which|who)\s+)?(?:(?:is|are|talks?|sings?|speaks?|goes)\s+)?(?:all\s+)?(?:about|mention(?:s|ing)?|on the (?:subject|topic|theme) of|deal(?:s|ing)? with|tell(?:s|ing)? (?:of|about)|describ(?:es?|ing))\s+(?=(?!this\b|that\b|it\b|\d)\w)", "find songs about "),
    (r"\b(?:all|what|the only thing|everything) i (?:can )?(?:remember|recall|know|have)(?: of it| about it)? (?:is|are|was) (?=(?:an?|the|some|that|lots|her|his)\b)", "find the song with "),
    (r"^\W*(?:i|we) (?:(?:only|just|can|vaguely|dimly|still|do|sort of) )*(?:remember|recall|recollect) (?:that )?(?:(?:it|the song|there) (?:had|has|having|was|were|is) |there being )?(?=(?:an?|the|some|lots|her|his)\b)", "find the song with "),
    (r"[,;]?\s*(?:does (?:that|it) )?\b(?:ring(?:s|ing)? (?:a|any) bells?|(?:it'?s )?on the tip of my tongue|(?:but )?i (?:can'?t|cannot) (?:think of|remember|recall) (?:the |its |what it'?s )?(?:name|title|called))\b\??", ""),
    # what a recording is
    (rf"\b(?:recogni[sz]e|identify|name|shazam) (?:me )?(?:{_THIS} )?(?:music|song|track|tune|melody|clip|file|recording|attachment|upload|sound|audio)\b(?!['’]|\s*[\"“]|\s+as\b)(?: (?:in|from|of) {_THIS} (?:attachment|clip|file|recording|video|upload|scene|film))?(?: (?:that )?i(?:'ve| have)? (?:just )?(?:uploaded|attached|sent|recorded|hummed))?", "identify this song"),
    (r"\b(?:which|what) (?:song |tune |melody |track |piece )?(?:am i|i'?m) (?:humming|whistling|singing)(?: here| now| there)?", "what am i humming"),
    (rf"\bwhat (?:did|do|have) (?:they|he|she) (?:used?|play(?:ed)?|put|pick(?:ed)?) (?:as (?:the )?)?(?:(?:the )?(?:soundtrack|music|song|track|score|background music) )?(?:in|for|under|behind|over) {_THIS} (?:scene|video|clip|film|ad|advert|commercial|reel)\b|\bwhat(?:'s| is) (?:the )?(?:music|song|track|tune)? ?(?:that'?s )?(?:playing |used )?(?:in|under|behind|over) (?:this|that|my) (?:scene|video|clip|film|ad|advert|commercial|reel)\b", "identify this song"),
    (r"\b(?:do|did|would) you (?:know|recogni[sz]e) (?:this|that)(?: one| song| tune| track)?(?=\W*$)", "identify this song"),
    (r"\bwhat(?:'s| is) the (?:song|tune|melody|track)(?: that)? i(?:'m| am) (?:humming|whistling|singing)\b", "what am i humming"),
    # likeness
    (r"\b(?:in|of|from|out of) the same (?:league|vein|mou?ld|family|ballpark|spirit|school|category|corner|neighbou?rhood|world) (?:as|of)\b", "like"),
    (rf"\b(?:who|which {_PART}s?|what {_PART}s?)(?: else)? (?:makes?|made|plays?|writes?|does|produces?|records?) (?:music|songs|stuff|things|beats|tracks) (?:like|similar to)\b", "who sounds like"),
    (rf"^\W*(?:what|which(?: {_SOUGHT})?)(?: else)? (?:has|have|got|is in|are in|is at|are at) the same\b", "find songs with the same"),
    (r"\b(?:shares?|sharing|match(?:es|ing)?) the (key|tempo|bpm|speed)(?: and (?:the )?(key|tempo|bpm|speed))? of\b", lambda m: f"with the same {' and '.join(filter(None, m.groups()))} as"),
    (r"^\W*(?:which (?:songs|tracks|tunes|ones)|anything|something|any (?:songs|tracks|tunes))(?: in my library)? (?:with|in|at) the same\b", "find songs with the same"),    (rf"^\W*(?:if|since|because|given that|as|seeing that) (.{{2,60}}?) (?:is|are|was|were) {_FAVOURITE}\b[^,?]*,?\s*(?:then )?(?:what|which|who|can you|could you|please|recommend|suggest|find|give|show|play)\b[^,;]*$", r"songs like \1"),
    (r"^\W*(?:if|since|because|as) (?:i|we|you) (?:really |absolutely )?(?:love|like|adore|enjoy|dig)d? (.{2,60}?)(?: (?:so much|a lot|to bits))?,\s*(?:then )?(?:what|which|who)\b(?:(?! about )[^,;])*$", r"songs like \1"),
    (r"\b(?:for|as) (?:an? )?(?:big )?(?:fans?|lovers?|admirers?) of\b", "like"),
    (rf"\b(?:who else|which other {_PART}s?|what other {_PART}s?) (?:sounds?|sings?|plays?|is) like\b", "who sounds like"),
    # what narrows a search
    (r"\b(?:nothing|none|not|hide|skip|drop) (?:\w+ )?(?:rated|with) (?:below|under|less than|lower than) (two|three|four|five|\d(?:\.5)?)(?: ?stars?)?\b", r"rated at least \1 stars"),
    (r"\bbetween ((?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)(?: and a half)?) and ((?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty)(?: and a half)?) (minutes|mins|seconds)\b", r"between \1 \3 and \2 \3"),
    (r"\b(?:nobody|no ?one|not anyone)(?: should| may| must| is)? (?:sings?|singing)\b", "without vocals"),
    (rf"\b(?:not|never) (?:the same|any|an?) {_PART} twice\b|\b(?:each|every) {_PART}(?: only| just| at most)? once\b", "max one per artist"),
    (rf"\b(?:limit|restrict|cap) (?:each|every|any) {_PART} (?:to|at) (\w+)(?: (?:songs?|tracks?))?\b", r"max \1 per artist"), (rf"\b(?:each|every) {_PART}(?: only| just| at most)? twice\b", "max two per artist"),
    (r"\bnot (?:quite |nearly )?(?:as|so) (\w+) as (?=number|the |track|no\b|#)", r"less \1 than "), (r"\bnot (?:all )?that (?!one\b|song\b|track\b|artist\b|band\b|kind\b|album\b)(?=[a-z]+\W*$)", "not so "),    (r"\b(songs|tracks|stuff|music|things|tunes|albums) (?:that |which )?i (?:have|own|bought|possess|(?:have |'ve )?got)(?: here| in my \w+)? (?:but|and|that|which)\b", r"\1"),
    (r"\b(?:with )?(?:no|zero|0|without any) (?:plays?|listens?|spins)\b(?: (?:so far|yet|at all|until now))?|\b(?:that )?(?:nobody|no ?one)(?: has| have)? (?:ever )?(?:plays?|played|listens? to|listened to|puts on)\b", "never played"),
    (r"\b(?:from |in |to |of )?(?:this century|the new millennium|the (?:21st|twenty-first) century)\b", "since 2000"), (r"\b(?:from |in |of )?(?:last century|the (?:20th|twentieth) century)\b", "before 2000"),
    (r"\b(?:from |in |of )?(?:around )?the turn of the (?:millennium|century)\b", "from 1998 to 2002"), (r"\btwenty[- ]tens\b", "2010s"), (r"\b(?:no|not any|nothing) (?:later|newer) than (?=the |(?:19|20)\d)", "up to "),
    (r"\b((?:faster|slower|quicker) than) (\d{2,3})\b(?!\s*(?:bpm|beats|%|st\b|nd\b|rd\b|th\b))", r"\1 \2 bpm"),
    (r"\b(?:tempo|bpm|speed)s?(?: is| be| stays?)? between (\d{2,3}) and (\d{2,3})\b(?! ?bpm)", r"between \1 and \2 bpm"), (r"\b(\d{2,3}) ?(?:-ish|ish)(?: bpm)?\b(?! ?(?:minutes|seconds))", r"around \1 bpm"),
    (rf"\b(?:don'?t|do not|never|without) repeat(?:ing)? (?:an? |any |the )?{_PART}s?\b|\b(?:every|each) (?:song|track|one) (?:should be |must be )?(?:by|from) (?:a )?different {_PART}s?\b|\bno (?:two|repeat(?:ed)?) (?:songs |tracks )?(?:(?:by|from|of) )?(?:the same |an? )?{_PART}s?\b|\bonly one (?:song|track) (?:by|from) any(?: one)? {_PART}\b", "max one per artist"),
    (r"\b(?:sem (?:voz|vocais|canto)|zonder (?:zang|stem)|utan sång|uden sang|bez (?:wokalu|słów))\b", "without vocals"),    (r"\b(?:i(?:'ve| have)? )?(?:gave|given|rated)(?: at least)? (one|two|three|four|five|\d(?:\.5)?) (?:or (?:more|better|higher|above)|and (?:up|above|more|higher))\b(?! stars?)", r"rated at least \1 stars"),
    (r"^\W*(?:only |just )?(?:what|the ones|those|everything|anything)(?: that)? (?=rated at least)", "songs "),
    (r"\b(?:new to my ears|unknown to me|virgin tracks?|that i(?:'ve| have)? (?:completely )?(?:ignored|neglected|overlooked)|still (?:unopened|untouched|unheard)|i(?:'ve| have)? (?:yet|still) to (?:hear|play)|(?:has|have)n'?t been played(?: yet| once| even once)?)\b", "never played"),
    (r"\b(?:but )?(?:already |sitting |lying )*(?:in|on|from) my (?:library|shelf|shelves|collection|hard ?drive|disk)\b(?= (?:with|but|and|that|$))|\bbut already (?:in|on) my (?:library|shelf|collection)\b", ""),
    (r"^\W*(?:what'?s|what is|what are|which ones? (?:is|are)|files?|stuff|things?)(?: (?:that )?i own)?(?: but| that'?s?)? (?=(?:never|gathering|unplayed)\b)", ""),
    (r"^\W*(?:so )?(?:what|which(?: songs| tracks| albums| tunes| records)?)(?: else| all| other stuff)? (?:have|do|did) (?:i|we|you)(?: already| even)?(?: got| have| own)(?: here| in (?:here|there|my library))? (?:by|from) (?=\w)", "find everything by "),
)  # fmt: skip
# Said of a list; said of a piece these would be orders to its engineer.
_OF_A_LIST: tuple[tuple[str, str], ...] = (
    (r"\b(?:pump|liven|spice|perk|rev|hype|ramp|step|crank|turn|kick) (?:it|things|them|this) up(?: a notch)?\b|\braise the energy\b", "more energetic"),
    (r"\b(?:tone|calm|mellow|chill|dial|bring|take|settle) (?:it|things|them|this) (?:down|out|back)(?: a notch)?\b|\btake the edge off\b", "calmer"),
    (r"\b(?:cheer (?:it|things|them|me) up|(?:brighten|lift|lighten) (?:the|up the) mood)\b", "happier"),
    (r"\b(?:speed (?:it|things|them) up|pick up the pace|quicken (?:it|the pace))\b", "faster"), (r"\b(?:slow (?:it|things|them) down|ease the pace)\b", "slower"),
    (r"^\W*i (?:want|need|would like|'d like) (?:to hear )?(?:some |actual |real )?(?:vocals|singing|voices|(?:people|someone|somebody) singing)\W*$", "with vocals"),
)  # fmt: skip
_LISTED = tuple((re.compile(pattern, re.IGNORECASE), said) for pattern, said in _OF_A_LIST)
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), said) for pattern, said in TURNS)
_NAMING = re.compile(r"\b(?:how(?:'s| is| was) it called|what(?:'s| is| was) (?:it|this|that|the one|the song)? ?called|(?:name|title) of|which (?:song|tune|track|record|one)|what (?:song|tune|track|record|one)|what(?:'s| is) the|who (?:sings?|sang)|goes|went|that has|with the (?:line|lyrics?|words?|chorus|hook)|the (?:line|words|lyrics?|chorus|hook|refrain))\b", re.IGNORECASE)  # fmt: skip
_QUOTE = re.compile(r"[\"“«]\s*([^\"”»]*\w\s+\w+\s+\w[^\"”»]*?)\s*[\"”»]")
_MAKES = re.compile(r"\b(?:make|write|sing|set|compose|generate|create|text|title|call it|name it|rename|tag)\b", re.IGNORECASE)  # fmt: skip
_UNIT = re.compile(r"\b(seconds?|secs?|minutes?|mins?)\b", re.IGNORECASE)
_UNITLESS = re.compile(r"\b((?:under|below|over|above|less than|more than|shorter than|longer than|at least|at most|beyond)\s+(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|half an?))(?=\s*(?:$|[,.;!?]|\b(?:and|or|please)\b))", re.IGNORECASE)  # fmt: skip
_PULSE = re.compile(r"^(?P<lead>.*?\b(?:at|around|about|circa|near)\s+(?:about |around )?)(?P<bpm>[6-9]\d|1\d\d|2[01]\d)(?=\s*(?:$|[,.;!?]|\b(?:and|with|without|no|or so)\b))", re.IGNORECASE)  # fmt: skip


def asked(text: str, of_a_list: bool = False) -> str:
    """Return a message in plain words of search, with what it leaves out: a unit, what a quotation is for.

    >>> asked("skip those over 6 minutes and those under one")
    'skip those over 6 minutes and those under one minutes'
    """
    quote = _QUOTE.search(text)
    if quote:
        around = f"{text[: quote.start()]} {text[quote.end() :]}"
        if _NAMING.search(around) and not _MAKES.search(around) and len(around.split()) <= 7:
            return f"the song that says “{quote[1]}”"
        return text
    for pattern, said in _COMPILED:
        text = pattern.sub(said, text)
    for pattern, wish in _LISTED if of_a_list else ():
        text = pattern.sub(wish, text)
    text = text.lstrip(" :,;")
    units = {unit.lower().rstrip("s")[:3] for unit in _UNIT.findall(text)}
    if len(units) == 1:
        unit = "minutes" if "min" in units else "seconds"
        ends = [found.end() for found in _UNIT.finditer(text)]
        for match in reversed(list(_UNITLESS.finditer(text))):
            if any(end <= match.start() for end in ends):
                text = f"{text[: match.end()]} {unit}{text[match.end() :]}"
    pulse = _PULSE.match(text)
    if pulse and (genres_in(pulse["lead"]) or re.search(_SOUGHT, pulse["lead"], re.IGNORECASE)):
        text = f"{text[: pulse.end()]} bpm{text[pulse.end() :]}"
    return " ".join(text.split())


def performer(words: list[str]) -> bool:
    """Tell whether plain words point at the one who performs: "this singer", "that band"."""
    return any(first in ("this", "that", "the") and re.fullmatch(_PART, second) for first, second in pairwise(words))
