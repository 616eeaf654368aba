"""Patterns of talk about lists and the plain words that they stand for; small grammars made of word classes."""

_S = r"(?:^|(?<=[.;!?:,]\s)|(?<=\band\s)|(?<=\bbut\s)|(?<=\bthen\s)|(?<=\bnow\s)|(?<=\bplease\s)|(?<=\bso\s)|(?<=\bok\s))"  # a request begins here
_E = r"(?=\s*(?:$|[.;!?,:]|(?:and|but|though|please|thanks|now|then|instead|for me|only|just)\b))"  # and ends here
_T, _A, _G = "\ue000\\d+\ue00f", "\ue001\\d+\ue00f", "\ue002\\d+\ue00f"
_KIND = rf"(?P<k>(?:{_A}|{_G})(?:(?:\s*,\s*|\s+(?:and|or|nor)\s+)(?:any\s+|the\s+)?(?:{_A}|{_G}))*)"
_ART = r"(?:(?:the|any|all|all the|any of the|that|this|of|more|of that|(?:every|any)thing (?:that'?s|that is|by|from))\s+)*"
_STUFF = r"(?:\s+(?:stuff|songs?|tracks?|music|tunes?|things?|numbers|ones))?"

# -- artists and genres that are not wanted --------------------------------------------------------------
_AWAY = r"(?:hold|spare (?:me|us)|leave (?:out|off)|omit|keep out|nix|steer (?:me )?clear of|stay (?:clear|away) from|keep away from|go without|barring|save for|(?<!\d )(?<!\d-)(?<!one )(?<!two )(?<!four )(?<!five )(?<!eight )(?<!twelve )(?<!sixteen )(?<!e-)(?<!r-)(?<!t-)bar|except(?: for)?|excepting|other than|apart from|aside from|minus|(?:every|any)(?:thing|one|body) (?:but|except|bar)|all but|cut(?: out)?|ban|block|banish|mute|kill|ditch|lose|dump|bin|drop|scrap|get rid of|take out|weed out|filter out|throw out|kick out|strip out|no more|enough(?: of)?|(?:i've |i have )?had enough(?: of)?|not a single|not one|zero|none of|never(?: ever)? (?:play|show|give|serve|suggest|recommend|bring)(?: me| us)?|(?:do not|don't|dont) (?:ever )?(?:play|include|add|show|give|suggest|recommend|want|need|like)(?: me| us)?(?: any)?(?: more)?|(?:i'm |i am |im )?(?:so )?(?:tired|sick|bored|fed up|weary|done) (?:of|with)|(?:i'm |i am |im )?(?:not|no) (?:a |much of a )?(?:big |huge )?(?:fan of|into|in the mood for|keen on|fond of)|(?:i )?(?:can't|cannot|cant) (?:stand|bear|abide)|(?:i )?(?:could|can) do without|(?:i )?(?:hate|loathe|detest|dislike)|nothing (?:by|from|with)|not? (?:by|from)|w/o|without|exclude|excluding|avoid|avoiding|skip)"  # fmt: skip
_NOT_FOR_ME = r"\s+(?:(?:does|do) nothing for me|(?:(?:is|are)n'?t|(?:is|are) not|'s not) (?:for me|my (?:thing|taste|cup of tea|bag|style)|welcome|wanted)|(?:bores?|annoys?|irritates?) me|(?:gets?|is getting) on my nerves|leaves? me cold|(?:has|have|needs?) to go|must go|(?:is|are) (?:out|off the table|banned)|can (?:go|stay out)|turns? me off|(?:doesn't|don't|doesnt|dont) do (?:it|anything) for me|\?\s*no(?:pe)?(?: thanks)?)"  # fmt: skip
_HIM = r"(?:\s*[,;]?\s*(?:and |so )?(?:nothing (?:by|from) (?:him|her|them)|(?:please )?(?:remove|skip|drop|exclude|lose|cut) (?:that|it|them|him|her|those)(?: one| all)?))?"  # fmt: skip
_AMONG = r"(?:\s+(?:among|in|amongst|from|on) (?:these|those|them|there|here|the (?:list|mix|playlist)|this list|my (?:list|playlist)))?"  # fmt: skip

# -- tracks of the list that are not wanted, or are to be followed ---------------------------------------
_ORDINAL = r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|final|\d+(?:st|nd|rd|th))"
_REF = rf"(?P<r>{_T}|(?:the\s+)?(?:number|track|song|item|result|tune|#)s?\s*#?(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)(?:(?:\s*,\s*|\s+(?:and|or)\s+)(?:number\s+|track\s+)?\d+)*|(?:the\s+)?{_ORDINAL}(?!\s+(?:\d|two|three|four|five|few|half|bars?|seconds?|search|list|results))(?:\s+(?:one|track|song|result|tune|title))?(?:\s+and\s+(?:the\s+)?{_ORDINAL}(?:\s+(?:one|track|song))?)?)"  # fmt: skip
_OUT = r"(?:throw|kick|toss|chuck|bin|ditch|hide|lose|get rid of|(?:take|leave)(?=\s+(?:out|off|away)|\s+\S[^,;.:]*\s(?:out|off|away)\b)|strike|scratch|cross|axe|cut|delete|discard|dump|kill|scrap|remove|drop|exclude|reject|skip|veto|ban|banish|erase|bump)(?:\s+(?:out|off|away))?"  # fmt: skip
_MISFIT = r"(?:\s+(?:really |just |definitely |somehow )?(?:(?:doesn'?t|does not|didn'?t|won'?t|don'?t) (?:really |quite )?(?:fit|belong|work|suit|sit|match|click|go|do)(?: in| here| right| well| for me| it for me| with the rest| anything for me)*|(?:is|was) (?:out of place|a miss|a dud|a mistake|off|an outlier|the odd one out|not it|out|too much)|has to go|needs to go|must go|can go|should go|goes|throws me off|stands out badly|sticks out|ruins it|i can do without|(?:isn'?t|is not) (?:right|it|for me|my thing|working))|'s (?:out|off|not it|out of place|a miss|a dud|the odd one out)|\s+i (?:don'?t|didn'?t) (?:like|want|need|fancy))"  # fmt: skip
_FROM_LIST = r"(?:\s+(?:out|off|away))?(?:\s+(?:from|of|in|on|off) (?:the|this|that|my) (?:list|playlist|results?|selection))?"  # fmt: skip
_KIN = r"(?:relatives?|siblings?|cousins?|kin|neighbou?rs?|sound-?alikes?|look-?alikes?|twins?|family|soulmates?|companions?|brothers?|sisters?)"  # fmt: skip

KINDS: tuple[tuple[str, str], ...] = (
    (r"\b(?:tell me |say |let me know |i wonder )?(?:what|how) (?P<r>(?:the )?(?:first|second|third|top|last|opening|best) (?:one|result|track|song|hit|match)) sounds?(?: like)?\b", r"describe \g<r>"),
    (rf"{_S}(?:all good|all fine|(?:they'?re |these are |it'?s )?all (?:good|fine|great)|i like (?:it|them) all|love (?:it|them) all)\s+(?=(?:bar|but|except|save)\b)", ""),
    (rf"\b{_AWAY}\s+{_ART}{_KIND}{_STUFF}{_AMONG}{_HIM}", r"no \g<k>"),
    (rf"{_S}(?:please )?(?:can you |could you )?(?:leave|keep|take|throw|kick|cut|get) (?:the |all )?{_KIND}{_STUFF} (?:out|off|away)(?: of (?:it|this|here|there|the (?:list|mix)))?", r"no \g<k>"),
    (rf"{_S}(?:the |all the |that )?{_KIND}{_STUFF}{_NOT_FOR_ME}{_HIM}", r"no \g<k>"),
)  # fmt: skip

TRACKS: tuple[tuple[str, str], ...] = (
    (r"\b(?:no|nr)\.\s?(?=\d)", "number "),
    (r"\bthe (?:top|opening|uppermost) (?:one|track|song|result|tune)\b|\bthe opener\b", "the first one"),
    (r"\bthe (?:bottom|closing) (?:one|track|song|result|tune)\b|\bthe closer\b", "the last one"),
    (r"\bwhy\b(?P<a>[^,;.?!\d]*?)\s(?<!number )(?<!track )(?<!song )(?P<n>\d{1,2})\b(?!\s*(?:bpm|s\b|minutes|stars))", r"why\g<a> number \g<n>"),
    (rf"{_S}(?:i(?:'d| would) )?{_OUT}\s+{_REF}{_FROM_LIST}(?=\s*(?:$|[.;!?,]|and\b|but\b|please\b|thanks\b))", r"not \g<r>;"),
    (rf"{_S}{_REF}{_MISFIT}{_E}", r"not \g<r>"),
    (rf"{_S}(?P<r>[^,;.!?]*?),?\s*(?:find|give|show|get|play|dig up|bring)(?: me)? (?:its|his|her|their) {_KIN}\b", r"more like \g<r>"),
    (rf"{_S}(?:(?:find|give|show|get|play|i want|i'd like|dig up)(?: me)? )?(?:(?:some|any|more|a few|the)\s+)*{_KIN} (?:of|to|for) ", "more like "),
    (r"\b(?:more|others?|some(?:thing|thing else)?|things?|stuff|tracks|songs) (?:such as|along (?:the )?lines of|in (?:the )?vein of|akin to|comparable to|in keeping with|of the (?:same )?(?:kind|sort|type) (?:as|of)|close to|near(?: to)?) ", "more like "),
    (rf"{_S}(?:(?:more|something|stuff|tracks) )?(?:along the lines of|in the vein of|akin to|in the spirit of|comparable to) ", "more like "),
    (rf"{_S}(?:i(?:'d| would) )?{_OUT}\s+(?:nos?\.? )?(?P<n>\d{{1,2}}(?:(?:\s*,\s*|\s+and\s+)\d{{1,2}})*){_FROM_LIST}(?=\s*(?:$|[.;!?,]))", r"not number \g<n>; "),
    (rf"{_S}(?:i want |give me |find |something |show me )?(?:more of )?(?:the )?(?:same|that) (?:kind|sort|type) of (?:thing|music|stuff|songs?|tracks?|sound) (?:as|like) ", "more like "),
    (rf"{_S}(?P<n>\d{{1,2}}|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty) (?:more|others) (?P<w>like|similar to) (?=the|number|track|this)", r"find \g<n> songs \g<w> "),
    (r"\b(?P<v>find|give me|show me|get me|i want|play) (?P<n>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)(?: more| others?| ones)? (?P<w>that|which|like|similar|resembling|close)\b", r"\g<v> \g<n> songs \g<w>"),
)  # fmt: skip

# -- exports, orders, paths, the library: anywhere -------------------------------------------------------
_FILE = r"(?P<f>m3u8?|xspf|playlist file)"
_IT = r"(?P<i>it|this|that|these|those|them|(?:this|that|the|my)(?: whole| entire| new)? (?:list|playlist|one|selection|rest|results|songs|tracks)|all (?:of )?(?:it|these|this|those|them)|the lot|everything|(?:tracks?|songs?|numbers?) \d+(?:(?:\s*,\s*|\s*(?:to|-|–|and|through)\s*)\d+)*|the (?:first|last|top) (?:\w+)|the \w+ best)"  # fmt: skip
ANYWHERE: tuple[tuple[str, str], ...] = (
    (r"(?<!\w)w/o\b", "without"),
    (r"\bmoar\b", "more"),
    # exports
    (rf"\b(?:write|put|turn|dump|drop|throw|stick|pack|stash|burn|output|convert|make|get|pour|wrap|bundle|store) {_IT} (?:up )?(?:in ?to|to|in|as|on) (?:an? )?(?:new )?{_FILE}(?: file)?", r"export \g<i> as \g<f>"),
    (rf"\b(?:write|put|store|dump) (?P<i>(?:tracks?|songs?|numbers?) \d[^;.!?]*?) (?:in ?to|to|in|as) (?:an? )?{_FILE}(?: file)?", r"export \g<i> as \g<f>"),
    (rf"{_S}(?:an? |one )?{_FILE}(?: file)? (?:of|for|from|with) {_IT}(?: (?:would be (?:great|nice|good|lovely|handy|perfect)|is what i need|is needed|please))?", r"export \g<i> as \g<f>"),
    (rf"{_S}(?:keep|save|store) {_IT}\s*[:,-]\s*(?:as )?(?:an? )?{_FILE}", r"save \g<i> as \g<f>"),
    (rf",?\s*\b(?:saved|stored|exported|written|delivered)(?: to disk)? (?:as|to|in|into) (?:an? )?{_FILE}", r"; export it as \g<f>"),
    (r"\b(?P<v>as (?:an? )?(?:m3u8?|xspf|mp3|wav|flac|ogg)),? and (?P<r>(?:the|number|track|only) [^,;.!?]*?) (?:also |too |alone )?as (?:an? )?(?P<g>m3u8?|xspf|mp3|wav|flac|ogg)\b(?: too| as well)?", r"\g<v>; export \g<r> as \g<g>"),
    (r"(?P<v>\bexport|\bsave)(?P<i> [^;.!?]*? as (?:m3u8?|xspf|playlist file)), (?:under|inside|in|into|to) (?=[~/.])", r"\g<v>\g<i> in "),
    # orders
    (r"\b(?:put|line up|arrange|lay|place|line|set) (?P<i>(?:the |these|those|them|all )[\w ]*?)(?: up)? in (?:a row|order|sequence|a line|a sequence)\b", r"sort \g<i>"),
    # comparing, asking, taking back
    (r"^(?:is|are) (?P<a>\S+\.\w{2,4}) (?:in|at|of) the same (?P<k>\w+) as (?P<b>\S+\.\w{2,4})", r"compare \g<a> and \g<b>: are they alike in \g<k>"),
    (r"^(?:do|does|have|has) (?P<a>.+?) and (?P<b>.+?) (?:have|share|differ)\b(?P<k>.*)$", r"compare \g<a> and \g<b>: differ\g<k>"),
    (r"^i (?:should(?:n't| not|nt) have|wish i (?:hadn'?t|had not)|regret)\b.*$", "undo that"),
    (rf"{_S}(?:scrap|cancel|reverse|drop|discard|take back|lose|kill|forget) (?:that|the|my|your) (?:last|latest|previous) (?:change|edit|step|thing|move|version|action)\b", "undo that"),
    (rf"{_S}(?:take back|reverse|cancel|scrap) what you (?:just )?(?:did|changed|made)\b", "undo that"),
    (r"\bwhat(?:'s| is) (?:this )?playing(?: right now| now| here| at the moment| currently)\b", "which song is this"),
    (rf"{_S}(?:no,? )?(?:put|set|change|turn) (?:it|that|this) back (?:the way it was|as it was|how it was|to how it was)", "undo that"),
    (rf"{_S}(?:(?:go|step|turn|put it|set it|take it|roll) back)(?=\s*(?:$|[.!,]))(?!\s*to)", "undo that"),
)  # fmt: skip

# -- only while a list is being talked about -------------------------------------------------------------
_AXIS = r"(?P<x>tempo|speed|pace|beat|energy|mood|brightness|loudness|volume|density|melody|danceability|length|vocals|singing|distortion|vibe)"  # fmt: skip
_FIELD_YEAR = r"(?:years?|decades?|dates?|date range|ages?|eras?|periods?|time (?:period|span|frame|range)|release (?:date|year)s?|vintage)"  # fmt: skip
_LIMIT = r"(?:\s+(?:restrictions?|limits?|limitations?|filters?|ranges?|constraints?|requirements?|conditions?|rules?|criteri(?:on|a)|thing|part|bit|window|cap))"  # fmt: skip
_LIFT = r"(?:take (?:off|away|out)|remove|drop|lift|lose|scrap|ditch|kill|cancel|loosen|relax|forget(?: about)?|ignore|delete|clear|undo|disregard|no more|skip|get rid of|let go of|do away with|never mind|without|don'?t (?:worry|care) about|i don'?t care about|i don'?t mind)"  # fmt: skip
_NINETIES = r"(?:the )?(?:(?:19|20)?\d0'?s|(?:19|20)\d\d|twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|noughties)"  # fmt: skip
_IRRELEVANT = r"\s+(?:(?:doesn'?t|don'?t|does not|do not|no longer|needn'?t) (?:really )?(?:matters?|count|bother me|play a role)|(?:is|are) (?:irrelevant|unimportant|not important|no matter|not relevant|optional|up to you)|(?:isn'?t|aren'?t) (?:important|relevant|an issue))"  # fmt: skip
_ON = r"(?:\s*[,;]?\s*(?:and|then|but)?\s*(?:go for|give me|i want|let'?s (?:have|go for)|show me|make (?:it|them)|get me|try)\b)?"  # fmt: skip
_WHICH = r"(?P<w>year|tempo|genre|key|mood|artist|rating|language|duration|length|vocals|bpm)s?"
_LISTS = r"(?:list|results?|search|selection|playlist|songs|tracks|ones|picks|suggestions|batch|set|finds|hits)"
_EARLIER = r"(?:earlier|previous|former|original|old|other|prior|preceding|past|before)"
_GO_BACK = r"(?:re-?open|go back to|jump (?:back )?to|return to|get back to|take me (?:back )?to|revert to|bring (?:up|back)|pull (?:up|back)|show(?: me| us)?|let(?: me|'?s) see|(?:i'?d|i would) like to see|can i see|i want to see|i want|revisit|switch (?:back )?to|restore|recall|back to|give me(?: back)?|go to)"  # fmt: skip
_NEW_LIST = r"(?:variant|variation|version|copy|fork|branch|(?:second|new|another|parallel|alternative|sister|separate) (?:list|version|playlist|one)|alternative|offshoot|spin-?off|twin)"  # fmt: skip
_THAT_IS = r"(?:(?:that|which)(?:'?s| is| are)|but(?: with| make it)?|with|only|where (?:it|they|everything)(?:'?s| is| are)|just)?"  # fmt: skip
_PRAISE = r"(?:yes+(?=[\s,.!-]+(?:but|except|only|though)\b)|i'?m (?:really )?(?:into|happy with|enjoying|liking|digging) (?:this|these|it|them|those)|(?:i )?(?:really )?(?:love|like|adore|dig|enjoy) (?:this|these|it|them|those)|(?:these|those|they|this|it|that) ?(?:'?re|'?s|is|are|was|were) (?:really |so |very |all |pretty |almost |nearly )*(?:good|great|nice|lovely|perfect|fine|cool|there|spot on|bang on|brilliant|wonderful|awesome)|bang on|spot on|nearly there|almost(?: there)?|close|not bad|good (?:stuff|start|picks))"  # fmt: skip
_REST_FINE = r"(?:other than that|otherwise|apart from that|besides that|aside from that|except for that|beyond that|but for that|the rest (?:is|was)|everything else(?: is|'s)?)"  # fmt: skip
_FINE = r"(?:it'?s |they'?re |all |i'?m |just |really |absolutely |totally )*(?:bang on|spot on|great|perfect|good|fine|lovely|happy|nice|ok|brilliant|excellent|cool|what i (?:want|wanted)|wonderful)"  # fmt: skip
_EXTRA = r"(?:live (?:takes?|versions?|recordings?|cuts?|tracks?|stuff|shows?|albums?|songs)|live|b-?sides?|covers?|cover versions?|remix(?:es)?|remasters?|demos?|unplugged(?: sessions?| versions?)?|acoustic (?:versions?|sessions?|takes?)|bootlegs?|outtakes?|alternate takes?|radio edits?|edits?|bonus tracks?|radio sessions?|sessions?|instrumental versions?|karaoke versions?|concert recordings?|re-?recordings?|extended (?:mixes|versions?)|medleys?|rarities)"  # fmt: skip

LISTED: tuple[tuple[str, str], ...] = (
    # praise before or behind a wish says nothing of its own
    (rf"^{_PRAISE}[\s,.!-]+(?:(?:but|except(?: that)?|only|though|just|yet|however)[\s,]+)*(?=\S)(?!.*\b(?:next|someone|somebody|people|artists?|bands?|acts?|musicians?|singers?|others|band|artist|singer)\b)", ""),
    (rf"[,;.\s]*\b(?:but )?{_REST_FINE},? {_FINE}\s*[.!]*$", ""),
    (rf"{_S}(?:can|could|may|might|should|would) (?:the )?(?:(?:next|new|other) )?(?:ones|songs|tracks|they|it|these|list|batch|results) (?:please )?(?:be|have|sound|feel|get|come)(?: out)? ", ""),
    (r"\b(?P<w>minus|without|no) (?:the|any|all the) (?=(?:vocals?|singing|voices?|singers?|lyrics)\b)", r"\g<w> "),
    # what is to stay as it is
    (rf"\b(?<!any )(?:the |its |their )?{_AXIS} (?:(?:should|must|has to|have to|can|may|needs to|is to|to) )?(?:stays?|remains?|is fine|is good|is right|is perfect|are fine|be left alone)(?: (?:put|the same|as (?:it )?is|as (?:it|they) (?:was|are)|where it is|unchanged|there))?", r"keep the \g<x>"),
    (rf"\b(?:leave|let) (?:the |its |their )?{_AXIS} (?:be|as (?:it|they) (?:is|are)|as is|alone|untouched|unchanged|where it is)", r"keep the \g<x>"),
    (rf"\b(?:the |with )?{_AXIS} (?:kept |left )?(?:unchanged|untouched|intact|as is|as it is|the same|constant|unaltered)", r"keep the \g<x>"),
    (rf"\b(?:without|no|not|don'?t|do not) (?:any )?(?:losing|lose|sacrificing|sacrifice|touching|touch|changing|change|alter|altering|loss of|changes? (?:in|of|to)|dropping|affecting|mess with|messing with|raising|lowering) (?:any )?(?:of )?(?:the |its |their )?{_AXIS}", r"keep the \g<x>"),
    (r"\b(?:without|but not|not) (?:(?:it|them|they) )?(?:getting|becoming|being|going|turning|speeding up|slowing down)(?: (?:any|much|too|it))*(?: (?:faster|slower|quicker))?(?=\s*(?:$|[,.;!?]))(?<=er|up|wn)", ", keep the tempo"),
    (r"\b(?:without|but not|not) (?:(?:it|them|they) )?(?:getting|becoming|being|going|turning)(?: (?:any|much|too))* (?:louder|quieter|softer)\b", ", keep the loudness"),
    (r"\b(?:without|but not|not) (?:(?:it|them|they) )?(?:getting|becoming|being|going|turning)(?: (?:any|much|too))* (?:sadder|happier|darker|gloomier)\b", ", keep the mood"),
    (r"\b(?:without|but not|not) (?:(?:it|them|they) )?(?:getting|becoming|being|going|turning)(?: (?:any|much|too))* (?:wilder|calmer|livelier|sleepier)\b", ", keep the energy"),
    (rf"\b(?:hold|maintain|preserve|retain) (?:the|its|their) {_AXIS}\b", r"keep the \g<x>"),
    (rf"{_S}(?:the )?{_AXIS} (?:is|are) (?:a bit |a little |way |just )?(?:too much|over the top|overdone|too prominent|too present)", r"less \g<x>"),
    # directions said in other words
    (r"\b(?:thin (?:out|down)(?: (?:the )?(?:texture|sound|arrangements?|it|them|things))?|thinner(?: (?:texture|sound|arrangements?))?|(?:fewer|less) (?:notes|layers|instruments|things going on|clutter|going on)|less (?:cluttered|crowded|packed|thick)|declutter(?: it| them)?)", "less dense"),
    (r"\b(?:thicken (?:up |out )?(?:the )?(?:texture|sound|it|them)?|thicker(?: (?:texture|sound|arrangements?))?|more (?:notes|layers|instruments|going on|things going on)|fill (?:it|them|the sound) out)", "more dense"),
    (r"\b(?:i (?:want|need|would like|'d like) to )?(?:dance more|(?:more|easier) to dance to|move my (?:feet|hips) more|more (?:bounce|swing in the hips|for the (?:feet|dance ?floor)))", "more danceable"),
    (r"\bmore (?:of )?(?:an? )?(?:tunes?|melodies|hooks?)(?: (?:to|in) (?:them|it|these))?(?=\s|[,.;!?]|$)", "more melodic"),
    (r"\b(?:(?:with )?less (?:obvious|common|played out|overplayed|well.known)|fewer (?:hits|obvious ones|well.known ones)|not so (?:obvious|well.known)|off the beaten (?:track|path))(?: (?:tracks|songs|ones|choices|picks|stuff))?", "less familiar"),
    (rf"\b(?:up|raise|boost|increase|crank(?: up)?|dial up|pump up|push|turn up|step up|bump up|kick up) the {_AXIS}\b", r"more \g<x>"),
    (rf"\b(?:lower|reduce|cut|decrease|dial (?:down|back)|tone down|bring down|turn down|cut (?:back|down) on|ease (?:off|up) on|go easy on|drop|take down) the {_AXIS}\b(?!{_LIMIT})", r"less \g<x>"),
    (r"\b(?:could|can|would) (?:use|do with|stand|take) (?:some |a bit |a little )?(?:more|extra) ", "more "),
    (r"\b(?:they|it|these|this|that)(?:'?re| are|'?s| is| feels?| sounds?| seems?)?\s*(?:only |just |still )?(?:a (?:little|bit|tad|touch|tiny bit|shade)|slightly|somewhat|rather|kinda|kind of|sort of|overly)(?: on the)? (?!more\b|less\b|too\b|of\b|better\b|much\b)(?=\w+(?:\s+side)?\s*(?:$|[,.;!?]|for|though|but))", "a bit too "),
    (rf"{_S}(?:(?:it|they|this|these|that) )?(?:still |just |only )?(?:needs?|wants?|lacks?|requires?|misses|is missing|are missing|deserves?) (?:some |a bit |a little |a lot )?(?:more )?(?=(?:energy|drive|punch|power|melody|groove|warmth|sparkle|space|kick|vocals|tempo|speed|pace|intensity)\b)", "more "),
    (r"\bnot (?P<x>\w+) enough\b", r"more \g<x>"),
    (r"\b(?:i )?(?:could|can) (?:do|live) without (?:the |so much |all the |all that )?(?:singing|vocals?|voices?|singers?|lyrics)(?: though| tbh)?", "no vocals"),
    (r"(?<=\w) (?:though|tho|tbh)(?=\s*[.!]*$)", ""),
    (r"^go for (?=\w+er\b|more\b|less\b)", ""),
    # filters that fall
    (rf"{_S}(?:please )?{_LIFT} (?:the |that |any |this |all )*{_FIELD_YEAR}{_LIMIT}?{_ON}(?=\s|[,.;!?]|$)", "forget the year; "),
    (rf"{_S}(?:please )?(?:take (?:off|away|out)|loosen|ditch|kill|cancel|get rid of|do away with|let go of|no more) (?:the |that |any |this |all )*{_WHICH}{_LIMIT}{_ON}(?=\s|[,.;!?]|$)", r"forget the \g<w>; "),
    (rf"{_S}(?:the |what |which )?{_FIELD_YEAR}{_IRRELEVANT}(?: any ?more| now| to me| after all)*", "forget the year; "),
    (rf"{_S}(?:the |what |which )?{_WHICH}{_IRRELEVANT}(?: any ?more| now| to me| after all)*", r"forget the \g<w>; "),
    (rf"{_S}(?:(?:they|it|these|songs?|tracks?|anything)(?:'re| are| is|'s)? ?(?:can|may|could|might|should)?(?: be| come)? )?(?:(?:from|of|in) )?(?:any|every|all|whatever|whichever) {_FIELD_YEAR}(?: (?:is|are) (?:fine|ok|okay|good|welcome)| will do| goes?| works?| you like| now| at all)*(?=\s*(?:$|[,.;!?]))", "forget the year; "),
    (rf"{_S}(?:they|it|these|songs?|tracks?) (?:can|may|could|might) be (?:of |in |at |by |from )?(?:any|whatever|every) {_WHICH}(?: now| at all)*", r"forget the \g<w>; "),
    (rf"{_S}(?:please )?(?:stop|quit|no need to|don'?t|do not|no longer|not) (?:limit|restrict|confin|stick|keep|narrow|hold|ty)(?:t?ing|e|ying|ping)?(?: (?:it|this|them|yourself|these|the list|the search|things))?(?: down)?(?: to| in| within)? (?:only |just )?(?:songs from |tracks from )?{_NINETIES}(?: only| any ?more)?", "forget the year; "),
    (rf"{_S}(?:(?:it|they|these|this) )?(?:(?:does|do)(?:n'?t| not) (?:have|need) to|need(?:n'?t| not)) be (?:from |only |just |all )*{_NINETIES}(?: any ?more| only)?", "forget the year; "),
    (rf"{_S}not (?:just|only) (?:from )?{_NINETIES}(?: any ?more)?{_E}", "forget the year; "),
    (rf"{_S}(?:let'?s |please |you can |we can )?(?:go|extend it|stretch it|widen it|open it up|make it|extend|reach)(?: as far as)? (?P<y>(?:(?:back )?(?:up )?to|until|till|through(?: to)?|from|down to|back to) (?:19|20)\d\d)(?:,? (?:rather than|instead of|not) (?:stopping|ending|starting|beginning|just|only|at|in|with|by|\s)*(?:19|20)\d\d)?", r"\g<y>"),
    (rf"{_S}(?:open|extend|widen|stretch|expand)(?: it| this| them| the list| the range)?(?: up| out)? (?:to|into|with|for) (?:include )?(?P<y>{_NINETIES})(?: too| as well| also)*", r"include \g<y> too"),
    # what may come in again
    (rf"{_S}(?:(?:feel free to|you (?:can|may|could)|please|do|also|let'?s) )*(?:add|include|throw in|mix in|allow|use|bring in|show|put in|let in|take|have|accept)(?: in)?(?: me)?(?: some| any| the| also)* (?P<e>{_EXTRA})(?: (?:too|as well|now|also|again|please|if you like|in))*{_E}", r"include \g<e> versions too; "),
    (rf"{_S}(?P<e>{_EXTRA}) (?:are|is|would be|'?re|can|may|could) ?(?:now |also |be |totally |perfectly |all )*(?:allowed|fine|ok|okay|welcome|good|alright|acceptable|included|in|stay|permitted|cool|count|no problem)(?: too| now| as well| with me| by me| again)*", r"include \g<e> versions too; "),
    (rf"{_S}(?:i )?(?:don'?t|do not|wouldn'?t|won'?t) (?:mind|object to|exclude|leave out|rule out|skip)(?: any| the| some)* (?P<e>{_EXTRA})(?: (?:either|now|too|as well))*", r"include \g<e> versions too; "),
    (rf"{_S}(?P<e>{_EXTRA}) (?:welcome|allowed|ok|okay|fine|too|as well|included|also)(?: too| now| as well)*{_E}", r"include \g<e> versions too; "),
    (rf"{_S}(?:also|and also|it'?s (?:ok|okay|fine|alright) if (?:they'?re|it'?s|some are)) (?:from )?(?P<y>{_NINETIES})(?: too| as well)*{_E}", r"include \g<y> too"),
    (rf"{_S}{_LIFT} (?:the |that )?(?:restrictions?|limits?|limitations?|filters?|constraints?) (?:to|on|of|for) {_NINETIES}", "forget the year; "),
    (rf"{_S}(?P<v>find |give me |show me )?more of (?:that|this|the same) (?:kind|sort|type|style|ilk)", "more like that"),
    (rf"{_S}back to (?P<n>(?!before|normal|how|the|what|it|where|my|our|your|that|this)\w+){_E}", r"back to the \g<n> list"),
    (rf"^(?:the )?(?P<n>previous|earlier|first) {_LISTS}(?: please| again)*\s*[.!?]*$", r"back to the \g<n> list"),
    (r"^like (?:this|the) list,? but ", "same list but "),
    (r"^next(?: please)?[.!]*$", "more"),
    (rf"{_S}let it (?:build|grow|rise)(?: up)?{_E}", "building up"),
    # lists of before
    (rf"{_S}(?:(?:can|could|would|will) you )?(?:please )?{_GO_BACK} (?:the |your |my |our |that |those |to )*(?P<n>very first|first|1st|initial|opening) (?:list|results?|search|selection|playlist|batch|set|suggestions|picks)(?: again| once more)?", "back to the first list"),
    (rf"{_S}(?:(?:can|could|would|will) you )?(?:please )?{_GO_BACK} (?:the |your |my |our |that |those |what )*(?:{_EARLIER} {_LISTS}|{_LISTS} (?:from )?(?:before|earlier|i had(?: before)?|you (?:had|showed me|gave me)(?: before| first| earlier)?|of before))(?: again| once more)?", "back to the previous list"),
    (rf"{_S}(?:(?:can|could|would|will) you )?(?:please )?(?:re-?open|jump back to|get back to|take me back to|revert to|revisit|restore|recall|return to|switch back to|go back to|pull (?:up|back)|bring back) (?:the |your |my |our |that |those )*(?:{_LISTS} (?:with|of|for|about|full of) (?:the )?)?(?P<n>(?!previous|first|last|earlier)\w+(?: \w+)?)(?: {_LISTS})?(?: again| once more)?{_E}", r"back to the \g<n> list"),
    (rf"{_S}(?:(?:can|could|would|will) you )?(?:please )?{_GO_BACK} (?:the |your |my |our |that |those )*(?:{_LISTS} (?:with|of|for|about|full of) (?:the )?(?P<n>\w+(?: \w+)?)) (?:again|once more|one more time)", r"back to the \g<n> list"),
    (rf"{_S}(?:(?:can|could|would|will) you )?(?:please )?{_GO_BACK} (?:to )?(?:what|the ones?|those) (?:that )?(?:you|i|we) (?:showed|had|gave|found|played|suggested|started with)(?: me| us)?(?: with)?(?: at)?(?: the)? (?:first|start|beginning)", "back to the first list"),
    (rf"{_S}(?:the|that|my|your) (?P<n>(?!first|last|previous|same)\w+(?: \w+)?) (?:list|results|selection|playlist|batch|search) (?:again|once more|one more time)", r"back to the \g<n> list"),
    # another list beside this one
    (rf"\b(?:keep|leave) (?:this|that|the) (?:list|one|playlist)(?: as (?:it )?is| alone| untouched)?,? (?:and|but|then) (?:make|give me|do|start|create|build|show me) (?:another|a new|a second|a different|a separate)(?: one| list| playlist| version)?[, ]*{_THAT_IS} ", "same list but "),
    (rf"{_S}(?:(?:(?:please |can you |let'?s )*(?:spin off|fork|branch(?: off)?|make(?: me)?|create|start|do|give me|show me|build|i want|try)) )?(?:an?|another|one more)? ?{_NEW_LIST} (?:of|like|from|based on|to|out of) (?:this|that|the|it)(?: (?:list|one|same list|current list|playlist))?[, ]*{_THAT_IS} ", "same list but "),
    (r"\bsame (?P<l>list|search|playlist|selection)[,:]? (?!but|again)(?=\w)", r"same \g<l> but "),
    # more of it
    (rf"{_S}(?:(?:and |so )?(?:have you |do you have |you |are there |is there |has it )?(?:got )?)(?:show (?:me )?|give (?:me )?|get (?:me )?|see |play |load |i want |let me see |bring (?:me )?)?(?:any|some|the|a few|still)?\s*(?:further|additional|remaining|extra|other|others|rest|more)(?: (?:ones?|songs?|tracks?|results?|options?|suggestions?|picks|titles|stuff|of (?:these|them|those|it)))*(?: (?:you(?:'ve| have)(?: got)?|there (?:is|are)|left|in store|available|too|you can find|that you have|you found))*(?=\s*(?:$|[.;!?]|,\s*(?:and|but|this time|only|just|nothing|with|under|over|no|please)\b))", "more; "),
    (rf"{_S}(?:the |a |another )?(?:next|new|fresh|further|second|second) (?:batch|lot|page|round|set|load|helping|handful|bunch|portion|serving)(?: please| of (?:these|those|them|songs|tracks))?(?=\s*(?:$|[.;!?,]|and\b|but\b))", "more; "),
    (rf"{_S}(?:what else (?:have you got|do you have|is there|you got|can you offer)|keep (?:them|it|'em|em) coming|hit me again|load more|go on|carry on|continue|bring on more|i'?m not done(?: yet)?|once more with others)(?=\s*(?:$|[.;!?,]))", "more; "),
    (r"; ?(?:,|and|but|this time|now|\s)+(?=(?:nothing|no|only|with|under|over|just|shorter|longer|faster|slower|more|less|from)\b)", "; "),
)  # fmt: skip
