"""How well the embedded composer does what it is asked: requests drawn by chance, asked against found.

``segue eval generate`` draws 200 requests from a stated seed (``generate_requests``), composes each, writes it as a
MIDI file, and reads that back three ways: as written; from bare notes by estimators, with the same ones on human
scores; and, with ``--audio N``, from the sound of N pieces. Then come the rules of composing, measures beside
human scores, and by their own suites variety, genres and bad requests. ``--save README.md`` writes the tables
between their markers. Speed is measured by ``make bench`` and not here.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from segue.evals import generate_audio, generate_bad, generate_report, generate_taste, generate_variety, genre_check
from segue.evals.generate_estimators import stripped
from segue.evals.generate_humans import Human, chords_found, estimated, humans, popular
from segue.evals.generate_judge import (
    NAMES,
    Verdict,
    judge_bare,
    judge_key,
    judge_meter,
    judge_tempo,
    judge_written,
    share_asked,
)
from segue.evals.generate_report import table
from segue.evals.generate_requests import SEED, Asked, drawn, same_chord
from segue.tools.backends.generate_composer import request_from
from segue.tools.core.errors import SegueError
from segue.tools.core.score import Score
from segue.tools.core.theory import parse_key
from segue.tools.music.compose import compose
from segue.tools.music.compose_request import Request
from segue.tools.music.midi import midi_bytes, read_midi

__all__ = ["DESCRIPTION", "SUITE", "piece", "run", "table"]

SUITE = "generate"
DESCRIPTION = (
    "200 requests to the composer, asked against found: as written, from bare notes, from sound; taste, variety"
)
_WHOLE = 100  # requests from which on the human scores and the other suites are run whole
_FIELD = {"TB": "bpm", "TBT": "bpm", "bpm": "bpm", "CK": "key", "CKD": "key", "meter": "meter", "bars": "bars", "form": "form",
          "ECM": "chords", "any order": "chords", "present": "instruments", "excluded": "exclude", "duration": "duration_s"}  # fmt: skip
_MANY = 6  # what is worth more than one process
Say = Callable[[str], None]
T = TypeVar("T")


def run(
    limit: int = 200,
    audio: int = 0,
    seed: int = SEED,
    data_home: Path | None = None,
    save: Path | None = None,
    say: Say | None = None,
) -> dict[str, Any]:
    """Compose and judge ``limit`` requests.

    Parameters
    ----------
    audio : how many pieces are rendered and listened to as well; about 10 s each on two cores.
    seed : of the requests.
    data_home : a folder of human MIDI files, on which the estimators are run too.
    save : a text file with the markers of this suite, between which its tables are written.
    say : called with one line of progress; standard error when not given.

    Returns
    -------
    dict, all of it JSON: ``columns`` (attribute → n and right, for written, bare, humans, sound, plain), ``asa``,
    ``misses``, ``rules``, ``measures``, ``variety``, ``genres``, ``bad``; ``passed`` of ``total`` counts requests
    whose file as written is right in everything.
    """
    say = say or _to_stderr
    requests = drawn(limit, seed)
    pieces = list(_shared_out(piece, requests, "composed and judged", say))
    say("human scores through the same estimators")
    human = human_column(_humans(limit, data_home), limit)
    lengths = {one["number"]: one["seconds"] for one in pieces if not one["error"]}
    sound = list(_shared_out(_listened, generate_audio.sample(requests, lengths, audio), "listened to", say))
    result = {
        "suite": SUITE,
        "seed": seed,
        "limit": limit,
        "audio": len(sound),
        "pieces": [_short(one) for one in pieces],
    }
    result |= columns(pieces, human, sound)
    result["misses"] = misses(requests, pieces, sound)
    done = [(asked, one) for asked, one in zip(requests, pieces, strict=True) if not one["error"]]
    say("rules and measures")
    result["rules"] = generate_taste.rules_met([one for _, one in done])
    result["measures"] = generate_taste.beside_humans(done)
    result |= _other_suites(limit, say)
    right = [not one["error"] and all(v["ok"] for v in one["written"]) for one in pieces]
    result |= {"passed": sum(right), "total": len(right)}
    if save is not None:
        generate_report.save(result, save)
        say(f"written into {save}")
    return result


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


# -- one piece --------------------------------------------------------------------------------------


def composed(asked: Asked, say: Say) -> tuple[Request, Score]:
    """Return the wishes as they were read from words or arguments, and the piece composed for them."""
    request = request_from(asked.args(), say)
    return request, compose(request, say)


def piece(asked: Asked) -> dict[str, Any]:
    """Compose one request and judge it, as written and from bare notes; JSON, so that another process can."""
    said: list[str] = []
    empty: dict[str, Any] = {"number": asked.number, "error": "", "said": said, "written": [], "bare": []}
    try:
        request, score = composed(asked, said.append)
    except SegueError as error:
        return {**empty, "error": str(error)}
    with tempfile.TemporaryDirectory(prefix="segue-eval-") as folder:
        path = Path(folder) / "piece.mid"
        path.write_bytes(midi_bytes(score))
        read = read_midi(path)
    written = [_with_cause(verdict, asked, request) for verdict in judge_written(asked, read)]
    return {
        **empty,
        "genre": score.genre or "", "bars": score.bars, "seconds": round(score.clock().seconds(score.beats), 2),
        "written": [asdict(verdict) for verdict in written],
        "bare": [asdict(verdict) for verdict in judge_bare(asked, stripped(read), read)],
        **generate_taste.taste_of(score, request),
    }  # fmt: skip


def _with_cause(verdict: Verdict, asked: Asked, request: Request) -> Verdict:
    """Return a miss with whether the request was misread or the piece written otherwise."""
    if verdict.ok or verdict.attribute not in _FIELD:
        return verdict
    understood = getattr(request, _FIELD[verdict.attribute])
    reading = "read rightly" if _understood(asked, request, verdict) else f"read as {understood!r}"
    return Verdict(verdict.attribute, False, verdict.asked, verdict.found, f"{verdict.why}; the request was {reading}")


def _understood(asked: Asked, request: Request, verdict: Verdict) -> bool:
    match _FIELD[verdict.attribute]:
        case "key":
            return request.key is not None and parse_key(request.key) == parse_key(asked.key or "C")
        case "chords":
            heard = " ".join(request.chords).split()
            return len(heard) == len(asked.chords) and all(map(same_chord, heard, asked.chords))
        case "instruments":
            return verdict.asked in request.instruments
        case "exclude":
            return verdict.asked.removeprefix("no ") in request.exclude
        case "duration_s":
            return request.duration_s == asked.seconds
        case "form":
            return tuple(request.form) == asked.form
        case field:
            return bool(getattr(request, field) == getattr(asked, field))


def _shared_out(
    work: Callable[[T], dict[str, Any]], items: Sequence[T], label: str, say: Say
) -> Iterator[dict[str, Any]]:
    """Yield what ``work`` makes of each item, in order; many are shared out over the cores."""
    cores = os.cpu_count() or 1
    if len(items) < 2 * cores or cores == 1 or len(items) < _MANY:
        yield from map(work, items)
        return
    step = max(1, len(items) // 10)
    with ProcessPoolExecutor(cores) as pool:
        for place, found in enumerate(pool.map(work, items)):
            if place % step == 0:
                say(f"{label} {place} of {len(items)}")
            yield found


def _short(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in ("number", "genre", "bars", "seconds", "error", "said") if name in one}


# -- columns ----------------------------------------------------------------------------------------


def _humans(limit: int, data_home: Path | None) -> Iterable[Human]:
    yield from humans(None if limit >= _WHOLE else 2)
    if data_home is not None:
        yield from popular(data_home)


def human_column(scores: Iterable[Human], limit: int) -> dict[str, Any]:
    """Return what the estimators get right on human scores: attribute → n and right, over all and by kind."""
    counts: dict[str, dict[str, list[bool]]] = {}
    meters: dict[str, list[bool]] = {}
    for one in scores:
        key, bpm, meter = estimated(one)
        verdicts = judge_tempo(one.bpm, bpm)
        verdicts += judge_key(str(one.key), str(key) if key else None, whole_modes=False) if one.key else []
        verdicts.append(judge_meter(one.meter, meter))
        meters.setdefault(one.meter, []).append(verdicts[-1].ok)
        for verdict in verdicts:
            counts.setdefault(verdict.attribute, {}).setdefault(one.kind, []).append(verdict.ok)
    right, total = chords_found(4 if limit >= _WHOLE else 1)
    out: dict[str, Any] = {"bar chords": {"n": total, "right": right, "kinds": {"chorales": [right, total]}}}
    for name, kinds in counts.items():
        marks = [ok for found in kinds.values() for ok in found]
        by_kind = {kind: [sum(found), len(found)] for kind, found in kinds.items()}
        out[name] = {"n": len(marks), "right": sum(marks), "kinds": by_kind}
    out["meter"]["meters"] = {meter: [sum(found), len(found)] for meter, found in sorted(meters.items())}
    return out


def columns(
    pieces: Sequence[Mapping[str, Any]], human: Mapping[str, Any], sound: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return ``columns`` (column → attribute → n and right) and ``asa`` (column → mean share of what was asked)."""
    out: dict[str, dict[str, Any]] = {"humans": dict(human)}
    asa: dict[str, float | None] = {}
    for name, rows in (("written", pieces), ("bare", pieces), ("sound", sound), ("plain", sound)):
        cells: dict[str, list[bool]] = {}
        meters: dict[str, list[bool]] = {}
        for row in rows:
            for verdict in row[name]:
                cells.setdefault(verdict["attribute"], []).append(verdict["ok"])
                if verdict["attribute"] == "meter":
                    meters.setdefault(verdict["asked"], []).append(verdict["ok"])
        out[name] = {attribute: {"n": len(marks), "right": sum(marks)} for attribute, marks in cells.items()}
        if meters:
            out[name]["meter"]["meters"] = {meter: [sum(found), len(found)] for meter, found in sorted(meters.items())}
        if name in ("written", "bare"):
            shares = [share_asked([Verdict(**verdict) for verdict in row[name]]) for row in rows]
            known = [share for share in shares if share is not None]
            asa[name] = round(sum(known) / len(known), 4) if known else None
    return {"columns": {name: {k: found[k] for k in NAMES if k in found} for name, found in out.items()}, "asa": asa}


def _listened(asked: Asked) -> dict[str, Any]:
    return generate_audio.heard(asked, composed(asked, lambda text: None)[1])


def misses(
    requests: Sequence[Asked], pieces: Sequence[Mapping[str, Any]], sound: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return every miss with its request: what was asked, what was found, and why; one a wish and column."""
    lines = {asked.number: asked.line() for asked in requests}
    out = [
        {"number": one["number"], "column": "error", "attribute": "error", "asked": "", "found": one["error"],
         "why": "refused", "request": lines[one["number"]]}
        for one in pieces if one["error"]
    ]  # fmt: skip
    for column, rows in (("written", pieces), ("bare", pieces), ("sound", sound)):
        for row in rows:
            for verdict in row[column]:
                if not verdict["ok"] and verdict["attribute"] not in ("TBT", "bpm", "CKD", "bar chords"):
                    kept = {name: verdict[name] for name in ("attribute", "asked", "found", "why")}
                    out.append({"number": row["number"], "column": column, **kept, "request": lines[row["number"]]})
    return out


def _other_suites(limit: int, say: Say) -> dict[str, Any]:
    """Run variety, genre lists and bad requests: whole where the requests are, else not at all."""
    if limit < _WHOLE:
        return {"variety": None, "genres": None, "bad": None}
    say("variety: fifty pop pieces, each against each")
    variety = generate_variety.run(genre="pop", pieces=50)
    say("genres against their frozen lists")
    genres = genre_check.run()
    say("bad requests")
    return {"variety": variety, "genres": genres, "bad": generate_bad.run()}
