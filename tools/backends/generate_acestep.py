"""generate by ACE-Step 1.5's own server: songs with sung lyrics, 10–600 s: ``servers = {acestep = "http://127.0.0.1:8001"}``."""

import secrets
from typing import Any

from segue.tools.backends import acestep_server
from segue.tools.backends.acestep_server import LONGEST_S, SHORTEST_S, AceStep
from segue.tools.backends.sound_sent import wav_bytes
from segue.tools.core.audio import Waveform
from segue.tools.core.base import Backend, Context, Runner
from segue.tools.core.errors import CannotDo
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.core.theory import parse_key
from segue.tools.generate import Args, Out
from segue.tools.sound.splice import fade_curve

_BPM = (30, 300)
_METERS = {"2/4": "2", "3/4": "3", "4/4": "4", "6/8": "6"}
_FADE_S = 0.05


def _ignores(args: Args) -> list[str]:
    given = {
        "the instruments to leave out": args.exclude, "the chords": args.chords, "the form": args.form, "the given melody": args.melody,
        "the piece to go on from": args.continue_from, "the piece to accompany": args.accompany, "the video": args.video,
        "the energy curve": args.energy, "looping without a seam": args.loop,
    }  # fmt: skip
    return [what for what, value in given.items() if value]


def _load(settings: Settings) -> Runner:
    server = AceStep(settings)

    def run(args: Args, context: Context) -> Out:
        seeds = [args.seed + n for n in range(args.takes)] if args.seed is not None else [secrets.randbelow(2**31) for _ in range(args.takes)]  # fmt: skip
        wanted = _seconds(args)
        style = context.wave(context.piece(args.style)) if args.style else None
        fields = _fields(args, seeds, wanted, context)
        takes = server.run(fields, context, {"reference_audio": wav_bytes(style)} if style else None)
        pieces = []
        for number, take in enumerate(takes[: args.takes]):
            wave = take.wave
            if wanted and wanted < SHORTEST_S and wave.duration_s > wanted:
                wave = _until(wave, wanted)
                context.note(
                    f"ACE-Step makes no less than {SHORTEST_S:.0f} s: what comes after {wanted:g} s was cut off."
                )
            seed = take.seed if take.seed is not None else seeds[number]
            pieces.append(context.add_piece((args.prompt or args.genre or "A new piece")[:60], wave=wave, seed=seed))
        if len(pieces) < args.takes:
            context.note(f"ACE-Step gave {len(pieces)} takes, and not {args.takes}.")
        return Out(pieces=pieces)

    return run


def _seconds(args: Args) -> float | None:
    """Return the length that is asked for, by seconds or by bars at a tempo."""
    if args.duration_s or not (args.bars and args.bpm):
        return args.duration_s
    return args.bars * Score(meter=args.meter or "4/4").beats_per_bar * 60 / args.bpm


def _fields(args: Args, seeds: list[int], seconds: float | None, context: Context) -> dict[str, Any]:
    """Return the fields of ``/release_task``; what they cannot say exactly is told."""
    words = [
        args.prompt,
        args.genre or "",
        *args.mood,
        f"with {', '.join(args.instruments)}" if args.instruments else "",
    ]
    fields: dict[str, Any] = {
        "task_type": "text2music", "prompt": ", ".join(word for word in words if word),
        "lyrics": args.lyrics or "[Instrumental]", "batch_size": len(seeds), "use_random_seed": False,
        "seed": ",".join(map(str, seeds)), "audio_format": "flac",
    }  # fmt: skip
    if args.bpm:
        fields["bpm"] = min(_BPM[1], max(_BPM[0], round(args.bpm)))
        if fields["bpm"] != args.bpm:
            context.note(
                f"ACE-Step was asked for {fields['bpm']} bpm: it takes whole numbers from {_BPM[0]} to {_BPM[1]}."
            )
    elif args.bars:
        context.note("ACE-Step counts seconds, not bars: give a tempo or a length as well.")
    if args.key:
        key = parse_key(args.key)
        fields["key_scale"] = f"{str(key).split()[0]} {'minor' if key.is_minor else 'Major'}"
        if key.mode not in ("major", "minor"):
            context.note(f"ACE-Step knows major and minor only: {args.key} was asked for as {fields['key_scale']}.")
    if args.meter:
        if args.meter in _METERS:
            fields["time_signature"] = _METERS[args.meter]
        else:
            context.note(f"ACE-Step knows no {args.meter}; the meter was left to it.")
    if seconds:
        if seconds > LONGEST_S:
            raise CannotDo(f"ACE-Step makes at most {LONGEST_S:.0f} s.", "Ask for less, or for parts to join.")
        fields["audio_duration"] = max(SHORTEST_S, round(seconds, 2))
    return fields


def _until(wave: Waveform, seconds: float) -> Waveform:
    """Return the beginning of a sound, faded out over its last moment."""
    samples = wave.samples[:, : round(seconds * wave.sample_rate)]
    curve = fade_curve(samples.shape[1], wave.sample_rate, 0, _FADE_S)
    return Waveform(samples * curve, wave.sample_rate)


BACKEND = Backend(
    tool="generate",
    name="acestep",
    load=_load,
    kind="served",
    server=acestep_server.SETTING,
    licence=acestep_server.LICENCE,
    unavailable=acestep_server.unavailable,
    ignores=_ignores,
)
