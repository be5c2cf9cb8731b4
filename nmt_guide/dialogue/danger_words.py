"""What clients say to a safety reply or a screening question, as patterns; `danger.py` decides what it means.

Where a pattern is for one sentence or clause only, `danger.py` cuts the message first.
"""

from __future__ import annotations

import re

from nmt_guide.dialogue.yes_no import EXCLAIMING, NO_WORDS, SO_IT_IS, YES_WORDS

_LOOKED_AT = r"(?:seen|checked|cleared|scanned|examined|looked at|tested|treated)"
_WHO = r"(?:doctors?|dr|gp|er|ed|hospital|urgent care|nurses?|midwife|ob|paramedics?|medics?|physician)"
_NUMBER = r"(?:911|999|112|000|111|988|an ambulance|the ambulance|the police|emergency(?: services)?)"
_SOMEBODY = r"(?:me|us|him|her|them|my \w+)"
_PLACE = r"(?:er|ed|a ?(?:&|and) ?e|emergency(?: room| department)?|urgent care|hospital)"
#: That somebody is there, on the way, or has looked at it.
HELPED = re.compile(
    rf"\b(?:(?:called|rang|phoned|dialled|dialed|calling|ringing|phoning) (?:them\b(?! about)|{_NUMBER}|(?:the|my|our) {_WHO}\b)"
    rf"|(?:i'?ll|i will|gonna|going to) (?:call|ring|phone) (?:them (?:right )?now|{_NUMBER})"
    rf"|at the hospital|in hospital\b|with (?:a|the) doctor"
    rf"|(?:i'?m|i am|we'?re|we are|he'?s|she'?s|they'?re|arrived|here) (?:now |already |just |sitting |waiting )*(?:at|in) (?:the |an? )?{_PLACE}\b"
    r"|(?:ambulance|paramedics?|medics?|doctors?|nurses?|police|help) (?:(?:is|are) (?:here|there|with|coming|looking|on (?:its|the|their|his|her) way)"
    r"|(?:has|have) (?:got|come|arrived|taken|seen)|came|arrived)\b"
    rf"|on (?:my|our|his|her|their|the) way (?:in\b|over\b|there\b|to (?:the |an? )?(?:{_PLACE}|doctor)\b)"
    rf"|(?:going|heading|headed|off) (?:in|there|over|to (?:the |an? )?(?:{_PLACE}|doctor)) ?(?:right )?(?:now)\b"
    rf"|(?:i'?ll|i will|i'?m|we'?ll|we'?re|she'?ll|he'?ll) (?:go|going|gonna go|get (?:it|this) (?:checked|seen|looked at)|do that)(?! (?:to|with|for) (?!the|an? |er|ed|my|urgent|hospital|doctor))\b"
    rf"|(?:drivin[g']?|drives|bringing|rushing) {_SOMEBODY}\b(?! (?:crazy|nuts|mad|insane|up the|bonkers|bananas|round the|to (?:drink|despair|tears)|down))"
    rf"|(?:taking|takes|took) {_SOMEBODY} (?:to|in|over|there)\b"
    rf"|{_WHO} (?:already |just |has |have )*(?:saw|checked|cleared|did|scanned|examined|looked|ruled)\b"
    rf"|(?:saw|seen|been to|went to|come (?:back )?from) (?:my|the|a|an|our|his|her) {_WHO}\b"
    rf"|(?:been|got|getting|was|were) (?:already |just |all )?{_LOOKED_AT}"
    r"|(?:mri|ct|scans?|ultrasound|x-?rays?|tests?|bloods?|ecg|ekg)\b.{0,30}\b(?:clear|fine|normal|ok(?:ay)?|negative|good|nothing))",
    re.IGNORECASE,
)
#: Somebody of the family is there: "I called my sister, she's coming".
COMPANY = re.compile(
    r"\b(?:he|she|they|my \w+|somebody|someone)(?:'s| is| are|'re) (?:here|there|coming|with me|on (?:his|her|their|the) way|picking me up)\b",
    re.IGNORECASE,
)
#: That somebody will look at it soon; enough where hours do not count.
SOON = re.compile(
    rf"\b(?:(?:i'?ll|i will|gonna|going to) (?:call|ring|phone|see|ask) (?:my|the|a|our) {_WHO}\b.{{0,20}}\b(?:now|today|tomorrow|right away|straight away|this \w+)"
    r"|(?:have|has|got|made) (?:an? )?(?:\w+ )?appointment\b.{0,30}\b(?:now|today|tomorrow|this \w+)|appointment today)\b",
    re.IGNORECASE,
)
#: What makes a clause say nothing of help now: a denial, a question, another time, a condition.
NOT_NOW = re.compile(
    r"\b(?:no|not|never|nobody|none|without|cannot|cant|refuse\w*|hate\w*|if|unless|suppose|until|would|should|could"
    r"|used to|ever)\b|n'?t\b"
    r"|^\W*(?:(?:so|and|then|ok|okay|well)\W+)*(?:can|do|does|did|is|are|am|was|what|when|where|why|who|how)\b"
    r"|\b(?:once|when|after) (?:i|they|he|she|my|the|it)\b",
    re.IGNORECASE,
)
#: What takes back that there is help, wherever it stands.
NO_HELP = re.compile(
    r"\blast (?:week|month|year|summer|winter|spring|autumn|fall)\b|\b(?:weeks?|months?|years?) ago\b|\bhung up\b|\bsent (?:me|us|him|her|them) (?:home|away|back)\b|\bturned (?:me|us|him|her|them) away\b|\bno(?:body| one)? (?:answer\w*|came|comes)\b"
    r"|\b(?:going to|gonna|want to|about to) leave\b|\bi'?m leaving\b|\bleft without\b|\bon (?:holiday|vacation|leave)\b|\b(?:good)?bye\b|\bsay sorry\b"
    r"|\b(?:did|do|does|would|wo|was|has|have|is|are)n'?t (?:com(?:e|ing)|answer|pick|look|check|see|help|in\b|there)"
    r"|\bnot coming\b|\bvoice ?mail\b|\b(?:busy|engaged|dead|closed|alone|later)\b|\bno reply\b|\bgoing home\b|\b(?:for|to|after|during) (?:my|the|a) (?:massage|session|visit)\b|\bnext (?:week|month|year)\b"
    r"|\bin (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\b|\bat school\b",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"[.!?;,:\n]+|\b(?:but|though|although|however|except)\b", re.IGNORECASE)
#: That somebody is going to look at it; enough where hours do not count.
WILL_ASK = re.compile(
    rf"\b(?:i'?ll|i will|i'?m|gonna|going to|let me) (?:just |better )?(?:call|calling|ring|ringing|phone|see|ask|text|message)(?: to)? (?:my|the|a|our) {_WHO}\b"
    r"|\b(?:i'?ll|i will|gonna|going to) (?:just |better )?(?:call|ring|phone) (?:them|one|somebody|someone)\b(?! about)"
    r"|^\W*(?:(?:ok(?:ay)?|alright|thanks?)\W+)*(?:(?:i )?will do|i'?ll do)(?: that| it)?(?:\W+(?:thanks?|thank you|ok(?:ay)?))*\W*$",
    re.IGNORECASE,
)
#: "I'm not going to see a doctor", "if it gets worse I'll call", "at my next checkup": nobody is being asked.
PUTS_OFF = re.compile(
    r"\b(?:not|never|no|won'?t|if|unless|maybe|might|why|think|next|some ?day|eventually|check-?up)\b|n't\b",
    re.IGNORECASE,
)
_WHO_CLEARS = rf"(?:{_WHO}|docs?|physio|specialist|consultant|surgeon|cardiologist|oncologist)"
#: That somebody has looked at it, and it is all right.
CLEARED = re.compile(
    rf"\b(?:(?:my|the|a|our) )?{_WHO_CLEARS}\b[^.!?]{{0,25}}\b(?:said|says|told|confirmed|thinks|gave)\b[^.!?]{{0,30}}"
    r"\b(?:ok(?:ay)?|fine|(?:it'?s|is) nothing|nothing (?:serious|bad|to worry)|all right|alright|all[- ]clear|go[- ]ahead|safe)\b"
    rf"|\b{_WHO_CLEARS} (?:has |have |already |just )*(?:cleared|ok'?d|okayed|approved)\b"
    r"|\b(?:he|she|they)(?:'s|'ve| has| have)? (?:already |just )*cleared me\b"
    r"|\b(?:scan|ultrasound|x-?ray)s?\b[^.!?]{0,20}\b(?:clear|fine|normal|negative)\b",
    re.IGNORECASE,
)
_ILLNESS = r"(?:blood )?(?:clots?|dvt|fractures?|breaks?|broken|infections?|infected|cellulitis|strokes?|tia|heart attack|sepsis)\b"
#: That somebody has looked at it, and it is none: nothing else may be said before, and after it only what is asked now. "They"
#: are those whom the client was told to call.
RULED_OUT = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|well|phew|hi|hello|update|good news|great news|great|good|yes|again)\W+)*"
    rf"(?:(?:they|(?:the |my |our |an? )?(?:{_WHO_CLEARS}|scan|ultrasound|x-?ray))(?:'ve| have| has| just| already)* "
    r"(?:(?:said|says?|told me|confirmed|found|showed|shows)(?: that)?(?: it'?s| it is| it was| there'?s| there is| there was| i have| i'?ve)?"
    rf"(?: it isn'?t| it wasn'?t| i don'?t have| not| no)(?: an?| any| the| signs? of)* {_ILLNESS}"
    rf"|ruled (?:(?:it|that|this|(?:an? |the |any )?{_ILLNESS}) out|out (?:an? |the |any )?{_ILLNESS}))"
    rf"|(?:it|that|(?:the |an? )?{_ILLNESS})(?:'s| was| is| has| has been|'s been| got| just| already)* ruled out\b)"
    r"[\s.,;:!)]*(?:$|(?:so|and|can|could|may|when|how|is it|am i|do|thanks?|thank|phew|just an?|only an?)\b)",
    re.IGNORECASE,
)
#: "She's a nurse and says it's fine"; "my doctor said it's just reflux last year".
NO_EXAMINATION = re.compile(
    rf"(?:\b(?:is|am|was)|'s|'m) (?:also )?an? (?:\w+ )?{_WHO_CLEARS}\b|\blast (?:month|year)\b|\b(?:months?|years?) ago\b",
    re.IGNORECASE,
)
NOT = re.compile(r"\b(?:not|never|no|unsafe)\b|n'?t\b", re.IGNORECASE)
#: What has not happened yet.
IF = re.compile(r"\b(?:if|unless|suppose|until|(?:once|when|after) (?:i|they|he|she|my|the|it))\b", re.IGNORECASE)
SAFE = re.compile(
    r"\b(?:i'?m|i am|i|we'?re|we are|he'?s|she'?s|they'?re|he is|she is|everyone is|everybody is|all) (?:all |perfectly |totally |really )?safe\b"
    r"|\bfalse alarm\b|\b(?:was|just|only) (?:a )?jok(?:e|ing)\b",
    re.IGNORECASE,
)
FINE = re.compile(
    r"\b(?:i'?m|i am|we'?re|we are|he'?s|she'?s|they'?re|he is|she is|everyone is|everybody is|all|it'?s|it is|feel|feeling|mum is|mother is|dad is|father is)"
    r" (?:all |perfectly |totally |really |just |completely )*(?:fine|ok|okay|alright|all right|good|better|nothing)\b",
    re.IGNORECASE,
)
#: Signs that went away.
EASED = re.compile(
    r"\b(?:(?:it|that|they|everything|the \w+)(?:'s| is| are| has| have)? (?:all |just )?(?:gone(?! to\b)|passed|stopped|eased|settled|cleared|disappeared)"
    r"|(?:went|gone) (?:away|down|off)|wor[en] off|cleared up|(?:feel|feeling|feels) (?:better|fine|ok|okay|normal))\b",
    re.IGNORECASE,
)
_SYMPTOM = (
    r"(?:swell\w*|swollen|fever\w*|numb\w*|tingl\w*|weak\w*|bleed\w*|blood|red(?:ness)?|hot|dizz\w+|severe|sudden|worst|breathless|short of breath|vomit\w*"
    r"|droop\w*|slurr\w*|blurr\w*|incontinen\w*|suicidal|abus\w+|assault\w*|chest pains?|sweat\w*|(?:trouble|difficulty|problems?) (?:breathing|speaking|walking))"
)
_SIGNS = rf"(?:{_SYMPTOM}|(?:that|those|these|such) (?:signs?|symptoms?|things?)|(?:that|those|these)(?=\W*(?:$|[.,!;]))|symptoms?|signs?|injur\w+)"
#: What is about a film, a truck or a way of speaking.
_NO_MATTER = (
    r"hypothetical(?:ly)?|figure of speech|(?:just |only )?kidding|just an expression|(?:he|she|they) hit my (?:car|truck|van|bike)"
    r"|it was (?:a|my|the) (?:car|truck|massage|game|movie|film|book)(?! (?:crash|accident|wreck))"
)
_NOBODY_DID = r"(?:nobody|no ?one) (?:is |was |has |ever |ever has )?(?:hurt|hit|abus|touch|harm|suicidal)\w*"
_NONE_OF = r"(?:none of (?:that|those|these|this|it|them)(?! (?:help|work|matter|mak|is |has )))|nothing (?:like that|of the (?:kind|sort)|happened)"
#: A sign that is told although others are denied: "no pain, just numb".
STILL_TOLD = re.compile(rf"\b(?:just|only|now|also|more) (?:\w+ ){{0,2}}?{_SYMPTOM}\b", re.IGNORECASE)
TOLD = re.compile(rf"\b{_SYMPTOM}\b", re.IGNORECASE)
SENTENCE = re.compile(r"[^.!?;\n]*\?|[.!;\n]+|\b(?:but|though|although|however|except)\b", re.IGNORECASE)
#: That there is nothing of the kind.
DENIED = re.compile(
    r"\b(?:i (?:\w+ )?(?:never|didn'?t|did not) (?:said|say|told you|tell you|mention\w*|claim\w*)(?! (?:everything|all|it was|it'?s|my|an?|any(?:one|body))\b)"
    r"|(?:you|u) (?:\w+ )?(?:said|say) that|that'?s not what i said"
    rf"|(?:never had|never have|don'?t have|do not have|haven'?t got|have not got|got no|have no|there(?:'s| is| are) no|(?:no\W+)?no) (?:any |a |the |of )*(?:\w+ )?{_SIGNS}\b"
    rf"|(?:is|it'?s|are|was|were|am|i'?m) not (?:a |any |at all |that |having )*{_SIGNS}\b|(?:isn'?t|aren'?t|wasn'?t|weren'?t) (?:a |any |at all |that )*{_SIGNS}\b"
    rf"|{_NONE_OF}|have none|nothing(?:'?s| is| was)? (?:wrong|swollen|numb|broken|going on)"
    rf"|{_NOBODY_DID}|(?:nobody|no ?one)(?: is|'s)? in danger|not (?:in (?:any )?danger|being (?:hurt|abused)|going to (?:hurt|harm|kill))|{_NO_MATTER}"
    r"|(?:that|it|this|all that)(?:'s| was| is| happened)? (?:all |just |back )*(?:in|from) (?:19\d\d|20[01]\d)\b"
    r"|(?:that|it|this|all that)(?:'s| was| is| happened) (?:all |just |over |about )*(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twenty|many) years ago)",
    re.IGNORECASE,
)
#: Of despair and abuse only what is said of them counts: "I don't have any hope" takes nothing back.
DENIED_PLAINLY = re.compile(
    r"\b(?:(?:not|never|isn'?t|wasn'?t) (?:been )?(?:suicidal|(?:being )?(?:hurt|abused|harmed|hit|touched)|going to (?:hurt|harm|kill)|an? (?:emergency|abuse))"
    r"|(?:don'?t|do not) (?:want|plan|intend) to (?:die|kill myself|hurt myself|harm myself|end (?:it|my life))(?=\W*(?:$|[.,!?;]|lol))"
    r"|(?:doesn'?t|does not|didn'?t|did not|never) (?:hurt|hit|touch(?:ed)?|harm(?:ed)?|abuse[ds]?) (?:me|anyone|anybody)\b"
    r"|(?:no|without|not having|don'?t have)(?: any| such)* (?:(?:suicidal )?thoughts|plans? (?:of|to))(?! (?:live|living|the future))"
    rf"|{_NOBODY_DID}|{_NONE_OF}"
    r"|i (?:\w+ )?(?:never|didn'?t|did not) (?:said|say|told you|tell you|mention\w*|claim\w*) (?:that|anything|any of|i (?:was|am|wanted|want)|so|you)"
    rf"|{_NO_MATTER})",
    re.IGNORECASE,
)
#: Beside these words nothing is taken back.
DARK = re.compile(
    r"\b(?:just myself|more than|die|dead|dying|wish i|gone|cut(?:ting)?|ending|end it|live for|live long|drunk|won'?t be here|mean anything to"
    r"|pills?|tablets?|overdos\w+|gun|kill|hits?|watching)\b",
    re.IGNORECASE,
)
#: That it was misread: of a danger to life this may be a way to play it down ("you got me wrong, it's from lifting").
MISREAD = re.compile(
    r"\b(?:mis(?:read|understood|understand|heard|took|taken)|(?:got|have|had) (?:it|me|that|this|the) [\w ]{0,12}wrong|wrong (?:idea|person|end)"
    r"|not what i (?:said|meant|mean|asked|wrote)|(?:didn'?t|did not|don'?t|do not) mean|(?:just|only) asking)\b",
    re.IGNORECASE,
)
#: That it may have been misread; enough where no rule speaks for the danger.
PROTESTED = re.compile(
    r"\bi (?:just |only |actually )?(?:mean|meant|asked|said|told)\b|\bim asking\b|\bi'?m (?:just |only )?asking\b|\bwho said\b|\bwhere did (?:that|you)\b"
    r"|\bwhy (?:do|are|would|did|should) (?:you|u)\b|\byears? ago\b|\bstop (?:asking|sending|saying)\b|^\W*(?:what(?! (?:do|does|is|are|can|should|about|time|if|kind|will|would)\b)|wtf|huh|wow|excuse me|omg)\b",
    re.IGNORECASE,
)
#: A mere "no" to a danger, after fewer words than to a question, and not "no hope", "no one", "nothing helps", "I don't want to live".
MERE_NO = re.compile(
    rf"^\W*(?:(?:omg|oh|god|lol|haha|uh|um|well|what|wtf)\W+)*(?:{NO_WORDS})\b(?=\W*$|[.,!;:]|\s+(?:i|it|its|it's|im|i'm|he|she|they|we|thanks|thank|not|just|that|what|how|when|can|u|you|way|no)\b)",
    re.IGNORECASE,
)
#: "Not me, my dad": it is none the less.
ANOTHER = re.compile(
    r"\bnot me\b\W+(?:it'?s |but |its )?(?:my|him|her|them|a|the|our)\b"
    r"|\b(?:it'?s|its|it is|i mean|for) my (?:mum|mom|mother|dad|father|husband|wife|partner|son|daughter|brother|sister|friend|boyfriend|girlfriend|nan|gran\w*|uncle|aunt\w*|child|kid|boss|colleague|neighbou?r)\b(?!'s (?:massage|session|appointment|visit|booking))",
    re.IGNORECASE,
)
#: "I'm not safe", "safe for now, but I have the pills", "not sure I'm ok".
DOUBTS = re.compile(
    r"(?:\bnot|n'?t|\bnever|\bno|\bhardly|\bunsure|\bif)\b[^.!?]{0,12}\b(?:safe|fine|ok|okay|sure|good|alright|all right|better)\b|\bfor now\b|\b(?:safe|fine|ok|okay) (?:to|for) (?:have|get|come|a|the|massage)"
    r"|\bunsafe\b|\b(?:pills?|tablets?|gun|knife|rope|bridge|goodbye)\b",
    re.IGNORECASE,
)
#: That it grows.
WORSE = re.compile(
    r"\b(?:wors\w+|spread\w*|bigger|growing|stronger|can'?t (?:breathe|walk|feel|move|see|stand|swallow|speak)|collaps\w+|faint\w*|passed out|grey|gray|blue)\b",
    re.IGNORECASE,
)
#: A yes to a screening question. Unlike a form's (`yes_no.py`), it is not taken back by a "just" or "not" further on.
YES = re.compile(
    r"^\W*(?:(?:oh|um+|uh|well|er|hm+|god|ok|okay|think so|i think)\W+)*"
    rf"(?:{YES_WORDS}|{SO_IT_IS}|i have|i did|it has|he is|he does|she is|she does|they do)\b"
    r"(?! (?:not|n't|no|fine|ok|okay|good|alright|all right|safe|well)\b)",
    re.IGNORECASE,
)
#: "Yes, I'm fine" to whether something is wrong.
ALL_FINE = re.compile(
    r"\b(?:i'?m|im|i am|we'?re|he'?s|she'?s|all) (?:all |perfectly |totally |really |just |completely )*(?:fine|ok|okay|alright|all right|good|safe)"
    r"\W*(?:(?:thanks?|thank you|no worries|no)\b.*)?$",
    re.IGNORECASE,
)
#: "No, actually yes."
YES_AFTER_ALL = re.compile(r"\b(?:actually|wait|well|hm+|i mean)\W+yes\b", re.IGNORECASE)
#: A no to a screening question: not "no feeling in my foot", "not yet", "no longer".
PLAIN_NO = re.compile(
    rf"^\W*(?:(?:{EXCLAIMING})\W+)*"
    rf"(?:{NO_WORDS}|none|never|not (?:at all|really|that i (?:know|can tell)|to my knowledge|me|now|suicidal)|nothing|negative|i don'?t(?: have\b.*)?(?=\W*(?:$|[.,!]))|i do not|it (?:isn'?t|is not|doesn'?t)|there (?:isn'?t|is no)|i(?:'m| am) fine)\b"
    r"(?!,? (?:control|feeling|sensation|strength|power|pulse|longer|more|hope|idea|clue|one|yet|good|well|sure|it (?:got|gets)|it'?s (?:wors|get)|i can'?t|i couldn'?t|that i mind|point)\b)",
    re.IGNORECASE,
)
#: In a crisis only this is "fine": of oneself, and no more.
FINE_SELF = re.compile(
    r"\b(?:i'?m|im|i am|we'?re|we are|i feel|feeling) (?:all |perfectly |totally |really |just |completely |much )*(?:fine|ok|okay|alright|all right|good|better)\b"
    r"(?=\W*(?:$|[.,!?;]|(?:now|thanks?|thank|just|really|honestly|so|and|what|how|when|can|could|do)\b))",
    re.IGNORECASE,
)
#: Near a yes: who is not sure, or says when and where.
HALF_YES = re.compile(
    r"^\W*(?:(?:oh|um+|uh|well|er|hm+|ok|okay|honestly|actually)\W+)*"
    r"(?:maybe|perhaps|sometimes|possibly|probably(?! not)|i think so|think so|i (?:guess|suppose|believe) so|i guess|kinda|kind of|sort of|a (?:bit|little|lot)|not (?:really )?sure|i'?m not (?:really )?sure|unsure"
    r"|i (?:don'?t|do not|dont|dunno) ?(?:really )?(?:know|no)?\W*$|i don'?t know|idk|dunno|no idea|hard to (?:say|tell)|could be|might be|it (?:might|may|could)|(?:it )?comes and goes|on and off|now and (?:then|again)"
    r"|(?:just|only) (?:the |my |at |when |in |on )?(?:left|right|one|night|nights|mornings?|evenings?|side|sometimes|a bit|a little)\b|mostly|most of the time|at night|i'?ve thought (?:about|of)|it (?:just )?(?:got|gets|is getting|'?s getting) worse)",
    re.IGNORECASE,
)
CORRECTS = re.compile(
    r"\bnot\b|\b(?:i|im|i'm) (?:just |only |actually )?(?:mean|meant|asked|asking|said|told)\b|\b(?:didn'?t|did not) (?:ask|mean|say)\b"
    r"|\b(?:u|you) (?:already|just|literally)\b|\bagain\b",
    re.IGNORECASE,
)
#: That the answer before was beside the point.
REJECTS = re.compile(
    rf"^\W*(?:(?:uh+|um+|ok(?:ay)?|oh|omg|lol|bro|dude|ugh|well|wait|haha)\W+)*(?:{NO_WORDS}|not)\b(?! (?:sure|yet|problem|worries|idea)\b)"
    r"|\b(?:i|im|i'm) (?:just |only |actually )?(?:mean|meant|asked|asking)\b|\b(?:didn'?t|did not) (?:ask|mean|say)\b"
    r"|\b(?:was|is)n'?t (?:it|what|my question)\b|\bnot what i\b",
    re.IGNORECASE,
)
PLAIN_BUT = re.compile(r"\b(?:but|except|although|though)\b", re.IGNORECASE)
#: "I'm fine, but now my arm is numb."
BUT = re.compile(r"\b(?:but|except|only|now (?!what|and|so|thanks|thank|ok|happy|can|how|do)\w+)\b", re.IGNORECASE)
