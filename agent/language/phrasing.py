"""Turns of phrase put into the words that the rules read: "trade A for B" is "swap A for B", "w/o" is "without".

What is quoted is left alone. Only wording is touched: quantities and names stay as they were said.
"""

import re
from collections.abc import Callable

_QUOTED = re.compile(r"[\"“«][^\"”»]*[\"”»]|(?<!\w)['‘][^'’]{3,}['’](?!\w)|(?:lyrics?|words|text)\s*:.*$", re.IGNORECASE | re.DOTALL)  # fmt: skip
_NOUN = r"(?:songs?|tracks?|music|stuff|tunes?|things?|ones?)"
_SOUNDS: frozenset[str] = frozenset({"wetter", "drier", "warmer", "brighter", "darker", "wider", "fatter", "thicker", "thinner", "crisper", "punchier", "airier", "louder", "quieter", "softer", "faster", "slower", "longer", "shorter", "higher", "lower", "crunchier", "cleaner"})  # fmt: skip
_STARS: dict[str, str] = {
    "four and a half": "4.5",
    "three and a half": "3.5",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
}
_MAKES: re.Pattern[str] = re.compile(r"\b(?:make|write|compose|generate|create|build|produce|improvise|shift|transpose|move|bring|put|get)\b", re.IGNORECASE)  # fmt: skip
_TURNS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # shorthand
    (r"\bw/o\b", "without"), (r"(?<![\w/])w/(?=\s?\w)", "with "), (r"(?<=\w) (?:n|&) (?=\w{2})", " and "), (r"\bshorter then\b", "shorter than"), (r"\blonger then\b", "longer than"),
    (r"\bno\.\s?(?=\d)", "number "), (r"\b(\d{2,3})\s?[- ]?beats? a minute\b", r"\1 bpm"), (r"\b(\d(?:\.\d+)?)\s?x\s*(?:the )?(?:speed|tempo)\b|^\s*(\d\.\d+)x\s*$", lambda m: f"{round(100 * float(m[1] or m[2]))}% of the tempo"),
    # likeness
    (r"\b(?:in the (?:mould|mold|manner|mode|footsteps|spirit) of|akin to|resembl(?:ing|es?)(?: both)?|relatives? of|cousins? of|siblings? of|such as|reminding me of|comparable (?:to|with)|close(?:st)? (?:to|relatives of)|near(?:est)? to|next of kin to)\b", "like"),
    (rf"^(.{{3,40}}?)[- ](?:type|style|ish|esque) {_NOUN}", r"songs like \1"),
    (r"\bfind (?:me )?(?:its|their) (?:siblings?|relatives?|cousins?|neighbou?rs?|peers)\b", "find songs like it"),
    (rf"\b(?:related|neighbou?ring|kindred) {_NOUN}\b|\b{_NOUN} near (?:it|this|that)\b", "songs like it"),
    (r"\bwho (?:would you|can i|could i|should i) file next to\b|\bwho (?:else )?is (?:next|close) to\b", "who sounds like"),
    (r"\b(?:other |recommend (?:me )?)?(?:rappers|singers|acts|composers|musicians|bands|artists|people) (?:like|close to|simm?ilar to|akin to)\b", "artists like"),
    # making
    (r"\b([A-G])[ -](flat|sharp)(?= ?(?:,|$|major|minor|[A-G]\b|and\b|maj|m\b|7|dorian|mixolydian))", lambda m: m[1] + ("b" if m[2].lower() == "flat" else "#")),
    (r"\b(?:the )?(\w+(?: \w+)?) (?:are |is )?(?:not|aren'?t|isn'?t) (?:needed|required|wanted|necessary)\b|\bno need for (?:the |any )?(\w+)", lambda m: f"no {m[1] or m[2]}"),
    (r"\b(\w+) shots? at (an? )", r"\1 takes of \2"), (r"\bvariatons?\b", "variations"), (r"\b(?:i'?d like|give me|i want) options, (\w+) of them,? (?:all )?", r"make \1 takes of "), (r"\b(two|three|four|five) (?:further|alternative|extra|other) (takes|versions|scores|variations)(?: of (?:that|this|it))?\b", r"\1 more takes"),
    (r"\bbrand new piece(?: now)?\W+", "make a new piece: "), (r"\b(?:same style as|in the style of) this but start over with (?:an? )?(?:actual |proper )?form:", "make something like this with the form"), (r"\bone more along the lines of (the \w+)", r"make one like \1"),
    (r"\bi'?m after an? (?=[\w ]*(?:vamp|groove|beat|loop|riff|jingle|theme|march|bed|backing))", "make a "), (r"^\s*(?:just )?(an? (?:verse|chorus|intro|bridge|outro)\b.*)$", r"make \1"), (r"\b(?:do|set|play) this (?:melody|tune|hum) as (an? )", r"turn this melody into \1"),
    (r"\bkeep (?:its|the) (?:tune|melody) but write (an? [\w ]+?) (?:piece )?out of it\b", r"restyle it as \1, keep the melody"), (r"\bcould (?:my|the|this) \w+ be continued by another\b", "continue it for"),
    (r"\b(?:author|come up with|make up|pen|draft) (?:(?:a|the|some|me) )*(?:lyrics?|words|text|verse|lines) (?=on |for |about )", "write a lyric "), (r"\bwrite (?:\w+ )?lines (?=on |about )", "write a lyric "), (r"\bwith (?:this|the|these|my) (?:text|words|lyrics?):", "with the lyrics:"), (r"\b(?:under|to|for|over) (?:its|the) tune(?: put)?:", "set these words: "),
    (r"\b(chords?:? )([A-G][#b]?(?:maj|m|7|dim|sus)\w*) and ([A-G][#b]?(?:maj|m|7|dim|sus)?\w*)\b", r"\1\2 \3"),
    (r"^\s*(?:the )?(first|second|third|last) take (?:at|to) (\d+)(?: ?bpm)?, ?(?:and )?(?:the )?(first|second|third|last)(?: take| one)? (?:at|to) (\d+)(?: ?bpm)?", r"set the \1 take to \2 bpm; set the \3 take to \4 bpm"), (r",? and go (?=half|double)", "; play "),
    (r"^\s*(bars? [\w –-]+?), (?:round and round|over and over|loop it) (\w+) times", r"loop \1 \2 times"),
    # changing
    (r"\b(?:celo)\b", "cello"), (r"\b(?:i'?m hearing|i hear|let'?s have|i'?d put|put) the (\w+) on (?:an? |the )?(\w+) and the (\w+)(?: part)? on (?:an? |the )?(\w+)", r"replace the \1 with \2, replace the \3 with \4"),
    (r"\bonly keep (bars \w+ (?:to|-|–) \w+)(?: and throw the rest away)?", r"trim it to \1"), (r"^(.*)\b(\w+) players? hate this key\W+([A-G][#b]?) ?(\w+)?", r"transpose it to \3 \4"), (r"^\s*([\w ]+?) effect\s*(?:please|pls)?\s*$", r"add \1 effect"), (r"^\s*(wetter|drier)\s*$", r"make it sound \1"), (r"^\s*(\w+(?:er))\s*$", lambda m: f"make it {m[1]}" if m[1].lower() in _SOUNDS else m[0]),
    (r"\b(?:can|could|should) (my \w+|the (?:recording|track|song|piece|clip|mix|whole thing)|this|it) (?:sound|be|feel|get) (?=(?:a (?:bit|little) |much |more )?\w+er\b)", r"make \1 "), (r"\bhas to be exactly as loud as\b", "is to match the loudness of"), (r"^\s*(\S+) is to match the loudness of (\S+)\s*$", r"match the loudness of \1 to \2"),
    (r"\bdo(?:es)?n'?t want (?:a |the |any )?(voice|vocals|singer|singing)(?: in (\S+?))?,? i want (?:the same tune on|it on|instead) (?:an? )?([\w ]+)$|\bi dont want (?:a |the |any )?(voice|vocals|singer|singing)(?: in (\S+?))?,? i want (?:the same tune on|it on|instead) (?:an? )?([\w ]+)$", lambda m: f"replace the vocals with {m[3] or m[6]}" + (f" in {m[2] or m[5]}" if m[2] or m[5] else "")),
    (r"\bturn what (?:she|he|they) sings? in (\S+) into (an? \w+)", r"replace the vocals in \1 with \2"), (r"^(\S+\.\w+) replace with (an? )?(.+?) instead of (?:the )?(?:singer|voice|vocals?)\s*$", r"replace the vocals in \1 with \3"), (r"^\s*(\S+\.\w+): ", r"take \1, then "), (r",? after which i'?d (?:need|like|want) (?=\w)", ", then give me the "),
    (r"^\s*get ([A-Z][\w ]+?),(?= (?:remove|silence|mute|drop|take|cut|strip))", r"take \1, then"), (r"^\s*from the list,? the (\w+) one\W+", r"take the \1 one, then "),
    (r"\btrade (?=the |its |that |my )", "swap "), (r"\bloose (?=the |its |all |that )", "lose "), (r"\b(?:could|can|should|let|have|may|might) (the|its|that|my) (\w+(?: \w+)?) (?:become|be|turn into) (an?) (?=\w)", r"turn \1 \2 into \3 "),
    (r"\b(?:have|get|let) (an? [\w ]+?) (?:perform|play|take(?: over)?|do) (the \w+)(?: part| line)?\b", r"replace \2 with \1"),
    (r"\bi(?:'?d| would)? (?:want|like|hear|need) (?:that|the|this) (\w+)(?: part| line)? (?:played|done|performed) (?:by|on|with) (an?|the) ", r"replace the \1 with \2 "),
    (r"\b(vocals?|voice|singer|drums|bass|guitar|piano|melody)\s*(?:→|->|=>)\s*(?=\w)", r"replace the \1 with "), (r"\b(?:with|having) (an? )?([\w ]{3,20}?) in place of\b", r"replace with \2 instead of"),
    (r"\bhalf as loud\b", "6 dB quieter"), (r"\btwice as loud\b", "6 dB louder"), (r"\bwants? (\d[\d.]*) more (?:dB|decibels) of (?:the )?(\w+)", r"\2 up \1 dB"),
    (r"\b(?:round and round|over and over)\s+(\w+) times\b", r"loop it \1 times"),
    (r"\b(?:end[- ]to[- ]front|back[- ]to[- ]front|the other way (?:round|around)|as if time ran backwards|if time ran backwards|time ran backwards|in reverse)\b", "backwards"),
    (r"\bcut (?:everything|all|anything)(?: that comes| that is)? before (?:the )?(\d+:\d\d|[\w ]+ (?:seconds?|s|minutes?))\b", r"cut off the first \1"),
    (r"\bebu(?: r ?128)?\b|\br ?128\b", "-23 LUFS"),
    (r"\b(?:put|bring) (?:some|the) (\w+) back in\b", r"add \1"), (r"\ba?\s*bit of (\w+) on (?:this|it|that)\b\??", r"add \1 to it"),
    (r"\b(?:imitate|copy|emulate) (this|that|the) (\w+)\b", r"make something like \1 \2"),
    (r"\b(?:hand )?claps on (?=\d)", "add hand claps on "), (r"\bin (\S+\.\w+),? leave nothing (?:except|but) (the \w+)", r"keep only \2 of \1"), (r"\bleave nothing (?:except|but) ", "keep only "), (r"\b(?:on top|underneath) of (?:that|it)\b", "over it"),
    (r"\b(?:gimme|give me|get me|fetch|i need|i want) the (\w+) (?:stem|track|part) of (this|that|it|\S+\.\w+|(?:take|track|number) \w+)", r"isolate the \1 of \2"), (r"\bwhat (?:does|do) the (\w+) sound like (?:naked|alone|on (?:its|their) own|solo(?:ed)?|by (?:itself|themselves))", r"isolate the \1"),
    (r"\bgo from (\d{2,3}) to (\d{2,3})(?: ?bpm)?\s*$", r"bring the tempo to \2 bpm"), (r"\b(take|track|number|version|one) at (\d{2,3})(?= *(?:$|[,.;]))", r"\1 at \2 bpm"), (r"\b(first|second|third|fourth|fifth|last|1st|2nd|3rd) (?=at \d{2,3} ?(?:bpm|[.,;]|$))", r"\1 take "), (r"(?<= at )(\d{2,3})(?=\s*[.]?\s*$)", r"\1 bpm"),
    (r"\b(?:the )?(\w+) takes? (?=in \d)", r"the \1 take, put it "), (r"\b(?:the )?(?:endings?|ending'?s|end)(?: is|'s| are)? (?:rubbish|bad|awful|boring|weak|terrible|not good|no good)\b[\s,]*(?:(?:try|do|make|write|give me) (?:a |another |something )?(?:different|new|better|other)?(?: one| ending)?)?", "give it a new ending"),
    (r"\b(?:when|as) (?:it'?s|it is|its) (?:getting|coming|near\w*) (?:to|towards?) the (?:close|end|finish)\b|\btowards? the close\b", "at the end"), (r"\bshould (?:die|fade|ebb) away\b", "should fade out"),
    (r"\benough (?:with )?(?:the |of the )?[\w-]+(?: [\w-]+)?, (?=(?:do|make|play|turn|try))", ""), (r"\b(?:do|play) (it|this|that) orchestrally\b", r"make \1 orchestral"), (r"^\s*(\d) and (\d) as (?=\w)", r"make tracks \1 and \2 "), (r"\b(\w+) as lullabies\b", r"\1 as lullaby"),
    (r"\b(?:stretch|draw|drag|pull|spin) ((?:this|it|that|the \w+(?: version| one| piece)?)) out to\b", r"extend \1 to"), (r"\b(\S+\.\w+|it|this|take \w+) (?:must|should|has to|needs to) (?:run|go on|last|be)(?: for)? (?=(?:\w+ ){0,3}(?:and a half )?(?:minutes?|seconds?|bars?))", r"extend \1 to "), (r"\b(?:i want|i need|i'?d like) (this|it|that) to (?:go on|run|last|continue) for\b", r"extend \1 to"), (r"\bget ([A-Z][\w ]+?) up to (?=\d+:\d\d|\d+ (?:min|sec))", r"extend \1 to "), (r"\blenghten\b", "lengthen"), (r"\bshould go on for (?=\w+ bars?)", "should have "),
    (r"\b(?:all )?(?:at once|at the same time|simultaneously|together as a (?:layered|layerd) \w+)\b", "mixed together"), (r"\bstack (?:up )?(?=the|these|those|all|them)", "mix "), (r"\b(?:i'?d like |i want )?([a-zA-Z]) with ([a-zA-Z]) underneath\b", lambda m: f"lay {m[2].upper()} under {m[1].upper()}"), (r"\bput (\w+) and (\w+) (?:mixed )?together\b", r"mix \1 and \2"),
    (r"\b(.+?) then (.+?),? (?:back to back|one after (?:the other|another)|in a row)\s*$", r"join \1 and \2"), (r"\b(.+?)(?:,)? (?:back to back|one after (?:the other|another)|in a row|in that order|and chain them(?: in that order)?)\s*[.!]?$", r"join \1"), (r"\bgoes before\b", "put before"), (r"\b(?:butt|tack|bolt|stick) (?=the|it|that|this)", "attach "), (r"\btack it on(?:to)? the end\b", "attach it at the end"), (r"\blead into it with (?:that|this|it)\b", "put that in front of it"), (r"\bprefix it with\b", "and put in front of it"),
    (r"\b(?:set|bring|get|shift|move|pitch|transpose) (\w) (?:to|so that it'?s? (?:is )?(?:in|at)|so it'?s in|into) (?:the same (key|tempo) as (\w)|(\w)'s (key|tempo))\b", lambda m: f"match the {m[2] or m[5]} of {m[1]} to {m[3] or m[4]}"),
    # understanding
    (r"\b(?:dots|sheetmusic)\b", "sheet music"), (r"\b(?:put|get) (?:the |its |his |her )?(.+?) (?:on paper|into notation|in notation|onto paper)\b", r"transcribe the \1 as a score"), (r"\bwrite the (.+?) (?:out|down) as (?:a )?(score|notes|sheet music|midi)\b", r"transcribe the \1 as \2"), (r"^\s*as notes: ", "transcribe as notes "), (r"\bgive me midi of the (\w+)", r"transcribe the \1 as midi"),
    (r"\b(?:every line )?stamped (?:mm:ss|with (?:the )?times?)\b", "with timestamps"), (r"\bmake a karaoke file out of (\S+)(?: \(?lrc\)?)?", r"write out the lyrics of \1 as lrc"), (r"\b(?:a |one )?(?:short )?(?:sentence|line|word)s? on (?=each|every|the|this|it|\S+\.\w)", "short caption of "), (r"\b(?:two or three|two|three|a few|some) (?:sentences|lines|words) (?:on|about) ", "describe "), (r"\bblurb for ([A-Z][\w ]+?)(?: please)?(?=,|$)", r"describe \1"), (r"\bwhat'?s in each of the (?:\w+) files\?? ?", "describe them all; "), (r"\b(?:descrbe|describe) every (?:song|track|one)(?: here)?\b", "describe them all"), (r"^\s*short descriptions of (.+?), with (the \w+est)", r"describe \1; sort them with \2"),
    (r"\bform analysis\b(?: please)?(?: \(.*?\))?", "describe the sections"), (r"\blabel intro\b.*$", "describe the sections"), (r"\bmoods? of\b", "what is the mood of"), (r"\bwhat sort of (?:musick?|genre) is\b", "what genre is"), (r"\bwhat sets (.+?) apart from (.+?)(?=\?|$)", r"what differs between \1 and \2"), (r"\b(?:line (?:all )?(.+?) up against each ?other|put (.+?) side by side)\b", lambda m: f"compare {m[1] or m[2]}"), (r"\brun an? ai detector on (.+?)\s*[.!?]*$", r"are \1 AI-made?"), (r"\bthe (?:song|track|clip|piece) that'?s on\b|\bthe one (?:we'?re|were) hearing\b|\bwhat'?s playing\b", "this track"), (r"\bwho else have i got in this style\b", "find similar artists"), (r"\bdig up (?=things|stuff|songs)", "find "),
    (r"\b(?:recogni[sz]e|idnetify|identify|name|shazam) (?:the (?:music|song|track|tune|file|piece|clip))(?: in the attachment| (?:that )?i (?:uploaded|attached|sent))?\b", "what is this song?"), (r"\bwhich (?:tune|song) am i (\w+)(?: here)?\b", r"what am i \1"), (r"\b(?:lucky dip)\b", "surprise me"), (r"\bi'?m in no particular mood\b", "surprise me"),
    # searching
    (r"\bcap (?:the |it at |them at )?(tempo|temop|bpm|speed)? ?(?:at|to) (\d{2,3})(?: ?bpm)?\b", r"at most \2 bpm"),
    (r"\b(\d{2,3}) ?bpm (?:and|or) (?:up|above|more|faster|higher|over)\b", r"at least \1 bpm"), (r"\b(\d{2,3}) ?bpm (?:and|or) (?:down|below|less|slower|lower|under)\b", r"at most \1 bpm"),
    (r"\bnon[- ]vocal(?: only)?\b", "without vocals"), (r"\b(?:has|have|had) (?:got )?to have (?:a|some) (?:singer|singing|vocals?)\b", "with vocals"), (r"\b(?:can'?t|cannot|don'?t want to|do not want) have (?:anyone|anybody|somebody|people) sing(?:ing)?\b", "without vocals"), (r"\bnon[- ]instrumental\b", "with vocals"),
    (r"\b(?:other than that|apart from that|otherwise) (?:bang on|great|perfect|good|fine)\b", ""),
    (r"\bcould do without (?:the )?", "without "), (r"\b(?:all (?:good|great|fine) )?(?:bar|hold|minus|skip|ditch|leave off) the (?=\w+(?:,|\.|$))", "without the "), (r"\bnot a single (\w+)(?: one| song| track)?(?: among (?:these|them))?", r"no \1"), (r"\bcan'?t (?:have|stand|hear) any(?:more)? (?=\w)", "no "),
    (r"\b(?:don'?t|never|do not)(?: ever)? (?:play|give|show) me (?:any )?(?=[A-Za-z])", "no "),
    (r"\b(?:throw|chuck|kick|toss|take) (the (?:\w+ )?(?:one|top one|track|song)|number \w+|\#\d+|the \w+(?:st|nd|rd|th|ond|ird)) out\b", r"not \1"), (r"\bthe top one\b", "the first one"), (r"\bbin (?=the |number |track )", "not "), (r"^\s*(the \w+(?: one| song| track)?|number \w+) (?:doesn'?t|does not|dont) (?:fit|belong|work)\b", r"not \1"),
    (r"\bremove ((?:number|track|song) \w+|the \w+ (?:one|song|track)) from (?:the|this|that) list\b", r"not \1"),
    (r"\bfewer notes\b", "less busy"), (r"\bthin out the texture\b", "less busy"), (r"\bmoar\b", "more"), (r"\bmore tune to them\b", "more melodic"), (r"\bwithout getting any (\w+er)\b", r"but not \1"),
    (r"\ba single (?:tune|song|track) (?:from|per|by|of) each (?:singer|artist|band|one)\b", "one song per artist"), (r"\bmore variety of (?:artists?|artsts|bands|singers)\b", "max two per artist"), (r"\bdon'?t give me (?:\d|two|three|four) by (?:one|the same) (?:guy|artist|band|singer|person)\b", ""),
    (r"\b(?:with )?(\w+) (?:plays|listens) or (?:less|fewer)\b", lambda m: f"played less than {_next(m[1])} times"),
    (r"\b(?:minimum|min|lowest) rating(?: of)? (?=\w)", "rated at least "), (r"\brated (?:at least|minimum|over|above) (four and a half|three and a half|\w+)(?! stars?)\b", lambda m: f"rated at least {_STARS.get(m[1].lower(), m[1])} stars"), (r"\b(?:hide|skip|drop|remove|no) (?:everything|anything|all|those|any|ones)(?: that)? (?:i gave|i rated|rated|with) (?:under|below|less than) (\w+) stars?\b", r"rated at least \1 stars"),
    (r"\b(?:on my shelf )?(?:with no listens(?: at all)?|(?:but )?(?:i(?:'ve| have)? )?never (?:once )?(?:pressed play on|put on|listened to|heard|heared)|(?:i )?haven'?t (?:heared|heard)(?: yet)?|new to my ears|gathering dust|never played|unplayed|i never played)\b", "never played"),
    (r"\b(?:fill|has to last|must last|should last|add(?:s|ing)? up to|comes? to|totall?ing) (?=(?:\w+ ){1,3}?(?:minutes?|mins?|mintues|hours?))", "a playlist of "),
    (r"\b(?:but )?(?:the |its |their )?(tempo|energy|mood|brightness|loudness|speed) (?:stays?|unchanged|remains|constant|fixed|as (?:it )?is|the same|as before)\b(?! as\b)", r"keep the \1"), (r"\bleave the (\w+) as (?:it )?is\b", r"keep the \1"), (r"\b(?:without (?:getting|going|being)|but not|and not) (?:any )?(?:faster|slower|quicker)\b", "keep the tempo"),
    (rf"\b(?:sharing|with|in|at|matching|having|go by|using) the (key|tempo|bpm|speed)(?: (?:and|&) (?:the )?(key|tempo|bpm|speed))? of ((?:my|the|this|that) \w+|\S+\.\w+|(?:number|track|take) \w+)(?: to (?:pick|choose|find) (?:some |me )?{_NOUN})?", lambda m: m[0] if _MAKES.search(m.string) else f"songs in the same {m[1]}{' and ' + m[2] if m[2] else ''} as {m[3]}"),
    (r"\b(?:at|in|with) ([A-Z][\w ]+?)'s (key|tempo|bpm|speed)(?: and (?:in |at )?its (key|tempo|bpm|speed))?", lambda m: m[0] if _MAKES.search(m.string) else f"in the same {m[2]}{' and ' + m[3] if m[3] else ''} as {m[1]}"),
    (r"\bmatching (number \w+|track \w+)'?s (bpm|tempo|speed|key)\b", r"in the same \2 as \1"), (r"\bwhat goes with (this|it)\? (?:it )?has to be (?:in )?the same (key|tempo)\b", r"songs in the same \2 as \1"),
    (r"\bsame list\W+(?!but\b|only\b|with)", "same list but "), (r"\bspin off a (?:variant|version|copy) of (?:this|that|the) list (?:that'?s|that is|which is|but) ", "same list but "), (r"\bkeep (?:this|that|the) list(?: as (?:it )?is)? and (?:make|start|create|give me) another (?:one )?(?:with|that is|that'?s|but) ", "same list but "), (r"\ba (?:second|new|another) list like (?:this|that) (?:one )?(?=minus|without|but|only|with)", "same list but "),
    (r"\bbut minus (?:the )?", "but without "), (r"\bless obvious (?:tracks|songs|ones)\b", "less popular"),
    (r"\b(?:some )?(?:an?)?other (?:bands?|musicians|people|singers?|artists?|performers?)(?: like (?:it|them|this|that|these))?\b(?! like| sim| close| who)|^\s*(?:cheers,? |thanks,? )?(?:\w+'?re great\W+)?who'?s next\b|\bnow (?:others like (?:them|it)|similar people)\b", "someone else"),
    (r"\b(?:got any|any|some) further (?:ones|songs|tracks)\b|\bshow me the (?:others|rest)(?: (?:that )?you have| of them)?|\bnext batch\b", "give me more"), (r"\bgive me more,? and this time\b", "give me more; only"),
    (r"\b(?:numbers?|counts?|split|breakdown|divided)(?: up)? (?:per|by|for each) (genre|mood|year|artist|key|decade)\b|\bhow'?s my library split by (\w+)", lambda m: f"statistics by {m[1] or m[2]}"), (r"\bwhose (?:records|recrods|songs|music|albums|tracks) do i (?:own|have|have got) (?:the )?most(?: of)?\b", "which artist is most common in my library"),
    # files
    (r"[\s,;–-]*(?:\band\s+|\bthen\s+|&\s*)*\b(?:saved|exported|written|bounced|delivered|rendered)(?: out)? (?:as|to|in|into) (?:an? |the )?(?=(?:\w+ ){0,2}?{F})", "; save it as "),
    (r"\b(?:write|put|bounce|dump|turn|convert|send|get) (it|them|those|these|that|this|all|both|everything|the (?:results?|rest|list|new one|lot|first \w+|last \w+|whole thing)|tracks? [\d, andto-]+|numbers? [\d, andto-]+|the \w+ best)(?: out)? (?:(?:in)?to|in|as|on) (?:an? |the )?(?=(?:\w+ ){0,1}?{F})", r"save \1 as "),
    (r"^\s*(?:an? |the )?({F})(?: file| version)? (?:of|from) (this|that|it|these|them|those)\b(?: would be (?:great|nice|good|lovely))?", r"save \2 as \1"), (r"\bkeep (this|that|the) list\W+(?=(?:as )?{F})", r"save \1 list as "),
    (r"\band (the (?:first|second|third|last)(?: one| song| track| take)?|(?:number|track|take) \w+)(?: also| too)?(?: as)? (?:an? )?(?={F})", r"; save \1 as "), (r"\band (?:the|an?) ({F})(?: file)?(?: for| of)? (?:it|this|that|them)\b", r"; save it as \1"), (r",\s*({F}) at the end\s*$", r"; save it as \1"),
    (r"\b(first|second|third|fourth|last) (take|track|one|song) ({F}),? (first|second|third|fourth|last) (take|track|one|song) ({F})", r"save the \1 \2 as \3; save the \4 \5 as \6"),
    (r"\b(?:musci|muisc|musik|musick)\b", "music"), (r"\bdrumms?\b|\bdrumming\b", "drums"), (r"\bdich\b", "ditch"), (r"\bpercusion\b", "percussion"), (r"\bwirte\b", "write"), (r"\bstamp (?=(?:the |its |their )?(?:mood|genre|key|bpm|tempo))", "write "), (r"\bonto the files of this list\b", "into the tags of these"),
    # the talk
    (r"\b(?:reopen|reload|recall) (?:the |that )?([\w ]+?)(?: list| one)?\s*$", r"go back to the \1 list"), (r"\b(?:see|show me|look at) the (?:earlier|ealier|previous|former|old) (?:results|list|ones|search)(?: again)?", "go back to the previous list"), (r"\bbring up the list with (?:the )?(\w+)(?: (?:once more|again|once again))?", r"go back to the \1 list"), (r"\bjump back to (?:your|the|my) ", "go back to the "),
    (r"^.*\bi should(?:n'?t| not) have\b.*$|^.*\bthat was better (?:with|before|without)\b.*$", "undo that"),
    (r"^\s*it'?s (.+?) (?:that )?i (?:wanted|meant|was after)\b.*$|^\s*correction\W+(.+?) (?:instead of|not|rather than) .+$|^\s*(?:sorry|sory|oops|no|wait)\W+(?:the )?(.+?),? not (?:the )?[\w' ]+$|^\s*not (?:that |the )?\w+,? but (.+?)(?=,| and |$)", lambda m: f"I meant {m[1] or m[2] or m[3] or m[4]}"),
    (r"^\s*(?:that'?s|thats|that is) (?:fine|ok|okay|alright|good),? (?:carry on|go on|go ahead|continue|proceed)\b.*$", "yes, go ahead"), (r"^\s*nope\b,? (?:keep|leave|don'?t)\b.*$", "no, cancel that"),
    (r"^\s*(?:nvm|never ?mind),? (?:scrap|forget|leave|drop) (?:that|it)\W*$|^\s*stop (?:it|that|this)? ?right (?:there|now)\W*$|^\s*(?:enough|ok|right),? (?:you can|please|just) stop(?: now)?\W*(?:thanks|please)?\W*$|^\s*(?:don'?t|do not|dont) (?:bother|go on)(?: any ?more| with (?:it|that))?\W*(?:abort|abotr|cancel|stop)?\W*$", "stop"),
    (r"\b(?:take off|get rid of|stop limiting it to|remove) (?:the )?(?:year|date|nineties|eighties|seventies|decade|90s|80s|70s)(?:s)?(?: (?:restriction|limit|range|filter))?\W*$|^\s*(?:they|it|these) can be (?:of|from) any (?:age|year|time|era|decade)(?: now)?\W*$|^\s*the years? (?:don'?t|do not|doesn'?t|dont|doesnt) matter(?: (?:any ?more|now))?\W*$|\b(?:drop|forget|lose|ignore) the (?:date|year) (?:range|limit|restriction)\b", "forget the year"),
    (r"\b(?:any )?(?:double|doubled|duplicate|identical) (?:files?|songs?|tracks?)\b|\b(?:songs?|tracks?|what'?s)[\w ,']* (?:two (?:times|tiems)|twice)\b(?=[\w ,]*(?:library|check|import|$))", "duplicates"),
)  # fmt: skip
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_FORMATS = r"(?:m3u8?|xspf|wavs?|flacs?|mp3s?|ogg|m4a|midi|musicxml|pdf|svg|lrc|playlist file)\b"
_COMPILED = tuple((re.compile(pattern.replace("{F}", _FORMATS), re.IGNORECASE), said) for pattern, said in _TURNS)


def _next(word: str) -> int:
    """Return the number behind a number in words or figures."""
    lower = word.lower()
    return (int(lower) if lower.isdigit() else _NUMBERS.index(lower) if lower in _NUMBERS else 1) + 1


def plainly(text: str) -> str:
    """Return a message in the words that the rules know.

    >>> plainly("trade the piano for celeste w/o drums")
    'swap the piano for celeste without drums'
    """
    held = [(match.start(), match[0]) for match in _QUOTED.finditer(text)]
    for number, (_, quoted) in enumerate(held):
        text = text.replace(quoted, f"⟦{number}⟧", 1)
    for pattern, said in _COMPILED:
        text = pattern.sub(said, text)
    for number, (_, quoted) in enumerate(held):
        text = text.replace(f"⟦{number}⟧", quoted, 1)
    return " ".join(text.split())
