"""Parts that stay as they are while the rest is written anew: "but lock the bass", "keep the drums", "same melody"."""

import re
from dataclasses import dataclass

from segue.agent.dialogue import Thing
from segue.agent.language.clause import Clause
from segue.agent.language.parts import parts

LOCKABLE = frozenset({"regenerate", "chords", "mode", "restyle"})
_REST = r"(?:the\s+(?:rest|others?|other\s+parts|remaining\s+\w+)|everything(?:\s+else)?|all\s+(?:else|the\s+(?:rest|others?|other\s+parts))|the\s+whole\s+rest)"
_LOCK = re.compile(
    r"(?:[\s,;]*\b(?:but|and|while|only|just|please|then)\b)*[\s,;]*"
    r"(?:\b(?:keep(?:ing)?|lock(?:ing|ed)?|leav(?:e|ing)|hold(?:ing)?|freez(?:e|ing)|preserv(?:e|ing)|retain(?:ing)?|(?:don'?t|do\s+not|without|not|never)\s+(?:touch(?:ing)?|chang(?:e|ing)|alter(?:ing)?|los(?:e|ing)|mess(?:ing)?\s+with)|with\s+the\s+same|(?:the\s+)?same|except(?:\s+for)?|apart\s+from|other\s+than|but(?:\s+not)?|besides)\b)"
    r"(?P<what>(?:\s+(?:the|my|its|this|that|both|all|same|existing|current|original|old|of|just|only|parts?|tracks?|lines?|exactly))*\s+[^,;.]+?)"
    r"(?P<tail>\s+(?:as\s+(?:it\s+is|they\s+are|is|before)|alone|unchanged|intact|untouched|the\s+same|the\s+way\s+(?:it\s+is|they\s+are)|like\s+(?:it\s+is|that)|locked|in\s+place|and\s+(?=(?:redo|rewrite|regenerate|change|make|give|write|recompose|rework|turn|do|replace|try|everything|the\s+rest|vary)\b))+)?"
    r"\s*(?=$|[,;.!]|\s+and\s+(?:redo|rewrite|regenerate|change|make|give|write|recompose|rework|turn|do|replace|try|everything|the\s+rest|vary)\b|\s+but\b|\b(?:redo|rewrite|regenerate|recompose)\b)",
    re.IGNORECASE,
)  # fmt: skip
_EXCEPT = re.compile(r"\b(?:except|apart|other than|but(?!\s+(?:\w+\s+)*(?:keep|lock|leav|hold|freez|preserv|retain|don|do\b|without|not\s+\w+ing|same|the\s+same))|besides)", re.IGNORECASE)  # fmt: skip
_ELSE = re.compile(rf"\b{_REST}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Locks:
    """What is locked: ``parts`` by name (none where "the rest" is), and the clause without those words."""

    parts: list[str]
    rest: Clause


def locks(clause: Clause, thing: Thing | None) -> Locks | None:
    """Return what a clause locks, or None; names are those of parts and stems."""
    for match in _LOCK.finditer(clause.text):
        inner = Clause(match["what"])
        named = [p.value for p in parts(inner, thing)]
        everything = bool(_ELSE.search(match["what"]))
        if not (named or everything) or inner.verb("remove", "add", "isolate", "faster", "slower"):
            continue
        named = [p.value for p in parts(inner, thing) if not _ELSE.search(inner.text, 0, p.end)]
        text = f"{clause.text[: match.start()]} , {clause.text[match.end() :]}"
        text = re.sub(r"^[\s,;.]*(?:and|but|then)?\s*|[\s,;.]+$", "", re.sub(r"\s*,[\s,]*", ", ", " ".join(text.split())), flags=re.IGNORECASE)  # fmt: skip
        rest = Clause(text)
        excepted = _EXCEPT.search(match[0][: match.start("what") - match.start()])
        if rest.verb("remove", "isolate", "trim") or (excepted and not (rest.verb("regenerate", "turn", "make", "write", "restyle") or rest.has("new", "different", "other"))):  # fmt: skip
            continue  # "everything but the drums" takes parts out
        if rest.words:
            return Locks([] if everything and not named else named, rest)
    return None


def is_everything_else(clause: Clause) -> bool:
    """Tell whether a clause speaks of all the rest ("redo the rest", "everything else new")."""
    return _ELSE.search(clause.text) is not None
