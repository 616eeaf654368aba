"""What ``POST /v1/responses`` takes and gives, as OpenAI's clients have it."""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from segue.agent.events import Reply
from segue.tools.core.errors import NotFound
from segue.ui.openai_types import MODEL, Heard, heard

_ID = re.compile(r"resp_(\w+)_(\d{1,6})")
_LINK = re.compile(r"^- \[([^\]\n]+)\]\((\S+)\)$", re.MULTILINE)
_IGNORED = {
    "tools": "tools of the caller's (Segue plans with its own)", "instructions": "instructions (Segue plans by its own)",
    "prompt": "prompt", "max_output_tokens": "max_output_tokens", "max_tool_calls": "max_tool_calls",
}  # fmt: skip
Status = Literal["in_progress", "completed", "failed", "cancelled"]


class Conversation(BaseModel):
    """A session by its id."""

    model_config = ConfigDict(extra="allow")

    id: str


class ResponseRequest(BaseModel):
    """What ``POST /v1/responses`` takes. Other fields are taken and do nothing."""

    model_config = ConfigDict(extra="allow")

    model: str = MODEL
    input: str | list[dict[str, Any]]
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: str | Conversation | None = None
    stream: StrictBool | None = None
    store: StrictBool | None = None
    background: StrictBool | None = None
    metadata: dict[str, str] | None = None

    @property
    def kept(self) -> bool:
        """Whether the response can be asked for later."""
        return self.store is not False

    @property
    def session(self) -> str | None:
        """The session that is named, if any."""
        return self.conversation.id if isinstance(self.conversation, Conversation) else self.conversation

    def messages(self) -> list[tuple[str, Any]]:
        """Return (role, content) of every message of the input; other items say nothing here."""
        if isinstance(self.input, str):
            return [("user", self.input)]
        said = [item for item in self.input if item.get("type", "message") == "message"]
        return [(str(item.get("role", "user")), item.get("content")) for item in said]

    def past(self, last: int) -> list[tuple[str, str]]:
        """Return (role, words) of the messages before the last one."""
        return [(role, words_of(content).text) for role, content in self.messages()[:last]]

    def ignored(self) -> list[str]:
        """Return what was asked for and is not done, in words."""
        given = {**(self.model_extra or {}), "instructions": self.instructions}
        found = [words for name, words in _IGNORED.items() if given.get(name)]
        form = (given.get("text") or {}).get("format") if isinstance(given.get("text"), dict) else None
        if isinstance(form, dict) and form.get("type", "text") != "text":
            found.append("text.format")
        return found


def words_of(content: Any, with_files: bool = False) -> Heard:  # noqa: ANN401 - what clients send
    """Return what an item's content says: text, or a list of parts; anything else says nothing."""
    if isinstance(content, list):
        return heard([part for part in content if isinstance(part, dict)], with_files)
    return heard(content if isinstance(content, str) else None, with_files)


class ResponseOut(BaseModel):
    """A response. ``segue`` has session, turn, notes, plan, and artifacts with their links."""

    id: str
    object: Literal["response"] = "response"
    created_at: float
    completed_at: float | None = None
    status: Status
    background: bool = False
    conversation: Conversation | None = None
    error: dict[str, str] | None = None
    incomplete_details: None = None
    instructions: str | None = None
    metadata: dict[str, str] | None = None
    model: str = MODEL
    output: list[dict[str, Any]] = []
    parallel_tool_calls: bool = True
    previous_response_id: str | None = None
    store: bool = True
    temperature: float | None = None
    text: dict[str, Any] = {"format": {"type": "text"}}
    tool_choice: Literal["none", "auto"] = "auto"
    tools: list[dict[str, Any]] = []
    top_p: float | None = None
    truncation: Literal["disabled"] = "disabled"
    usage: dict[str, Any] | None = None
    segue: dict[str, Any] | None = None


class Deleted(BaseModel):
    """That a response is gone."""

    id: str
    object: Literal["response.deleted"] = "response.deleted"
    deleted: bool = True


class ItemList(BaseModel):
    """What a response was asked with."""

    object: Literal["list"] = "list"
    data: list[dict[str, Any]]
    first_id: str
    last_id: str
    has_more: bool = False


class Kept(BaseModel):
    """What a request said beside its words; it is remembered while the server runs."""

    instructions: str | None = None
    metadata: dict[str, str] | None = None
    previous_response_id: str | None = None
    background: bool = False
    notes: list[str] = Field([], exclude=True)


def response_id(session: str, number: int) -> str:
    """Return the id of a session's turn as a response."""
    return f"resp_{session}_{number}"


def turn_of(id: str) -> tuple[str, int]:
    """Return session and number of the turn behind an id.

    Raises
    ------
    NotFound : it is none of ours.
    """
    match = _ID.fullmatch(id)
    if match is None:
        raise NotFound(f"There is no response '{id}'.", "A response's id begins with resp_.")
    return match[1], int(match[2])


def annotations(text: str) -> list[dict[str, Any]]:
    """Return the links to what was made as citations: where in the text each stands, and where it leads."""
    return [
        {"type": "url_citation", "title": found[1], "url": found[2], "start_index": found.start(), "end_index": found.end()}
        for found in _LINK.finditer(text)
    ]  # fmt: skip


def message_item(id: str, text: str) -> dict[str, Any]:
    """Return an answer as an item of the output."""
    part = {"type": "output_text", "text": text, "annotations": annotations(text), "logprobs": []}
    return {"id": f"msg_{id}", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def reasoning_item(id: str, text: str) -> dict[str, Any]:
    """Return what the steps did as an item that clients show as thoughts, or leave out."""
    summary = [{"type": "summary_text", "text": text}] if text else []
    return {"id": f"rs_{id}", "type": "reasoning", "status": "completed", "summary": summary}


def steps_of(reply: Reply) -> str:
    """Return a line for each step of a finished turn."""
    return "".join(f"{one.tool} · {one.backend}: {one.status}, {one.seconds:.1f} s\n" for one in reply.results)


def usage(counts: dict[str, int]) -> dict[str, Any]:
    """Return token counts under the names that this API has for them."""
    return {
        "input_tokens": counts["prompt_tokens"], "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": counts["completion_tokens"], "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": counts["total_tokens"],
    }  # fmt: skip
