"""edit recordings by ACE-Step 1.5's own server: bars written anew (repaint), another style (cover).

Only what was named changes: of what the server sends back for bars, those bars are taken and put into the recording, which stays
as it was everywhere else, to the sample.
"""

import secrets
from typing import TYPE_CHECKING

from segue.tools import edit as ops
from segue.tools.backends import acestep_server
from segue.tools.backends.acestep_server import LONGEST_S, AceStep
from segue.tools.backends.edit_titles import titled
from segue.tools.backends.sound_sent import wav_bytes
from segue.tools.core.base import Backend, Context, Runner
from segue.tools.core.errors import CannotDo, NotFound
from segue.tools.core.piece import Piece
from segue.tools.core.settings import Settings

if TYPE_CHECKING:
    from segue.tools.core.audio import Waveform
    from segue.tools.listen.facts import Analysis

_CAN = ("regenerate", "restyle")
_KEEPS_TUNE = 0.6  # audio_cover_strength: 1 stays with the source, 0.2 takes only its style (API.md)


def _ignores(args: ops.Args) -> list[str]:
    found: list[str] = [operation.op for operation in args.operations if operation.op not in _CAN]
    for operation in args.operations:
        locked = [*getattr(operation, "keep", []), *getattr(operation, "parts", [])]
        found += [f"which parts are meant ({', '.join(locked)})"] if operation.op in _CAN and locked else []
    return found


def _load(settings: Settings) -> Runner:
    server = AceStep(settings)

    def run(args: ops.Args, context: Context) -> ops.Out:
        piece = context.piece(args.clip)
        _check(args, piece, context)
        facts = _facts(piece, context)
        wave, labels, details, seed = context.wave(piece), [], [], 0
        if wave.duration_s > LONGEST_S:
            raise CannotDo(f"ACE-Step takes at most {LONGEST_S:.0f} s.", "Trim it first.")
        for number, operation in enumerate(args.operations):
            seed = operation.seed if operation.seed is not None else secrets.randbelow(2**31)  # type: ignore[union-attr]
            fields = {"batch_size": 1, "use_random_seed": False, "seed": seed, "audio_format": "flac", "lyrics": ""}
            if isinstance(operation, ops.Regenerate):
                start, end = _span(operation, facts, wave.duration_s)
                fields |= {"task_type": "repaint", "prompt": operation.prompt or "", "repainting_start": round(start, 3), "repainting_end": round(end, 3)}  # fmt: skip
                [take, *_] = server.run(fields, context, {"src_audio": wav_bytes(wave)}, f"edit {number}")
                wave = _put_back(wave, take.wave, start, end, context)
                labels.append("new bars")
                detail = {"start_s": round(start, 3), "end_s": round(end, 3)}
            else:
                assert isinstance(operation, ops.Restyle)
                fields |= {"task_type": "cover", "prompt": operation.prompt, "audio_cover_strength": _KEEPS_TUNE}
                [take, *_] = server.run(fields, context, {"src_audio": wav_bytes(wave)}, f"edit {number}")
                wave = take.wave
                labels.append(operation.prompt)
                detail = {"strength": _KEEPS_TUNE}
                context.note(
                    "A cover by ACE-Step is a new recording after the old one: nothing in it is the old one's sound."
                )
            details.append({"op": operation.op, "how": f"{take.model}, {fields['task_type']}", "seed": seed, **detail})
        made = context.add_piece(titled(piece.title, labels), wave=wave, parents=[piece], seed=seed)
        return ops.Out(piece=made, details=details)

    return run


def _check(args: ops.Args, piece: Piece, context: Context) -> None:
    """Refuse what the embedded engine does better, or alone."""
    if others := [operation.op for operation in args.operations if operation.op not in _CAN]:
        raise CannotDo(f"ACE-Step cannot {others[0]}.", "Leave that to the embedded engine.")
    if context.score(piece) is not None and piece.stems:
        raise CannotDo(f"The notes of '{piece.title}' are known, so that its bars are written anew exactly.")


def _facts(piece: Piece, context: Context) -> "Analysis":
    from segue.tools.listen.analyse import analyse

    return analyse(context.store, piece, context.check, lambda done, total, label: context.progress(0.02 * done / total, 1.0, label))  # fmt: skip


def _span(operation: ops.Regenerate, facts: "Analysis", length_s: float) -> tuple[float, float]:
    """Return the seconds that are meant by bars or by a section, as they are heard.

    Raises
    ------
    CannotDo : no bars are heard, or none were named.
    NotFound : bars or a section that are not there.
    """
    if operation.section:
        wanted = operation.section.lower().removeprefix("the ").strip()
        found = [(start, end) for label, start, end in facts.sections if label.lower().startswith(wanted)]
        if not found:
            names = ", ".join(dict.fromkeys(label for label, _, _ in facts.sections)) or "none"
            raise NotFound(f"No section '{operation.section}' is heard.", f"Heard are: {names}.")
        return found[0]
    if operation.start_bar is None and operation.end_bar is None:
        raise CannotDo(
            "Which bars of the recording are to be written anew?", "Name bars or a section, or ask for another style."
        )
    lines = [*facts.downbeats]
    if len(lines) < 2:
        raise CannotDo("No bars of this recording are heard clearly enough.", "Trim by seconds, and work on that.")
    lines.append(min(length_s, lines[-1] + (lines[-1] - lines[0]) / (len(lines) - 1)))
    first = operation.start_bar or 1
    last = operation.end_bar or first
    if last >= len(lines):
        raise NotFound(f"Bar {last} is not there: {len(lines) - 1} bars are heard.", "Name bars that are there.")
    return lines[first - 1], lines[last]


def _put_back(whole: "Waveform", changed: "Waveform", start_s: float, end_s: float, context: Context) -> "Waveform":
    """Return the recording with a span of what came back in its place."""
    from segue.tools.core.audio import Waveform
    from segue.tools.music import exact_span
    from segue.tools.music.exact import Material

    rate = whole.sample_rate
    start, stop = round(start_s * rate), min(whole.frames, round(end_s * rate))
    inside = changed.resampled(rate).with_channels(whole.channels).samples[:, start:stop]
    if inside.shape[1] < stop - start:
        raise CannotDo("ACE-Step sent back less than it was given.", "Try again, or name other bars.")
    made = exact_span.put_back(Material(whole), Material(Waveform(inside, rate)), start, stop, context.note)
    return made.wave


BACKEND = Backend(
    tool="edit",
    name="acestep",
    load=_load,
    kind="served",
    server=acestep_server.SETTING,
    licence=acestep_server.LICENCE,
    unavailable=acestep_server.unavailable,
    ignores=_ignores,
    heavy=True,
)
