"""Finding music in the user's own library: words, meaning, likeness and measured axes, within hard filters."""

import zlib
from collections.abc import Sequence
from datetime import date

import numpy as np

from segue.tools import retrieve
from segue.tools.collection.catalogue import Catalogue, Track, best_tags, open_catalogue
from segue.tools.collection.embed import embed
from segue.tools.collection.filters import Limits
from segue.tools.collection.fingerprint import FingerprintIndex
from segue.tools.collection.measure import measure, with_analysis
from segue.tools.collection.remembered import taste_of
from segue.tools.collection.search import Found, Hit, Request, search
from segue.tools.collection.snapshot import Floats, Sample, Snapshot, snapshot_of
from segue.tools.collection.talk import Talk, TalkRanker
from segue.tools.collection.words import normal
from segue.tools.core.base import Backend, Context, Ref, Runner
from segue.tools.core.errors import CannotDo, InvalidArgument
from segue.tools.core.piece import Piece
from segue.tools.core.settings import Settings
from segue.tools.listen.analyse import Analysis, analyse, remembered

EMPTY = "The library is empty."
_TURNS = 20  # how far back a dialogue is read; what is older counts next to nothing
_OF_ARTIST = 3  # how many tracks stand for an artist who was liked or rejected
EMPTY_HINT = "Add a folder with `segue library add FOLDER`, or ask for the demo library."


def _load(settings: Settings) -> Runner:
    def run(args: retrieve.Args, context: Context) -> retrieve.Out:
        catalogue = open_catalogue(settings)
        library = snapshot_of(catalogue)
        if args.action == "identify" and (same := _identify(args, library, catalogue, context)) is not None:
            return same
        like = _samples(args.like, library, catalogue, context)
        unlike = _samples(args.unlike, library, catalogue, context)
        library = snapshot_of(catalogue)
        among = None
        if args.among:
            library, among = _among(args.among, library, catalogue, context)
        elif not library.size:
            raise CannotDo(EMPTY, EMPTY_HINT)
        request = Request(
            query=args.query,
            like=like,
            unlike=unlike,
            among=among,
            limits=Limits(**args.filters.model_dump()),
            adjust={str(axis): steps for axis, steps in args.adjust.items()},
            hold=[str(axis) for axis in args.hold],
            max_per_artist=args.max_per_artist,
            total_s=args.total_s,
            order=args.order,
            k=len(among) if among is not None and "k" not in args.model_fields_set else args.k,
            playlist=args.action == "playlist",
            talk=None if args.talk is None or among is not None else _talk(args.talk, library),
            taste=taste_of(catalogue, context.owner),
        )
        if args.action == "identify":
            request.query, request.talk = "", None
        if args.action == "similar" and not like:
            request = _seeded(request, library, context)
        ranker = _ranker(catalogue, library) if request.talk is not None else None
        found = search(library, request, context.note, catalogue.phrase, _chance(args), ranker)
        return _out(library, found)

    return run


def _chance(args: retrieve.Args) -> np.random.Generator:
    """Return what draws tracks where nothing is wished: in a talk the same for a request all day, whatever it leaves out.

    So "not the second one" exchanges that one only, and tomorrow's surprise is another. Outside of a talk every draw is new.
    """
    if args.talk is None:
        return np.random.default_rng()
    filters = args.filters.model_dump(exclude={"exclude"}, exclude_defaults=True)
    wished = args.model_dump_json(exclude={"filters", "talk"}, exclude_defaults=True)
    return np.random.default_rng(zlib.crc32(f"{date.today()}{filters}{wished}".encode("utf-8", "replace")))


def _talk(talk: retrieve.Talk, library: Snapshot) -> Talk:
    """Return the dialogue with rows for ids, a few for "artist:Name"; what is not of the library is left out."""

    def meant(id: str) -> Sequence[str]:
        artist = id.removeprefix("artist:")
        return [id] if artist == id else library.names.ids("artist", normal(artist))[:_OF_ARTIST]

    def rows(turns: Sequence[Sequence[str]]) -> list[list[int]]:
        return [[library.position[i] for id in ids for i in meant(id) if i in library.position] for ids in turns]

    return Talk(
        [said[:2000] for said in talk.said[-_TURNS:]], rows(talk.liked[-_TURNS:]), rows(talk.disliked[-_TURNS:])
    )


def _ranker(catalogue: Catalogue, library: Snapshot) -> TalkRanker:
    ranker: TalkRanker = catalogue.derived("talk", lambda: TalkRanker(library))
    return ranker


def _samples(refs: Sequence[Ref], library: Snapshot, catalogue: Catalogue, context: Context) -> list[Sample]:
    """Resolve references to things to compare with; what was not measured yet is measured now."""
    waiting = [
        library.tracks[library.position[ref.id]]
        for ref in refs
        if ref.id in library.position and not library.analysed[library.position[ref.id]]
    ]
    if waiting:
        measure(catalogue, context.store, waiting[:8], progress=context.progress, check=context.check, apart=context.elsewhere is not None)  # fmt: skip
        library = snapshot_of(catalogue)
        if len(waiting) > 8:
            context.note(f"{len(waiting) - 8} of them are not analysed yet and count by their tags only.")
    found = []
    for ref in refs:
        row = library.position.get(ref.id or "")
        found.append(library.sample(row) if row is not None else _piece(ref, context))
    return found


def _piece(ref: Ref, context: Context) -> Sample:
    """Measure a piece that is not in the library, to compare with."""
    piece = context.piece(ref)
    known = piece.clip is None or remembered(context.store, piece.clip) is not None
    analysis: Analysis = _analysed(context, piece) if known else context.apart(_analysed, piece)
    genre = [piece.score.genre.replace("_", " ")] if piece.score and piece.score.genre else []
    track = with_analysis(Track(id=piece.id, title=piece.title, genres=genre, duration_s=piece.duration_s), analysis)
    vectors = embed([track.words])
    audio = np.array(analysis.audio_vector, np.float32) if analysis.audio_vector else None
    return Sample(track, audio, vectors[0] if vectors is not None else None)


def _analysed(context: Context, piece: Piece) -> Analysis:
    return analyse(context.store, piece, context.check)


def _among(
    refs: Sequence[Ref], library: Snapshot, catalogue: Catalogue, context: Context
) -> tuple[Snapshot, list[str]]:
    """Return the rows asked about; where some are not of the library, a table of just these."""
    samples = _samples(refs, library, catalogue, context)
    library = snapshot_of(catalogue)
    ids = list(dict.fromkeys(sample.track.id for sample in samples))
    if all(id in library.position for id in ids):
        return library, ids
    first = {sample.track.id: sample for sample in samples}
    text: dict[str, Floats] = {id: s.text for id, s in first.items() if s.text is not None}
    audio: dict[str, Floats] = {id: s.audio for id, s in first.items() if s.audio is not None}
    return Snapshot([first[id].track for id in ids], text, audio), ids


def _seeded(request: Request, library: Snapshot, context: Context) -> Request:
    """Take the tracks or artists that the words name as what the result should be like."""
    names = [name for name in library.names.find(request.query) if name.kind != "genre"]
    if not names:
        if request.query:
            context.note(
                f"The library knows no title or artist '{request.query[:80]}'; its words were searched instead."
            )
        return request
    spans = sorted({(name.start, name.end) for name in names})
    rest, at = "", 0
    for start, end in spans:
        first = next(name for name in names if (name.start, name.end) == (start, end))
        ids = first.ids if first.kind != "title" else first.ids[:1]
        request.like += [library.sample(library.position[id]) for id in ids[:12]]
        if first.kind == "artist":
            limits = request.limits
            limits.exclude_artists.append(first.name)
        if not first.exact:
            context.note(f"'{request.query[start:end]}' was taken for '{first.name}'.")
        rest, at = rest + request.query[at:start], end
    request.query = (rest + request.query[at:]).strip(" ,")
    return request


def _identify(args: retrieve.Args, library: Snapshot, catalogue: Catalogue, context: Context) -> retrieve.Out | None:
    """Say which recording of the library a clip is, by its landmarks; None where none is sure, and that is noted."""
    if not args.like:
        raise InvalidArgument("There is nothing to identify.", "Attach a clip, or name a track.")
    if not library.size:
        raise CannotDo(EMPTY, EMPTY_HINT)
    ref = args.like[0]
    piece = context.piece(ref)
    index: FingerprintIndex = catalogue.derived("fingerprints", lambda: FingerprintIndex(catalogue.fingerprints()))
    matches = [m for m in index.recognise(context.wave(piece)) if m.id in library.position and m.id != ref.id]
    if matches:
        hits = []
        for match in matches[: args.k]:
            where = f"{int(match.start_s) // 60}:{int(match.start_s) % 60:02d}"
            faster = "" if match.speed == 1 else f", played {abs(match.speed - 1):.0%} {'faster' if match.speed > 1 else 'slower'}"  # fmt: skip
            reason = f"the same recording{faster}: {match.landmarks} landmarks agree, from {where} on"
            hits.append(Hit(library.position[match.id], round(min(1.0, match.share * 2), 4), [reason]))
        return _out(library, Found(hits, len(matches)))
    waiting = int((~library.analysed).sum())
    unseen = f" ({waiting:,} tracks are not analysed yet and could not be compared)" if waiting else ""
    context.note(f"No recording in the library is this one{unseen}; these sound most like it.")
    return None


def _out(library: Snapshot, found: Found) -> retrieve.Out:
    items = []
    for hit in found.hits:
        track = library.tracks[hit.row]
        items.append(
            retrieve.Item(
                id=track.id,
                title=track.title,
                artist=track.artist,
                album=track.album,
                year=track.year,
                genre=", ".join(track.genres),
                duration_s=track.duration_s,
                bpm=track.bpm,
                key=track.key,
                sound=[*track.moods, *track.instruments, *best_tags(track.tags)][:12],
                score=hit.score,
                reasons=hit.reasons,
            )
        )
    return retrieve.Out(items=items, total=found.total, question=found.question)


BACKEND = Backend(tool="retrieve", name="catalogue", load=_load)
