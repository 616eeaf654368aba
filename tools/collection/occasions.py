"""Occasions that people name for want of a word for the sound: what each asks for along a measured axis.

North and Hargreaves 1996 found that exercise is wanted loud and fast and rest quiet and slow; here that is more or less
energy, and it is said so for each track.
"""

import re
from collections.abc import Iterator

_LIVELY = r"gym|work(?:ing)?[ -]?outs?|working out|exercis(?:e|es|ing)|jogg?(?:ing)?|go(?:ing)? (?:for a )?run(?:ning)?|(?:for|to) (?:a )?run(?:ning)?(?: to)?|wak(?:e|ing) (?:me |us )?up|morning run|spinning|cardio|(?:house)?cleaning|housework|chores|pre-?game"  # fmt: skip
_CALM = r"dinner part(?:y|ies)|dinner|study(?:ing)?|homework|focus(?:ing)?|concentrat(?:e|ing|ion)|read(?:ing)? a book|fall(?:ing)? asleep|sleep(?:ing)?|bedtime|nap(?:s|ping)?|meditat(?:e|ing|ion)|yoga|(?:a )?bath|wind(?:ing)? down|unwind(?:ing)?|spa|massage"  # fmt: skip
_OCCASIONS = re.compile(rf"\b(?:(?P<lively>{_LIVELY})|(?P<calm>{_CALM}))\b", re.IGNORECASE)


def occasions_in(text: str) -> Iterator[tuple[str, int, int, int]]:
    """Yield the occasions in a text: words, direction along the axis of energy, and character offsets.

    >>> list(occasions_in("Music for the gym"))
    [('gym', 1, 14, 17)]
    """
    for match in _OCCASIONS.finditer(text):
        yield match[0].lower(), 1 if match["lively"] else -1, match.start(), match.end()
