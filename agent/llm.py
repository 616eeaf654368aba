"""The LLM: a LangChain chat model on any OpenAI-compatible server (vLLM first).

Every call ends in time: by the wall clock, whatever the server does between two bytes. Whatever goes
wrong becomes one of four typed errors. Retries are ours, bounded, with one idempotency key a call.
"""

import asyncio
import importlib
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from segue.tools.core.errors import BackendUnavailable, Cancelled, DeadlineExceeded, SegueError, ToolError, Transient
from segue.tools.core.settings import Settings
from segue.tools.core.store import new_id

T = TypeVar("T")
Trace = Callable[[str, dict[str, Any]], None]
Messages = list[dict[str, str]]
_BACKOFF_S = 0.4


@dataclass
class Answer:
    """What the model said. ``finish`` is the server's reason to end; "length" means that it was cut off."""

    text: str
    finish: str = ""
    usage: dict[str, Any] = field(default_factory=dict)


class Llm:
    """A model on a server, as the settings name it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._model: str | None = settings.llm_model
        self._chat: Any = None

    async def answer(self, messages: Messages, schema: dict[str, Any] | None, *, trace: Trace, stop: asyncio.Event) -> Answer:  # fmt: skip
        """Return one whole answer, bound to a JSON schema where one is given.

        Raises
        ------
        BackendUnavailable : nobody answers at the address.
        Transient : the server failed every time it was tried, or its answer was none.
        ToolError : the server refused the request.
        DeadlineExceeded, Cancelled.
        """

        async def ask() -> Answer:
            chat = await self._client()
            body: dict[str, Any] = {"max_tokens": self.settings.llm_max_tokens}
            if schema is not None:
                # In the extra body, which the client sends as it is: as an argument it walks through the whole
                # schema for every call (8 ms), parses the answer a second time, and raises when it was cut off.
                form = {"name": "plan", "schema": schema}
                body["response_format"] = {"type": "json_schema", "json_schema": form}
            said = await chat.ainvoke(messages, extra_headers={"Idempotency-Key": key}, extra_body=body)
            return _answer(said)

        key = new_id("llm")
        return await self._bounded(self._retried(ask, trace, stop), stop)

    async def stream(self, messages: Messages, write: Callable[[str], None], *, trace: Trace, stop: asyncio.Event) -> Answer:  # fmt: skip
        """Return one whole answer and give its pieces to ``write`` as they come.

        A stream that ends without a finish reason was cut off and raises ``Transient``; it is not
        tried again, since its beginning has been heard. Raises as ``answer`` does.
        """

        async def ask() -> Answer:
            chat = await self._client()
            text, finish = "", ""
            pieces: AsyncIterator[Any] = chat.astream(messages, extra_headers={"Idempotency-Key": key})
            async for piece in pieces:
                if isinstance(piece.content, str) and piece.content:
                    text += piece.content
                    write(piece.content)
                finish = piece.response_metadata.get("finish_reason") or finish
            if not finish:
                raise Transient("The LLM's answer broke off.", "Say it again.")
            return Answer(text, finish)

        key = new_id("llm")

        async def typed() -> Answer:
            try:
                return await ask()
            except Exception as error:  # anything that a library raises on a broken answer
                trace("llm", {"error": f"{type(error).__name__}: {error}"})
                raise _typed(error, self._address) from error

        return await self._bounded(typed(), stop)

    @property
    def _address(self) -> str:
        return self.settings.llm_base_url or "https://api.openai.com/v1"

    async def _client(self) -> Any:  # noqa: ANN401 - a ChatOpenAI
        if self._chat is None:
            model = self._model or await self._first_model()
            self._chat = await asyncio.to_thread(_chat_model, self.settings, model)
        return self._chat

    async def _first_model(self) -> str:
        """Return the first model that the server lists."""
        import httpx

        headers = {"Authorization": f"Bearer {self.settings.llm_api_key}"}
        async with httpx.AsyncClient(timeout=self.settings.llm_timeout_s) as client:
            response = await client.get(f"{self._address.rstrip('/')}/models", headers=headers)
            response.raise_for_status()
            self._model = str(response.json()["data"][0]["id"])
        return self._model

    async def _retried(self, ask: Callable[[], Awaitable[Answer]], trace: Trace, stop: asyncio.Event) -> Answer:
        for attempt in range(self.settings.retries + 1):
            try:
                return await ask()
            except Exception as error:  # anything that a library raises on a broken answer
                known = _typed(error, self._address)
                trace("llm", {"attempt": attempt + 1, "error": f"{type(error).__name__}: {error}"})
                if not isinstance(known, Transient) or attempt == self.settings.retries:
                    raise known from error
                await asyncio.sleep(_BACKOFF_S * 2**attempt * random.uniform(0.75, 1.25))
        raise Transient("The LLM was not asked.", "Set retries to 0 or more.")

    async def _bounded(self, work: Coroutine[Any, Any, T], stop: asyncio.Event) -> T:
        """Await work no longer than ``llm_timeout_s`` by the wall clock, and only until the turn is stopped."""
        stopped = asyncio.ensure_future(stop.wait())
        # The first import takes seconds, which are not the server's: its clock starts after them.
        if "langchain_openai" not in sys.modules:
            ready = asyncio.ensure_future(asyncio.to_thread(importlib.import_module, "langchain_openai"))
            await asyncio.wait([ready, stopped], return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.ensure_future(work)
        try:
            waiting: list[asyncio.Future[Any]] = [task, stopped]
            await asyncio.wait(waiting, timeout=self.settings.llm_timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if stopped.done():
                raise Cancelled("Stopped.")
            raise DeadlineExceeded(f"The LLM took longer than {self.settings.llm_timeout_s:g} s.", "Raise llm_timeout_s, or use a smaller model.")  # fmt: skip
        finally:
            task.cancel()
            stopped.cancel()


def _chat_model(settings: Settings, model: str) -> Any:  # noqa: ANN401 - a ChatOpenAI
    import openai
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    return ChatOpenAI(
        model=model,
        base_url=settings.llm_base_url,
        api_key=SecretStr(settings.llm_api_key),
        temperature=settings.llm_temperature,
        max_retries=0,  # ours are counted and bounded by the wall clock; the client's are neither
        timeout=settings.llm_timeout_s,
        # Connections of our own: LangChain's are shared by address, also with an event loop that has been closed.
        http_async_client=openai.DefaultAsyncHttpxClient(timeout=settings.llm_timeout_s),
        max_completion_tokens=None,
        extra_body={"max_tokens": settings.llm_max_tokens},
        use_responses_api=False,
    )


def _answer(message: Any) -> Answer:  # noqa: ANN401 - an AIMessage
    text = message.content if isinstance(message.content, str) else ""
    usage = dict(message.usage_metadata or {})
    return Answer(text, str(message.response_metadata.get("finish_reason") or ""), usage)


def _refused(error: BaseException | None) -> bool:
    """Tell whether an error goes back to a connection that could not be made."""
    import httpx

    while error is not None:
        if isinstance(error, httpx.ConnectError | ConnectionRefusedError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _typed(error: Exception, address: str) -> SegueError:
    """Return the typed error behind whatever the libraries raised."""
    import httpx
    import openai

    if isinstance(error, SegueError):
        return error
    down = BackendUnavailable(f"The LLM server at {address} does not answer.", "Start it, or unset llm_base_url.")
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException):
        return DeadlineExceeded("The LLM server took too long.", "Raise llm_timeout_s.")
    if isinstance(error, httpx.ConnectError):  # from the list of models
        return down
    if isinstance(error, openai.APIConnectionError):
        return down if _refused(error) else Transient("The LLM server hung up.", "Try again.")
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int) and status >= 400:
        if status in (408, 409, 429) or status >= 500:
            return Transient(f"The LLM server is not well (HTTP {status}).", "Try again in a moment.")
        if status in (401, 403):
            return ToolError("The LLM server refused the key.", "Set OPENAI_API_KEY.")
        return ToolError(f"The LLM server refused the request (HTTP {status}).", "`segue trace` has its words.")
    if isinstance(error, httpx.HTTPError | openai.OpenAIError):
        return Transient("The LLM's answer broke off.", "Try again.")
    return Transient(
        "The LLM server's answer was none.", "Check that llm_base_url ends where /chat/completions begins."
    )
