"""Small tasks that chat clients give their model beside the conversation: a title, tags, what to ask next.

They come as a user's message that begins with ``### Task:`` and holds the conversation. They are no
turns: nothing is planned, and no session begins.
"""

import json
import re

_TASK = re.compile(r"\s*### Task:", re.IGNORECASE)
_ASKED = re.compile(r'\{\s*"(title|tags|follow_ups|queries|text)"\s*:')
_FIRST = re.compile(r"(?:^|\n)\s*(?:USER|user|User):\s*(.+)")
_TITLE_WORDS = 6


def answer(text: str) -> str | None:
    """Return the answer to such a task, as the JSON that it asks for; None for what people say."""
    if not _TASK.match(text):
        return None
    asked = _ASKED.search(text)
    field = asked[1] if asked else "title"
    if field == "title":
        return json.dumps({"title": _title(text)}, ensure_ascii=False)
    if field == "tags":
        return json.dumps({"tags": ["Music"]})
    return json.dumps({field: "" if field == "text" else []})


def _title(text: str) -> str:
    said = _FIRST.search(text.rsplit("<chat_history>", 1)[-1])
    words = said[1].split()[:_TITLE_WORDS] if said else ["Music"]
    title = " ".join(words).strip(" .,!?")
    return title[:1].upper() + title[1:]
