"""Looking after the library: folders scanned and measured, state, statistics, duplicates, tables, tags."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from segue.tools import library, retrieve
from segue.tools.collection.catalogue import Catalogue, Track, open_catalogue
from segue.tools.collection.chart import chart
from segue.tools.collection.embed import MISSING
from segue.tools.collection.measure import embed_words, measure, waiting
from segue.tools.collection.overview import duplicates, statistics, status
from segue.tools.collection.remembered import (
    ARTIST,
    SmartPlaylist,
    forget,
    keep,
    learn,
    playlist,
    playlists,
    taste_rows,
)
from segue.tools.collection.retag import Retag
from segue.tools.collection.scan import scan, tracks_in
from segue.tools.collection.subsonic import Subsonic
from segue.tools.collection.table import import_any, import_server
from segue.tools.core.base import Backend, Context, Runner
from segue.tools.core.errors import CannotDo, InvalidArgument, NotFound
from segue.tools.core.piece import FileOut
from segue.tools.core.settings import Settings

_SMALL_S = 1800.0  # seconds of music that an add measures by itself: about a minute and a half on two cores
_READ_S = 8.0  # for reading the meaning of new tracks' words: a thousand or so on a free core
_ANALYSE = frozenset({"analyse", "analyze", "analysis"})
_MOST = 500  # tracks of a smart playlist
_SERVER = ("subsonic", "opensubsonic", "server")  # what an import may name in place of a file
_HINT = "Add a folder with `segue library add FOLDER`, or ask for the demo library."


def _load(settings: Settings) -> Runner:
    def run(args: library.Args, context: Context) -> library.Out:
        return _ACTIONS[args.action](args, context, open_catalogue(settings))

    return run


def _folder(args: library.Args) -> Path:
    if not args.folder:
        raise InvalidArgument(f"'{args.action}' needs a folder.", "Name one, for example /home/me/Music.")
    return Path(args.folder).expanduser()


def _add(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    apart = context.elsewhere is not None
    found = scan(catalogue, context.store, _folder(args), progress=context.progress, check=context.check, apart=apart)
    for path, reason in list(found.broken.items())[:5]:
        context.note(f"{Path(path).name} was left out: {reason}")
    if len(found.broken) > 5:
        context.note(f"{len(found.broken) - 5} more files could not be read; `library status` counts them.")
    pending = [track for track in waiting(catalogue) if track.path and track.path.startswith(found.folder)]
    seconds = sum(track.duration_s or 240.0 for track in pending)
    if pending and (seconds <= _SMALL_S or _ANALYSE & {field.lower() for field in args.fields}):
        found.analysed = measure(
            catalogue, context.store, pending, progress=context.progress, check=context.check, apart=apart
        )
    elif pending:
        context.note(
            f"{len(pending):,} tracks are found by their tags now and not analysed yet: that takes about "
            f"{seconds / 20 / 60:.0f} minutes, and goes on where it was when it is stopped. "
            "Ask for it with the field 'analyse', or it is done for each track when something like it is wanted."
        )
    _read_words(args, context, catalogue)
    found.waiting = len(waiting(catalogue))
    row = found.model_dump()
    row["broken"] = len(found.broken)
    return library.Out(rows=[row])


def _read_words(args: library.Args, context: Context, catalogue: Catalogue) -> None:
    """Embed the words of new tracks: a few seconds of it by itself, all of it where that was asked for."""
    most_s = math.inf if _ANALYSE & {field.lower() for field in args.fields} else _READ_S
    left = embed_words(catalogue, context.check, context.progress, most_s, context.apart if context.elsewhere else None)
    if left is None:
        context.note(MISSING)
    elif left:
        context.note(
            f"{left:,} tracks are found by their words, tags and names now, and not yet by what the words mean. "
            "The same request again goes on with that, and the field 'analyse' does all of it."
        )


def _remove(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    ids = [ref.id for ref in args.items if ref.id]
    for id in ids:
        catalogue.track(id)
    if args.folder:
        folder = _folder(args).resolve()
        inside = [track.id for track in tracks_in(catalogue, folder)]
        if not inside:
            raise NotFound(f"Nothing of {folder} is in the library.", "`segue library status` lists its folders.")
        ids += inside
        catalogue.remove_folder(folder)
    if not ids:
        raise InvalidArgument("Nothing was named to be removed.", "Name tracks, or a folder.")
    catalogue.remove(ids, context.store)
    return library.Out(rows=[{"removed": len(ids), "tracks": catalogue.size}])


def _status(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    row = status(catalogue)
    if not row["tracks"]:
        context.note(f"The library is empty. {_HINT}")
    for track in catalogue.find("state = 'broken'", limit=5):
        context.note(f"{track.path} could not be read: {track.error}")
    return library.Out(rows=[row])


def _chosen(args: library.Args, catalogue: Catalogue) -> list[Track]:
    if args.items:
        return [catalogue.track(ref.id or "") for ref in args.items]
    found = catalogue.find()
    if not found:
        raise CannotDo("The library is empty.", _HINT)
    return found


def _stats(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    rows = statistics(_chosen(args, catalogue), args.fields, context.note)
    if not rows:
        return library.Out()
    blob = context.store.put_bytes(chart(rows), ".svg")
    context.store.own_file(blob, context.owner)
    picture = FileOut(id=blob, kind="picture", name="statistics.svg", media_type="image/svg+xml")
    return library.Out(rows=rows, files=[picture])


def _duplicates(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    _chosen(args, catalogue)
    rows = duplicates(catalogue, context.check)
    unheard = len(waiting(catalogue))
    if unheard:
        context.note(f"{unheard:,} tracks are not analysed yet: other encodings of them cannot be told by ear.")
    if not rows:
        context.note("No duplicates were found.")
    return library.Out(rows=rows)


def _retag(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    """Write tags. The question whether to was asked before: ``TOOL.confirm``."""
    tags = Retag(catalogue, context.store, catalogue.settings.home / "retag.journal")
    if [field.lower() for field in args.fields] == ["undo"]:
        return library.Out(rows=[{"undone": tags.undo(context.note)}])
    rows = tags.write(_chosen(args, catalogue), args.fields, context.note, context.check, context.progress)
    new = sum(row["written"] != "there already" for row in rows)
    return library.Out(rows=rows, preview=f"Tags of {new} file{'s' * (new != 1)} written.")


def _import(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    if (args.folder or "").lower() in _SERVER:
        result = import_server(catalogue, context.store, context.progress)
    else:
        result = import_any(catalogue, context.store, _folder(args), context.progress)
    if result.skipped:
        context.note(f"{result.skipped:,} rows have no title and were left out.")
    if result.missing:
        first = "; ".join(result.unmatched[:5])
        more = f" and {result.missing - 5:,} more" if result.missing > 5 else ""
        context.note(f"Not in this library, so that nothing was taken over: {first}{more}.")
    _read_words(args, context, catalogue)
    return library.Out(rows=[{**result.model_dump(), "tracks": catalogue.size}])


def _taste(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    """Show what is remembered of the user's taste, change it (fields like, reject), or forget it."""
    ids, fields = [ref.id or "" for ref in args.items], [field.lower() for field in args.fields]
    if "forget" in fields:
        gone = forget(catalogue, context.owner, ids, args.name or "")
        return library.Out(rows=[{"forgotten": gone}])
    told = {"like": True, "reject": False}
    if fields and fields[0] in told:
        named = [*ids, *([ARTIST + args.name] if args.name else [])]
        if not named:
            raise InvalidArgument("Nothing was named.", "Name tracks, or an artist.")
        learn(catalogue, context.owner, dict.fromkeys(named, told[fields[0]]))
    rows = taste_rows(catalogue, context.owner)
    if not rows:
        context.note("I remember nothing of your taste yet: tell me of anything that I find whether you like it.")
    return library.Out(rows=rows)


def _found_by(search: dict[str, Any], context: Context) -> list[retrieve.Item]:
    """Run a kept search again: all that fits, unless its number or length was said."""
    from segue.tools.core import registry

    try:
        args = retrieve.Args.model_validate(search)
    except ValidationError as error:
        raise InvalidArgument("That is no search that can be kept.", "Search for something first.") from error
    if "k" not in search and not args.total_s:
        args = args.model_copy(update={"k": _MOST})
    [backend] = [one for one in registry.backends("retrieve") if one.name == "catalogue"]
    out = registry.load(backend, context.settings)(args, context)
    assert isinstance(out, retrieve.Out)
    return out.items


def _save(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    if not args.name or not args.search:
        raise InvalidArgument("A smart playlist needs a name and a search.", "Search first, then say: save this as a smart playlist called X.")  # fmt: skip
    found = _found_by(args.search, context)
    keep(catalogue, context.owner, SmartPlaylist(args.name.strip()[:80], args.search, [item.id for item in found]))
    return library.Out(rows=[{"playlist": args.name.strip()[:80], "tracks": len(found)}], items=found)


def _refresh(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    kept = playlist(catalogue, context.owner, args.name or "")
    found = _found_by(kept.args, context)
    ids = [item.id for item in found]
    keep(catalogue, context.owner, SmartPlaylist(kept.name, kept.args, ids))
    row = {"playlist": kept.name, "tracks": len(ids), "new": len(set(ids) - set(kept.ids)), "gone": len(set(kept.ids) - set(ids))}  # fmt: skip
    return library.Out(rows=[row], items=found)


def _playlists(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    rows = [{"playlist": one.name, "tracks": len(one.ids), "refreshed": one.refreshed[:10]} for one in playlists(catalogue, context.owner)]  # fmt: skip
    if not rows:
        context.note("There is no smart playlist yet: search for something, then “save this as a smart playlist called X”.")  # fmt: skip
    return library.Out(rows=rows)


def _push(args: library.Args, context: Context, catalogue: Catalogue) -> library.Out:
    """Write tracks, or a smart playlist, to the music server of the settings."""
    ids = [ref.id or "" for ref in args.items]
    if not ids:
        ids = playlist(catalogue, context.owner, args.name or "").ids
    tracks = [catalogue.track(id) for id in ids]
    name = args.name or "Segue"
    pushed, missing = Subsonic(context.settings.subsonic).push(name, tracks)
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        context.note(f"The music server does not have: {'; '.join(missing[:5])}{more}.")
    return library.Out(rows=[{"playlist": name, "pushed": pushed, "missing": len(missing)}])


_ACTIONS: dict[str, Callable[[library.Args, Context, Catalogue], library.Out]] = {
    "add": _add, "remove": _remove, "status": _status, "stats": _stats, "duplicates": _duplicates, "retag": _retag,
    "import": _import, "taste": _taste, "save": _save, "refresh": _refresh, "playlists": _playlists, "push": _push,
}  # fmt: skip

BACKEND = Backend(tool="library", name="catalogue", load=_load)
