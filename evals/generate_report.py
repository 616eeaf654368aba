"""The tables of ``segue eval generate``: for the terminal, and as Markdown between markers of a text file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segue.evals.generate_audio import LONGEST_S
from segue.evals.generate_judge import NAMES
from segue.tools.core.errors import InvalidArgument, NotFound

BEGIN, END = "<!-- eval generate -->", "<!-- /eval generate -->"
# On MidiCaps' captions: text2midi and MuseCoco as Bhandari et al. (2025) measured them; ASA as Lu et al. (2023) did.
PUBLISHED = {"TB": (39.7, 21.7), "TBT": (65.8, 54.6), "CK": (33.6, 13.7), "CKD": (35.6, 14.6)}
PUBLISHED_ASA, PUBLISHED_CR = 77.59, (2.31, 2.12, 3.43)
_HEADER = ["what", "n", "as written", "bare notes", "human scores", "sound", "plain sound", "published"]
_SHOWN_MISSES = 40


def table(result: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing: asked against found, then rules, measures and the other suites."""
    rows = asked_rows(result)
    rows += [
        [f"rule {r['rule']}: {r['measure']}", str(r["n"]), _share(r["met"], r["n"]), "", "", "", "", _below(r["below"])]
        for r in result["rules"]["rows"]
    ]
    rows += [
        [m["title"], str(m["n"]), _spread(m["ours"]), "", _human_spread(m["humans"]), "", "", f"{m['outside']} outside, {m['unexplained']} without a reason"]
        for m in result["measures"]["rows"]
    ]  # fmt: skip
    rows += [[what, "", found, "", "", "", "", ""] for what, found in other_rows(result)]
    rows += [
        [
            f"miss: {m['attribute']} ({m['column']})",
            str(m["number"]),
            m["found"][:60],
            "",
            m["asked"][:40],
            "",
            "",
            m["why"][:100],
        ]
        for m in result["misses"]
    ]
    return _HEADER, rows


def asked_rows(result: Mapping[str, Any]) -> list[list[str]]:
    """Return one row an attribute, with every column's share in per cent."""
    columns = result["columns"]
    rows = []
    for attribute, title in NAMES.items():
        cells = [columns[name].get(attribute) for name in ("written", "bare", "humans", "sound", "plain")]
        if not any(cells):
            continue
        n = next(cell["n"] for cell in cells if cell)
        shown = [_cell(cell, n) for cell in cells]
        text2midi, musecoco = PUBLISHED.get(attribute, (None, None))
        published = f"text2midi {text2midi}, MuseCoco {musecoco}" if text2midi else ""
        rows.append([title, str(n), *shown, published])
    written, bare = (f"{100 * value:.1f}" if (value := result["asa"][name]) else "" for name in ("written", "bare"))
    title = "right ÷ asked in a piece, averaged (ASA)"
    rows.append([title, str(result["limit"]), written, bare, "", "", "", f"MuseCoco {PUBLISHED_ASA}"])
    return rows


def _cell(cell: Mapping[str, int] | None, n: int) -> str:
    if not cell:
        return ""
    share = f"{100 * cell['right'] / cell['n']:.1f}"
    return share if cell["n"] == n else f"{share} (n {cell['n']})"


def _share(met: int, n: int) -> str:
    return f"{100 * met / n:.1f} %" if n else ""


def _below(low: Mapping[str, float]) -> str:
    return ", ".join(f"{genre} {100 * share:.0f} %" for genre, share in low.items())


def _spread(row: Mapping[str, float]) -> str:
    return f"{row['p50']:g} ({row['p1']:g} to {row['p99']:g})"


def _human_spread(kinds: Mapping[str, Mapping[str, float]]) -> str:
    return "; ".join(f"{kind} {_spread(row)}" for kind, row in kinds.items())


def other_rows(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the other suites found, in a line each; empty where they were not run."""
    out = []
    if variety := result.get("variety"):
        row = variety["rows"][0]
        bare = row["without_memory"]
        found = (
            f"{len(row['tunes_shared'])} pairs share a tune of 8 notes, {len(row['drums_shared'])} a drum pattern over a section "
            f"({row['redrawn']} drafts drawn again; without the memory {len(bare['tunes_shared'])} and {len(bare['drums_shared'])})"
        )
        out.append((f"variety: {row['pieces']} {row['genre']} pieces without a seed", found))
    if genres := result.get("genres"):
        own = sum(genre == best for genre, best in genres["recognised"].items())
        names = len(genres["recognised"])
        found = (
            f"{genres['passed']} of {genres['total']} items met; {len(genres['genres_whole'])} of {names} genres whole; "
            f"{own} of {names} are nearest to their own list"
        )
        out.append(("genres against checklists frozen beforehand", found))
    if bad := result.get("bad"):
        out.append(("bad requests answered clearly", f"{bad['passed']} of {bad['total']}"))
    return out


# -- Markdown ---------------------------------------------------------------------------------------


def markdown(result: Mapping[str, Any]) -> str:
    """Return all tables as Markdown, with where the numbers come from."""
    limit, seed, audio = result["limit"], result["seed"], result["audio"]
    parts = [
        f"{limit} requests drawn by chance (seed {seed}), half typed arguments and half sentences, of which {result['passed']} are "
        "right in everything as written. Reading back what we wrote proves little, so three more columns (shares in per cent):",
        "- *Bare notes*: tempo, key, meter and name events stripped, estimated from the notes alone; chords on the written bar lines.\n"
        f"- *Human scores*: the same estimators on {_humans_line(result)}.\n"
        + (f"- *Sound*: {audio} rendered pieces of at most {LONGEST_S:g} s, heard without the score; *plain sound*: the same notes on one dry piano.\n" if audio else "")
        + "- *Published*: on their own definitions and on MidiCaps' captions, which are other requests.",
        _lines(_HEADER, asked_rows(result)),
        _meter_line(result),
        _compression_line(result),
        _lines(["", ""], [list(row) for row in other_rows(result)]) if other_rows(result) else "",
        _folded("Measures beside human scores, median (1st to 99th percentile); *outside*: pieces beyond the humans' 1st and 99th",
                _lines(["measure", "ours", "human scores", "outside", "without a reason"], _measure_rows(result))),
        _folded(f"Rules: {_genres_line(result)}",
                _lines(["rule", "measure", "n", "met", "styles that meet it less often than nine times in ten"], _rule_rows(result))),
        _folded(f"Misses: {_kinds_line(result)}", _lines(["request", "what", "asked", "found", "why"], _miss_rows(result))),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part)


def _folded(title: str, text: str) -> str:
    """Return a part that a page shows when its title is clicked."""
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _genres_line(result: Mapping[str, Any]) -> str:
    """Say how many of the rules' measures are met in all, and in which styles most and least."""
    genres = result["rules"]["genres"]
    met, n = (sum(found[name] for found in genres.values()) for name in ("met", "n"))
    shares = sorted((found["met"] / found["n"], genre) for genre, found in genres.items() if found["n"])
    low = ", ".join(f"{genre} {100 * share:.0f} %" for share, genre in shares[:5])
    return f"{_share(met, n)} of {n} findings met over all styles; least in {low}"


def _humans_line(result: Mapping[str, Any]) -> str:
    kinds = result["columns"]["humans"].get("TB", {}).get("kinds", {})
    return ", ".join(f"{found[1]} {kind}" for kind, found in kinds.items()) or "none"


def _meter_line(result: Mapping[str, Any]) -> str:
    """Say what the shares of tempo and meter from bare notes are made of: estimators know common time and beats best."""
    lines = []
    for name, title in (("bare", "Meter from bare notes"), ("humans", "of human scores")):
        meters = result["columns"][name].get("meter", {}).get("meters", {})
        lines.append(f"{title}: {_counted(meters)}")
    tempi = result["columns"]["humans"].get("TB", {}).get("kinds", {})
    return f"{'; '.join(lines)}. Tempo bin of human scores by kind: {_counted(tempi)}."


def _counted(counts: Mapping[str, Sequence[int]]) -> str:
    return ", ".join(f"{what} {right} of {n}" for what, (right, n) in counts.items())


def _compression_line(result: Mapping[str, Any]) -> str:
    row = next((m for m in result["measures"]["rows"] if m["measure"] == "compression"), None)
    if row is None:
        return ""
    text2midi, musecoco, humans = PUBLISHED_CR
    return (
        f"Compression by COSIATEC (CR): {row['mean']:g} on average; published on MidiCaps: text2midi {text2midi}, "
        f"MuseCoco {musecoco}, the human files {humans}."
    )


def _rule_rows(result: Mapping[str, Any]) -> list[list[str]]:
    return [
        [str(r["rule"]), r["measure"].replace("_", " "), str(r["n"]), _share(r["met"], r["n"]), _below(r["below"])]
        for r in result["rules"]["rows"]
    ]


def _measure_rows(result: Mapping[str, Any]) -> list[list[str]]:
    return [
        [m["title"], _spread(m["ours"]), _human_spread(m["humans"]), str(m["outside"]), str(m["unexplained"])]
        for m in result["measures"]["rows"]
    ]


def _miss_rows(result: Mapping[str, Any]) -> list[list[str]]:
    first = [m for m in result["misses"] if m["column"] in ("error", "written")]
    bare: dict[tuple[str, str], list[int]] = {}
    for miss in result["misses"]:
        if miss["column"] == "bare":
            bare.setdefault((miss["attribute"], miss["why"]), []).append(miss["number"])
    rows = [[str(m["number"]), m["attribute"], m["asked"], m["found"][:80], m["why"]] for m in first[:_SHOWN_MISSES]]
    rows += [
        [", ".join(map(str, sorted(numbers)[:12])) + (" …" if len(numbers) > 12 else ""), f"{attribute}, bare notes", "", f"{len(numbers)} pieces", why]
        for (attribute, why), numbers in sorted(bare.items(), key=lambda item: -len(item[1]))
    ]  # fmt: skip
    return rows


def _kinds_line(result: Mapping[str, Any]) -> str:
    counts = {name: sum(m["column"] == name for m in result["misses"]) for name in ("error", "written", "bare")}
    return f"{counts['error']} refused, {counts['written']} as written, {counts['bare']} from bare notes, by kind"


def _lines(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    clean = [[cell.replace("|", "/").replace("\n", " ") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *clean))


def save(result: Mapping[str, Any], path: Path) -> None:
    """Write the tables between the markers of a text file, and nothing else in it; errors as ``write_between``."""
    write_between(path, BEGIN, END, markdown(result))


def write_between(path: Path, begin: str, end: str, body: str) -> None:
    """Replace what stands between two lines of a text file.

    Raises
    ------
    NotFound : there is no such file.
    InvalidArgument : it lacks the lines.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", "Give a text file with the markers, for example README.md.")
    text = path.read_text("utf-8")
    before, opened, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not opened or not closed:
        raise InvalidArgument(
            f"{path.name} lacks the lines {begin} and {end}.", "Put both where the tables should stand."
        )
    path.write_text(f"{before}{begin}\n{body}\n{end}{after}", "utf-8")
