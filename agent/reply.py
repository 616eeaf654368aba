"""The built-in wording of a reply, from results only, and the files that a turn made.

Nothing is said that a result does not show. A failed step is said plainly, with what to do next.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from segue.agent.check_types import gives, ref_of
from segue.agent.dialogue import State
from segue.agent.events import Artifact, ToolResult
from segue.agent.plan import Plan
from segue.agent.reply_words import about_result, asked_fields, next_step, verb
from segue.tools.core import registry
from segue.tools.core.errors import NotFound, SegueError
from segue.tools.core.piece import FileOut, Piece
from segue.tools.core.store import Store

Kind = Literal["audio", "midi", "score", "picture", "playlist", "text"]
_NOTHING = "I did not find anything to do in that. Tell me what to find, make, change, describe or write down."


def worded(plan: Plan, results: Sequence[ToolResult], state: State, *, asked: str = "", said: Sequence[str] = (), waits: str = "", ask: str = "") -> str:  # fmt: skip
    """Return the reply in plain words.

    Parameters
    ----------
    plan, results, state : the turn. ``results`` in the plan's order.
    asked : the user's message: of a measurement only what it names is told, where it names something.
    said : what the state operations did, as the fold words them.
    waits : the question that must be answered with yes before anything runs.
    ask : a question beside the results, of our own accord.
    """
    titles = _titles(state, results)
    blocks: list[str] = [" ".join(said)] if said else []
    done = [result for result in results if result.status == "done"]
    blocks += [words for result in done if (words := about_result(_as_wanted(result, plan, asked), titles))]
    blocks += _failures(results)
    notes = list(dict.fromkeys([*plan.notes, *(note for result in results for note in result.notes)]))
    if notes:
        blocks.append(" ".join(_sentence(note) for note in notes))
    if waits:
        blocks.append(f"{waits} Say yes, and I do it.")
    elif plan.question or ask:
        blocks.append(plan.question or ask)
    elif plan.reply and not done:
        blocks.append(plan.reply)
    elif done and len(done) == len(results) and (hint := next_step(done[-1])):
        blocks.append(hint)
    return "\n\n".join(block for block in blocks if block) or ("Done." if done else _NOTHING)


def _as_wanted(result: ToolResult, plan: Plan, asked: str) -> ToolResult:
    """Return a measurement with no more than a later step took from it, or the message asked for."""
    taken: set[str] = set()

    def look(value: Any) -> None:  # noqa: ANN401 - any JSON
        ref = ref_of(value)
        if ref is not None and ref.step == result.step and ref.field:
            taken.add(ref.field)
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            look(item)

    for step in plan.steps:
        look(step.args)
    taken = taken or asked_fields(asked)
    if result.tool != "tag" or not taken:
        return result
    return result.model_copy(update={"out": {k: v for k, v in (result.out or {}).items() if k in taken}})


def _failures(results: Sequence[ToolResult]) -> list[str]:
    blocks: list[str] = []
    for result in results:
        if result.status == "failed":
            blocks.append(f"I could not {verb(result)}. {result.error or ''}".strip())
        elif result.status == "skipped":
            blocks.append(f"So I did not {verb(result)}. {result.error or ''}".strip())
    stopped = [verb(result) for result in results if result.status == "cancelled"]
    if stopped:
        blocks.append(f"Stopped, as you asked: I did not {' or '.join(dict.fromkeys(stopped))}.")
    return blocks


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else text + "."


def _titles(state: State, results: Sequence[ToolResult]) -> dict[str, str]:
    """Return the titles of everything the reply may have to name, by id."""
    titles = {id: thing.title for id, thing in state.things.items()}
    for result in results:
        tool, out = registry.tools().get(result.tool), result.out or {}
        for name in tool.Out.model_fields if tool and out else []:
            given, raw = gives(tool.Out, name) if tool else None, out.get(name)
            if given is not None and raw and given.kind in ("piece", "item", "file"):
                for entry in raw if given.many else [raw]:
                    titles[entry["id"]] = entry.get("title") or entry.get("name") or ""
    return titles


def artifacts_of(store: Store, owner: str, results: Sequence[ToolResult]) -> list[Artifact]:
    """Return the files that the steps made: sound and MIDI of each new piece, and every file, once each.

    A file that cannot be found any more is left out: a path in a reply can always be read.
    """
    found: dict[tuple[str, str], Artifact] = {}
    for result in results:
        if result.status != "done":
            continue
        tool, out = registry.tools().get(result.tool), result.out or {}
        pieces: list[Piece] = []
        files: list[FileOut] = []
        for name in tool.Out.model_fields if tool else []:
            given, raw = gives(tool.Out, name) if tool else None, out.get(name)
            if given is None or not raw:
                continue
            entries = raw if given.many else [raw]
            if given.kind == "piece":
                pieces += [Piece.model_validate(entry) for entry in entries]
            elif given.kind == "file":
                files += [FileOut.model_validate(entry) for entry in entries]
        has_midi = any(file.kind == "midi" for file in files)
        made: list[Artifact] = []
        for piece in pieces:
            if piece.made_by is None or piece.made_by.tool == result.tool:
                made += _of_piece(store, owner, piece, with_midi=not has_midi)
        made += [artifact for file in files if (artifact := _of_file(store, file))]
        for artifact in made:
            found.setdefault((artifact.id, artifact.path), artifact)
    return list(found.values())


def _of_piece(store: Store, owner: str, piece: Piece, with_midi: bool) -> list[Artifact]:
    made: list[Artifact] = []
    try:
        if piece.clip:
            made.append(Artifact(id=piece.id, kind="audio", path=str(store.path(piece.clip.id)), title=piece.title, duration_s=piece.duration_s))  # fmt: skip
        if piece.score and with_midi:
            from segue.tools.music.notation import midi_bytes

            blob = store.put_bytes(midi_bytes(store.score(piece.score)), ".mid")
            store.own_file(blob, owner)
            made.append(Artifact(id=blob, kind="midi", path=str(store.path(blob)), title=piece.title))
    except NotFound:  # cleaned away or moved since the step finished
        return made
    return made


def _of_file(store: Store, file: FileOut) -> Artifact | None:
    try:
        path = file.path if file.path and Path(file.path).exists() else str(store.path(file.id))
    except SegueError:
        return None
    kind: Kind = file.kind if file.kind in get_args(Kind) else "text"  # type: ignore[assignment]
    return Artifact(id=file.id, kind=kind, path=path, title=file.name)
