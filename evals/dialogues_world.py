"""A world without sound for dialogues: every tool answers from made-up facts as the real one would.

``World.run`` carries out a plan's steps in order, with references between them resolved as the runner does, and
keeps what a user would notice: the pieces made, the files written, what was told, the tags written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from segue.agent.check import dependencies
from segue.agent.check_types import ref_of
from segue.agent.dialogue import Known, Thing
from segue.agent.events import Fault, ToolResult
from segue.agent.fold import thing_of
from segue.agent.plan import Plan, Ref, Step
from segue.agent.runner import LOCAL, validated
from segue.agent.runner_refs import NothingThere, Resolver
from segue.evals.dialogues_facts import Fact, changed, fact_of_recording, fact_of_track, made, part_of, piece_of
from segue.evals.dialogues_library import LIBRARY, RECORDINGS
from segue.evals.dialogues_search import found
from segue.tools import caption, edit, export, generate, library, retrieve, tag, transcribe
from segue.tools.collection.names import NameIndex
from segue.tools.core import registry
from segue.tools.core.base import Out, Value
from segue.tools.core.errors import BadInput, CannotDo, NotFound, SegueError
from segue.tools.core.piece import FileOut

_NEEDS_NOTES = {"midi", "musicxml", "svg", "pdf", "lrc"}
_FILE_KINDS = {"notes": "midi", "score": "musicxml", "picture": "picture", "leadsheet": "leadsheet", "svg": "picture", "pdf": "picture"}  # fmt: skip
_TEXTS = {"lyrics", "lrc", "chords", "beats", "sections", "labels"}
_ROLES = {"melody", "chords"}  # what plays them is found by listening
_PLAYLISTS = {"m3u8", "xspf"}


@dataclass(frozen=True)
class Noticed:
    """A file that was written or something that was told: what, about which things, which part of them."""

    what: str
    ids: list[str]
    stem: str = ""


@dataclass
class _Name:
    """What an index of names reads of a track."""

    id: str
    title: str
    artist: str
    album: str
    genres: list[str]


_NAMES = NameIndex([_Name(track.id, track.title, track.artist, track.album, [track.genre]) for track in LIBRARY])


def names(text: str) -> list[Known]:
    """Return the names of the library in a message, misspelt ones too."""
    return [
        Known(kind=m.kind, name=m.name, ids=m.ids, start=m.start, end=m.end, exact=m.exact) for m in _NAMES.find(text)
    ]


class _References(Resolver):
    """The runner's resolver without a store: a file that is wanted as a piece has its source's facts."""

    def __init__(self, results: Mapping[str, ToolResult]) -> None:
        nothing = cast(Any, None)  # store and settings are only read to import files
        super().__init__(nothing, nothing, LOCAL, results, lambda text: None)

    def _import(self, entry: dict[str, Any]) -> str:
        return str(entry["id"])


@dataclass
class World:
    """The facts by id, and what happened so far."""

    facts: dict[str, Fact] = field(default_factory=lambda: {f.id: f for f in [*map(fact_of_track, LIBRARY), *map(fact_of_recording, RECORDINGS)]})  # fmt: skip
    made: list[str] = field(default_factory=list)
    got: list[Noticed] = field(default_factory=list)
    told: list[Noticed] = field(default_factory=list)
    retagged: list[str] = field(default_factory=list)

    def known(self, id: str) -> bool:
        """Tell whether there is anything of that id."""
        return id in self.facts

    def thing(self, id: str, origin: str, turn: int) -> Thing:
        """Return what a planner may know of a recording that is attached, or of a track that is named."""
        return thing_of(piece_of(self.facts[id]), origin, turn)

    def named(self, plan: Plan, known: Mapping[str, Thing], turn: int) -> list[Thing]:
        """Return the things that a plan names by id and that the dialogue does not know yet."""
        found: dict[str, Thing] = {}

        def look(value: Any) -> None:  # noqa: ANN401 - any JSON
            ref = ref_of(value)
            if ref is not None and ref.id and ref.id not in known and ref.id in self.facts:
                found[ref.id] = self.thing(ref.id, "", turn)
            for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                look(item)

        look([*(step.args for step in plan.steps), *(op.target for op in plan.state)])
        return list(found.values())

    def asks(self, plan: Plan) -> bool:
        """Tell whether a step of the plan wants the user's yes first."""
        for step in plan.steps:
            tool = registry.tool(step.tool)
            try:
                if tool.confirm(validated(tool, step.args)):
                    return True
            except BadInput:  # a value that an earlier step gives: such a step does not touch the user's files
                continue
        return False

    def run(self, plan: Plan) -> dict[str, ToolResult]:
        """Carry out the steps of a checked plan and return their results by step id."""
        results: dict[str, ToolResult] = {}
        for step in plan.steps:
            results[step.id] = self._step(step, results)
        return results

    def _step(self, step: Step, results: Mapping[str, ToolResult]) -> ToolResult:
        result = ToolResult(step=step.id, tool=step.tool, status="failed", backend="world", args=step.args)
        if any(results[needed].status != "done" for needed in dependencies(step)):
            result.status, result.error = "skipped", Fault(code="Skipped", message="What it needs did not succeed.")
            return result
        tool = registry.tool(step.tool)
        try:
            result.args = _References(results).resolve(tool, step.args)
            out = _TOOLS[step.tool](self, validated(tool, result.args))
        except NothingThere as error:
            result.status, result.error = "skipped", Fault.of(error)
        except SegueError as error:
            result.error = Fault.of(error)
        else:
            result.status, result.out = "done", out.model_dump(mode="json")
        return result

    def fact(self, ref: Ref) -> Fact:
        """Return the facts behind a resolved reference."""
        if ref.id not in self.facts:
            raise NotFound(f"There is nothing called {ref.id}.", "Name something that is there.")
        return self.facts[ref.id]

    def _keep(self, fact: Fact) -> Fact:
        kept = fact.with_id(f"p{len(self.facts)}")
        self.facts[kept.id] = kept
        return kept

    def _file(self, source: Fact, kind: str, suffix: str) -> FileOut:
        id = f"f{len(self.facts)}"
        self.facts[id] = source.with_id(id)
        return FileOut(id=id, kind=kind, name=f"{source.title}.{suffix}", path=f"exports/{source.title}.{suffix}")

    # -- the tools -----------------------------------------------------------------------------

    def generate(self, args: generate.Args) -> generate.Out:
        """Make pieces as asked, and typical where nothing was asked."""
        sources = {name: self.fact(ref) for name in ("melody", "style", "continue_from", "accompany", "video") if (ref := getattr(args, name))}  # fmt: skip
        takes = [self._keep(made(args, sources, n)) for n in range(1, args.takes + 1)]
        self.made += [take.id for take in takes]
        return generate.Out(pieces=[piece_of(take) for take in takes])

    def edit(self, args: edit.Args) -> edit.Out:
        """Make a changed piece; CannotDo where a part is named that is not there."""
        fact = self._keep(changed(self.fact(args.clip), args, self.fact))
        self.made.append(fact.id)
        return edit.Out(piece=piece_of(fact))

    def retrieve(self, args: retrieve.Args) -> retrieve.Out:
        """Search the made-up library."""
        return found(args, self.fact)

    def tag(self, args: tag.Args) -> tag.Out:
        """Tell what is true of the clip."""
        fact = self.fact(args.clip)
        self.told.append(Noticed("measures", [fact.id]))
        return tag.Out(
            bpm=_sure(fact.bpm), key=_sure(fact.key), meter=_sure("4/4"), mood=_sure(list(fact.words)),
            genre=_sure(fact.genre), instruments=_sure(list(fact.parts)), vocals=_sure(fact.vocals),
            valence=_sure(5.0), arousal=_sure(float(fact.energy)), loudness=_sure(-14.0), sections=_sure([]),
            duration_s=fact.duration_s,
        )  # fmt: skip

    def caption(self, args: caption.Args) -> caption.Out:
        """Say a sentence about each clip, or one about all where there is a question."""
        facts = [self.fact(ref) for ref in args.clips]
        self.told.append(Noticed("words", [fact.id for fact in facts]))
        texts = [f"{fact.title}: {fact.genre or 'music'} at {fact.bpm or 0:g} bpm." for fact in facts]
        return caption.Out(texts=[" ".join(texts)] if args.question and len(texts) > 1 else texts)

    def transcribe(self, args: transcribe.Args) -> transcribe.Out:
        """Write notes and files; CannotDo where the part is not there."""
        source = self.fact(args.clip)
        if args.stem and args.stem not in _ROLES and not part_of(args.stem, source.parts):
            raise CannotDo(f"There is no {args.stem} in it.", f"It has {', '.join(source.parts)}.")
        listened = any(what not in _TEXTS for what in args.to) and (args.stem or not source.has_score)
        notes = self._keep(source.written_down(args.stem)) if listened else source
        files = []
        for what in args.to:
            noticed = Noticed(_FILE_KINDS.get(what, what), [source.id], args.stem or "")
            (self.told if what in _TEXTS else self.got).append(noticed)
            if what not in _TEXTS:
                files.append(self._file(notes, "midi" if what == "notes" else "score", noticed.what))
        return transcribe.Out(piece=piece_of(notes), files=files, text="C G Am F" if "chords" in args.to else "")

    def library(self, args: library.Args) -> library.Out:
        """Tell of the library, or write tags (asked for a yes before)."""
        if args.action == "retag":
            self.retagged += args.fields
            return library.Out(rows=[{"id": ref.id, "written": args.fields} for ref in args.items])
        if args.action in ("status", "stats", "duplicates"):
            what = "duplicates" if args.action == "duplicates" else "stats"
            self.told.append(Noticed(what, []))
        return library.Out(rows=[{"tracks": len(LIBRARY)}])

    def export(self, args: export.Args) -> export.Out:
        """Write files; notes only of what has a score."""
        facts = [self.fact(ref) for ref in args.items]
        files = []
        for form in args.formats:
            kind = _FILE_KINDS.get(form, form)
            able = [fact for fact in facts if fact.has_score or form not in _NEEDS_NOTES]
            if able:
                self.got.append(Noticed(kind, [fact.id for fact in able]))
            if form in _PLAYLISTS:
                files.append(self._file(facts[0], "playlist", form))
            else:
                files += [self._file(fact, "midi" if form == "midi" else "audio", form) for fact in able]
        if not files:
            raise CannotDo("There are no notes to write.", "Ask for it to be transcribed.")
        return export.Out(files=files)


def _sure(value: Any) -> Value[Any]:  # noqa: ANN401 - any measured value
    return Value[Any](value=value, confidence=0.0 if value is None else 0.9)


_TOOLS: dict[str, Callable[[World, Any], Out]] = {
    "generate": World.generate, "edit": World.edit, "retrieve": World.retrieve, "tag": World.tag,
    "caption": World.caption, "transcribe": World.transcribe, "library": World.library, "export": World.export,
}  # fmt: skip
