"""A turn as HTML: the steps as they run, the answer, what was made, and what could not be honoured."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from segue.agent import constraints
from segue.agent.dialogue import State
from segue.agent.events import Event, Reply, ShownResult, ToolResult
from segue.agent.reply_words import next_step
from segue.agent.session import Turn
from segue.tools.core.errors import SegueError
from segue.ui import players

_TIMED = re.compile(r"(\d+:\d\d) ([^|]+?)(?= \||$)")
_QUOTED = re.compile(r"“([^”]+)”")
_NUMBERED = re.compile(r"\d+\. ")
_CHART_CELLS = 24
_MOST_CARDS = 50  # of a long playlist
_SAY_YES = "Say yes, and I do it."
_LONG = 240  # characters: a longer paragraph stands below the player that it is about
_SIGNS = {"queued": "·", "started": "▸", "done": "✓", "failed": "✗", "skipped": "–", "cancelled": "■"}


@dataclass
class ShownStep:
    """A step on the page. ``seconds`` is how long it took; ``args`` are shown when asked for."""

    tool: str
    state: str = "queued"
    backend: str = ""
    label: str = ""
    share: float | None = None
    seconds: float = 0.0
    error: str = ""
    args: dict[str, Any] = field(default_factory=dict)


@dataclass
class Running:
    """A turn while it runs: takes events, gives HTML.

    ``early`` is what can be heard already. It stands apart from ``html``, which changes with every
    progress and would stop whoever listens.
    """

    steps: dict[str, ShownStep] = field(default_factory=dict)
    text: str = ""
    notes: list[str] = field(default_factory=list)
    waiting: str = "Thinking"
    early: str = ""

    def take(self, event: Event) -> None:
        """Take one event of the turn."""
        if not event.step:
            self._take_turn(event)
            return
        step = self.steps.setdefault(event.step, ShownStep(event.tool))
        step.backend = event.backend or step.backend
        if event.type == "queued":
            step.label, step.args = event.label, event.args or step.args
        elif event.type == "started":
            step.state, step.label = "started", ""
        elif event.type == "progress":
            step.state, step.label = "started", event.label
            step.share = min(1.0, (event.done or 0.0) / event.total) if event.total else None
        elif event.type in ("done", "failed", "skipped"):
            step.state, step.seconds = event.type, event.seconds
            if event.result:
                step.state = event.result.status
                step.backend = event.result.backend or step.backend
                step.error = str(event.result.error) if event.result.error else ""
        elif event.type == "partial":
            self.early = early(event.out or {}) or self.early
        elif event.type == "note":
            self.notes.append(event.text)

    def _take_turn(self, event: Event) -> None:
        if event.type == "queued":
            self.waiting = "Waiting for the turn before"
        elif event.type == "started":
            self.waiting = "Thinking"
        elif event.type == "note":
            self.notes.append(event.text)
        elif event.type == "reply" and event.reply is None:
            self.text += event.text

    def html(self) -> str:
        """Return the turn as it stands."""
        waiting = f'<p class="sg-waiting">{escape(self.waiting)}</p>'
        head = steps(list(self.steps.values()), stops=True) if self.steps else waiting
        return f'<div class="sg-turn" aria-busy="true">{head}{words(self.text)}{notes(self.notes)}</div>'


def early(out: dict[str, Any]) -> str:
    """Return players of what a step has so far: its finished pieces, and the first seconds of the next."""
    made = [
        players.player(piece["id"], piece["title"], duration_s=_seconds(piece), words=_about(piece), brief=True)
        for piece in out.get("pieces") or []
        if piece.get("clip")
    ]
    if clip := out.get("preview"):
        made.append(players.sketch(clip["id"], clip["frames"] / clip["sample_rate"]))
    return f'<div class="sg-turn" aria-busy="true">{"".join(made)}</div>' if made else ""


def _seconds(piece: dict[str, Any]) -> float:
    return float(piece["clip"]["frames"] / piece["clip"]["sample_rate"])


def steps(shown: list[ShownStep], stops: bool = False) -> str:
    """Return the list of steps with engine, progress and time; ``stops`` offers to stop them."""
    rows = []
    for number, step in enumerate(shown):
        by = f' <span class="sg-facts">{escape(step.backend)}</span>' if step.backend else ""
        label = (
            f' <span class="sg-label">{escape(step.label)}</span>'
            if step.label and step.state in ("started", "queued")
            else ""
        )
        time = f'<span class="sg-time">{step.seconds:.1f} s</span>' if step.state in ("done", "failed") else ""
        if step.state == "started":  # the page counts on
            time = f'<span class="sg-time" data-ticks="{number} {escape(step.tool)}"></span>'
        value = "" if step.share is None else f' value="{step.share:.3f}"'
        bar = (
            f'<progress max="1"{value} aria-label="{escape(step.tool)}"></progress>' if step.state == "started" else ""
        )
        error = f'<div class="sg-error">{escape(step.error)}</div>' if step.error else ""
        sign = _SIGNS.get(step.state, "·")
        rows.append(
            f'<li class="sg-{escape(step.state)}"><span aria-hidden="true">{sign}</span> {escape(step.tool)}{by}{label}'
            f"{time}{bar}{error}{_arguments(step.args, f'{number} {step.tool}')}</li>"
        )
    stop = '<button type="button" class="sg-say" data-stop>Stop</button>' if stops else ""
    return f'<ul class="sg-steps">{"".join(rows)}</ul>{stop}'


def _arguments(args: dict[str, Any], step: str) -> str:
    """Return what a step was given, folded; the page keeps it open where ``step`` is drawn anew."""
    if not args:
        return ""
    rows = "".join(
        f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(_plain(value))}</dd>" for name, value in args.items()
    )
    return f'<details class="sg-args" data-step="{escape(step, quote=True)}"><summary>Details</summary><dl>{rows}</dl></details>'


def _plain(value: Any) -> str:  # noqa: ANN401 - any JSON
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def words(text: str, wrong: Sequence[str] = ()) -> str:
    """Return text as paragraphs; nothing in it is markup. One that holds an error (of ``wrong``) is marked."""
    return "".join(_paragraph(block, any(error in block for error in wrong)) for block in _blocks(text))


def _blocks(text: str) -> list[str]:
    return [block.strip() for block in text.split("\n\n") if block.strip()]


def _paragraph(block: str, wrong: bool = False) -> str:
    timed = _TIMED.findall(block)
    if len(timed) > 3 and block.count(" | ") == len(timed) - 1:
        return _chart(block.split(":")[0], timed)
    kind = ' class="sg-error"' if wrong else ""
    return f"<p{kind}>{'<br>'.join(escape(line) for line in block.splitlines())}</p>"


def _chart(name: str, timed: list[tuple[str, str]]) -> str:
    """Return chords or sections with their times as a chart; a long one is folded after its first rows."""
    cells = [f"<li><small>{escape(at)}</small> {escape(label)}</li>" for at, label in timed]
    first, rest = cells[:_CHART_CELLS], cells[_CHART_CELLS:]
    folded = f"<details><summary>{len(rest)} more</summary><ol>{''.join(rest)}</ol></details>" if rest else ""
    return f'<div class="sg-chart"><p>{escape(name)}</p><ol>{"".join(first)}</ol>{folded}</div>'


def _advice(block: str) -> str:
    """Return a last paragraph that proposes what to say: its quoted words can be clicked."""
    parts = _QUOTED.split(block)
    shown = [players.say(_said(part), part) if odd % 2 else escape(part) for odd, part in enumerate(parts)]
    return f'<p class="sg-next">{"".join(shown)}</p>'


def _said(words: str) -> str:
    return words[:1].lower() + words[1:]


def notes(said: list[str]) -> str:
    """Return what could not be honoured, quietly."""
    once = list(dict.fromkeys(said))
    return "".join(f'<p class="sg-quiet">{escape(note)}</p>' for note in once)


def reply(answer: Reply, message: str = "") -> str:
    """Return a finished turn; of one that failed, ``message`` can be said again."""
    args = {step.id: step.args for step in answer.plan.steps}
    shown = [
        ShownStep(
            tool=result.tool, state=result.status, backend=result.backend, seconds=result.seconds,
            error="" if not result.error or str(result.error) in answer.reply else str(result.error), args=args.get(result.step, {}),
        )
        for result in answer.results
    ]  # fmt: skip
    head = ""
    if shown:
        total = sum(step.seconds for step in shown)
        opened = " open" if answer.failed else ""
        count = f"{len(shown)} step{'s' if len(shown) > 1 else ''}, {total:.1f} s"
        head = f'<details class="sg-plan"{opened}><summary>{count}</summary>{steps(shown)}</details>'
    above, below, advice = _arranged(answer)
    made = "".join(_made(answer))
    again = ""
    if message and (answer.failed or answer.cancelled):
        again = f'<p class="sg-next">{_again(answer, message)}</p>'
    wrong = [str(result.error) for result in answer.results if result.error]
    body = f"{words(above, wrong)}{made}{words(below, wrong)}{notes(answer.notes)}{again}{_advice(advice) if advice else ''}"
    return f'<div class="sg-turn">{head}{body}</div>'


def _again(answer: Reply, message: str) -> str:
    """Return a button that does what is left of a turn, and nothing that it had finished."""
    left = [result.tool for result in answer.results if result.status != "done"]
    some = len(left) < len(answer.results)
    label = f"Try again: {', '.join(dict.fromkeys(left))}" if some else "Try again"
    says = f"Try again, only what was not done: {message}" if some else f"Try again: {message}"
    return (
        f'<button type="button" class="sg-say" data-again="{escape(answer.turn, quote=True)}" data-words="{escape(message, quote=True)}" '
        f'title="{escape(says, quote=True)}" aria-label="{escape(says, quote=True)}">{escape(label)}</button>'
    )


def _arranged(answer: Reply) -> tuple[str, str, str]:
    """Return the words above what was made, the long ones below it, and the advice at the end.

    Tracks that are listed with their players are not listed in words too.
    """
    blocks = _blocks(_without(answer.reply, answer.notes))
    done = [result for result in answer.results if result.status == "done"]
    advice = ""
    if done and blocks and blocks[-1] == next_step(ToolResult.model_validate(done[-1].model_dump())):
        advice = blocks.pop()
    elif blocks and blocks[-1].endswith(_SAY_YES):
        advice = blocks.pop().replace(_SAY_YES, "“Yes” – or “no”.")
    if any(_items(result) for result in done):
        blocks = ["\n".join(line for line in block.splitlines() if not _NUMBERED.match(line)) for block in blocks]
    sounds = any(one.kind == "audio" for one in answer.artifacts)
    long = [block for block in blocks if sounds and len(block) > _LONG]
    return "\n\n".join(block for block in blocks if block not in long), "\n\n".join(long), advice


def _without(text: str, said: list[str]) -> str:
    """Return a reply without the notes that stand in it: the page has a line of their own for them."""
    for note in said:
        for form in (f"{note}.", note):
            text = text.replace(form, "")
    return text


def _made(answer: Reply) -> list[str]:
    pieces = _pieces(answer.results)
    with_notes = {piece["title"] for piece in pieces.values() if piece.get("score") and piece.get("clip")}
    made: list[str] = []
    for one in answer.artifacts:
        if one.kind == "midi" and one.title in with_notes:
            continue  # its player offers it
        if one.kind == "audio" and len(one.id) != 64:
            piece = pieces.get(one.id, {})
            title = one.title or piece.get("title", "")
            made.append(
                players.player(
                    one.id,
                    title,
                    duration_s=one.duration_s,
                    words=_about(piece),
                    has_score=bool(piece.get("score")),
                    stems=piece.get("stems"),
                )
            )
        else:
            made.append(players.artifact(one))
    for result in answer.results:
        if items := _items(result):
            made.append(players.tracks(items[:_MOST_CARDS], int((result.out or {}).get("total") or 0)))
            if len(items) > _MOST_CARDS:
                made.append(f'<p class="sg-quiet">… and {len(items) - _MOST_CARDS} more.</p>')
    return made


def _items(result: ShownResult) -> list[dict[str, Any]]:
    """Return the tracks of a result: those that a search found, or that a smart playlist holds."""
    items = (result.out or {}).get("items") if result.tool in ("retrieve", "library") else None
    return items if isinstance(items, list) else []


def _pieces(results: list[ShownResult]) -> dict[str, dict[str, Any]]:
    """Return every piece in the results, by id."""
    found: dict[str, dict[str, Any]] = {}
    for result in results:
        out = result.out or {}
        for piece in [*out.get("pieces", []), *([out["piece"]] if out.get("piece") else [])]:
            found[piece["id"]] = piece
    return found


def _about(piece: dict[str, Any]) -> str:
    score = piece.get("score") or {}
    return players.about(score.get("genre"), score.get("bpm"), score.get("key"))


def said(text: str, files: list[str]) -> str:
    """Return what the user said and attached, by name."""
    attached = "".join(f'<div class="sg-file"><span>attached</span> {escape(name)}</div>' for name in files)
    return f'<div class="sg-said">{words(text)}{attached}</div>'


def turn(one: Turn) -> tuple[str, str]:
    """Return a kept turn: what was said, and the answer."""
    heard = [
        players.player(thing.id, thing.title, duration_s=thing.duration_s, has_score=thing.has_score)
        for thing in one.attached
    ]
    question = f'<div class="sg-said">{words(one.message)}{"".join(heard)}</div>'
    if one.reply is not None:
        return question, reply(one.reply, one.message)
    if one.status == "open":
        return question, '<div class="sg-turn" aria-busy="true"><p class="sg-waiting">Still working on this</p></div>'
    again = players.say(one.message, "Say it again", f"Say again: {one.message}")
    return question, f'<div class="sg-turn"><p class="sg-quiet">This turn broke off. {again}</p></div>'


def taste(state: State) -> str:
    """Return what is liked and rejected in a conversation, and what its searches keep to."""
    parts = []
    for roles, label in ((("LIKED", "SATISFIED", "SEED"), "Liked"), (("REJECTED",), "Not wanted")):
        names = [_named(id, state) for id, held in state.roles.items() if held in roles]
        if names:
            parts.append(f"<h3>{label}</h3><ul>{''.join(f'<li>{escape(name)}</li>' for name in names)}</ul>")
    if kept := constraints.kept(state):
        parts.append(f"<h3>Searches keep to</h3>{chips([one.words for one in kept])}")
    body = "".join(parts) or '<p class="sg-quiet">Nothing is liked or rejected in this conversation yet.</p>'
    return f'<div class="sg-taste">{body}</div>'


def chips(kept: Sequence[str]) -> str:
    """Return what searches keep to, each in its words with a button that takes it away."""
    if not kept:
        return ""
    rows = "".join(
        f'<li class="sg-chip">{escape(words)}<button type="button" data-drop="{escape(words, quote=True)}" '
        f'aria-label="{escape(f"No longer keep to {words}", quote=True)}" title="Take it away">✕</button></li>'
        for words in kept
    )
    return f'<ul class="sg-kept" aria-label="Searches keep to">{rows}</ul>'


def _named(id: str, state: State) -> str:
    thing = state.thing(id)
    return thing.title if thing else id.removeprefix("artist:")


def failed(error: SegueError) -> str:
    """Return an error that a user may see: what is wrong, and what to do."""
    return (
        f'<div class="sg-turn"><div class="sg-error">{escape(error.message)}</div>'
        f'<p class="sg-quiet">{escape(error.hint)}</p></div>'
    )
