"""HTML of players, lists and pictures. Everything that comes from outside is escaped here, once."""

from html import escape
from typing import Any
from urllib.parse import quote

from segue.agent.events import Artifact

_KINDS = {
    "midi": "MIDI file", "score": "Score", "picture": "Picture", "playlist": "Playlist", "text": "Text",
    "audio": "Sound",
}  # fmt: skip


def clock(seconds: float | None) -> str:
    """Return a length as ``3:05``."""
    if seconds is None:
        return ""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def about(genre: str | None, bpm: float | None, key: str | None) -> str:
    """Return a few words about a piece."""
    return " · ".join(part for part in ((genre or "").replace("_", " "), _bpm(bpm), key or "") if part)


def file_name(title: str, suffix: str) -> str:
    """Return a name for a download: letters, digits and a few signs of the title."""
    kept = "".join(char if char.isalnum() or char in " -_()" else "_" for char in title).strip(" _") or "segue"
    return kept[:80] + suffix


def source(id: str, name: str = "") -> str:
    """Return the address of an artifact, in the form that ``name`` says."""
    return f"/artifacts/{quote(id, safe='')}" + (f"/{quote(name, safe='')}" if name else "")


def _link(id: str, name: str, label: str, title: str) -> str:
    says = escape(f"Download {title} as {label}", quote=True)
    return (
        f'<a class="sg-get" href="{source(id, name)}" download="{escape(name, quote=True)}" aria-label="{says}">'
        f"{escape(label)}</a>"
    )


def preview(id: str, name: str) -> str:
    """Return a small button that plays a sound; ``page_player.js`` brings it to life."""
    says = escape(f"Play {name}", quote=True)
    return (
        f'<button type="button" class="sg-play" aria-label="{says}" title="{says}" aria-pressed="false"></button>'
        f'<audio preload="none" src="{source(id)}"></audio>'
    )


def transport(id: str, title: str, duration_s: float | None) -> str:
    """Return button, outline and clock of a player. The outline is a slider that the keyboard moves, too."""
    seconds = round(duration_s or 0.0, 2)
    says = escape(f"Position in {title}", quote=True)
    return (
        f'<div class="sg-transport" data-seconds="{seconds}">{preview(id, title)}'
        f'<div class="sg-wave" role="slider" tabindex="0" aria-label="{says}" aria-valuemin="0" '
        f'aria-valuemax="{seconds}" aria-valuenow="0" aria-valuetext="0:00" data-sound="{escape(id, quote=True)}"></div>'
        f'<span class="sg-clock" aria-hidden="true">{clock(duration_s) or "0:00"}</span></div>'
    )


def carry(id: str, title: str, label: str, kind: str = "sg-opinion") -> str:
    """Return a button that takes a piece or track along with the next message."""
    says = escape(f"Use {title} for the next message", quote=True)
    return (
        f'<button type="button" class="{kind}" data-carry="{escape(id, quote=True)}" data-title="{escape(title, quote=True)}" '
        f'title="{says}" aria-label="{says}">{escape(label)}</button>'
    )


def say(message: str, label: str, title: str = "", kind: str = "sg-say") -> str:
    """Return a button that says something in the user's place."""
    says = escape(title or message, quote=True)
    return (
        f'<button type="button" class="{kind}" data-say="{escape(message, quote=True)}" title="{says}" '
        f'aria-label="{says}">{escape(label)}</button>'
    )


def player(
    id: str,
    title: str,
    *,
    duration_s: float | None = None,
    words: str = "",
    has_score: bool = False,
    stems: dict[str, Any] | None = None,
    brief: bool = False,
) -> str:
    """Return a player: title, sound, downloads, and where there are notes, their pictures.

    Parameters
    ----------
    id : a piece's or track's.
    words : a few beside the title (genre, tempo, key; see ``about``).
    stems : clips by name, as a piece holds them.
    brief : with the downloads that most people want, and no pictures.
    """
    facts = " · ".join(part for part in (words, clock(duration_s)) if part)
    links = [
        _link(id, file_name(title, suffix), suffix[1:].upper(), title)
        for suffix in ((".wav",) if brief else (".wav", ".mp3", ".flac"))
    ]
    if has_score:
        links.append(_link(id, file_name(title, ".mid"), "MIDI", title))
    if has_score and not brief:
        links.append(_link(id, file_name(title, ".musicxml"), "MusicXML", title))
    says = escape(f"Open {title} at the side", quote=True)
    opens = "" if brief else f'<button type="button" class="sg-open" aria-label="{says}" title="{says}">Open</button>'
    use = "" if brief else carry(id, title, "Use", "sg-open")
    parts = [
        f'<figure class="sg-player" data-piece="{escape(id, quote=True)}">',
        f'<figcaption><span class="sg-named"><b>{escape(title)}</b><span class="sg-facts">{escape(facts)}</span></span>'
        f"{opens}{use}</figcaption>",
        transport(id, title, duration_s),
        f'<nav class="sg-links" aria-label="{escape(f"Downloads of {title}", quote=True)}">{" ".join(links)}</nav>',
    ]
    more = (_pictures(id, title) if has_score and not brief else "") + (_stems(stems, title) if stems else "")
    parts.append(f'<div class="sg-more">{more}</div>' if more else "")
    return "".join([*parts, "</figure>"])


def sketch(id: str, duration_s: float) -> str:
    """Return a player of the first seconds of what is still being rendered, marked as that."""
    says = f"Preview: the first {round(duration_s)} s, while the rest is rendered"
    return (
        f'<figure class="sg-player" data-sketch><figcaption><b>{escape(says)}</b></figcaption>'
        f"{transport(id, says, duration_s)}</figure>"
    )


def _pictures(id: str, title: str) -> str:
    says = escape(title, quote=True)
    return (
        f'<details class="sg-picture"><summary>Piano roll</summary><img loading="lazy" src="{source(id, "roll.svg")}" '
        f'alt="Piano roll of {says}"></details><details class="sg-picture"><summary>Score</summary>'
        f'<img loading="lazy" src="{source(id, "score.svg")}" alt="Score of {says}"></details>'
    )


def _stems(stems: dict[str, Any], title: str) -> str:
    rows = "".join(
        f'<div class="sg-stem">{preview(clip["id"], name)}<span>{escape(name)}</span>'
        f"{_link(clip['id'], file_name(f'{title} {name}', '.flac'), 'FLAC', name)}</div>"
        for name, clip in stems.items()
    )
    count = f"{len(stems)} stem{'s' if len(stems) != 1 else ''}"
    return f'<details class="sg-stems"><summary>{count}</summary>{rows}</details>'


def artifact(made: Artifact) -> str:
    """Return a file that is not a sound: its picture, or a link."""
    path = made.path.replace("\\", "/").rsplit("/", 1)[-1]
    suffix = "." + path.rsplit(".", 1)[-1] if "." in path else ""
    name = made.title or path
    name = name if name.endswith(suffix) else name + suffix
    link = _link(made.id, name, name, made.kind)
    if made.kind == "picture" and made.path.endswith(".svg"):
        says = escape(name, quote=True)
        return f'<figure class="sg-picture"><img loading="lazy" src="{source(made.id)}" alt="{says}">{link}</figure>'
    return f'<div class="sg-file"><span>{_KINDS.get(made.kind, escape(made.kind))}</span>{link}</div>'


def tracks(items: list[dict[str, Any]], total: int) -> str:
    """Return a list of tracks that were found, numbered as people will name them."""
    rows = []
    for number, item in enumerate(items, start=1):
        title = item.get("title") or item["id"]
        artist = item.get("artist") or ""
        facts = [
            item.get("genre"),
            _bpm(item.get("bpm")),
            item.get("key"),
            item.get("year"),
            clock(item.get("duration_s")),
        ]
        known = " · ".join(str(fact) for fact in facts if fact)
        reasons = "; ".join(item.get("reasons", []))
        opinions = (
            carry(item["id"], title, "+")
            + say(f"more like “{title}”", "≈", f"More like {title}", "sg-opinion")
            + say(f"I like “{title}”", "♥", f"I like {title}", "sg-opinion")
            + say(f"not “{title}”", "✕", f"Not {title}", "sg-opinion")
        )
        by = f" <i>{escape(artist)}</i>" if artist else ""
        rows.append(
            f'<li value="{number}"><span class="sg-number" aria-hidden="true">{number}</span>'
            f'{preview(item["id"], title)}<div class="sg-track"><b>{escape(title)}</b>{by}'
            f'<span class="sg-facts">{escape(known)}</span><small>{escape(reasons)}</small></div>'
            f'<span class="sg-opinions">{opinions}</span></li>'
        )
    more = f'<p class="sg-quiet">{total - len(items)} more fit: say “show more”.</p>' if total > len(items) else ""
    return f'<ol class="sg-tracks">{"".join(rows)}</ol>{more}'


def _bpm(value: float | None) -> str:
    return f"{value:.0f} bpm" if value else ""
