"""``transcribe`` with notes that a model server hears: set ``servers = {transcribe = "http://…"}``.

The server hears the notes; tempo, beats, chords and sections are measured here, and all is written down here as ever. What
has a score of its own is written down from that, and no server is asked.
"""

import io
from collections.abc import Callable

import soundfile

from segue.tools.backends.served_models import Served, Wish, output, read_bytes, unavailable
from segue.tools.backends.transcribe_basicpitch import transcribed
from segue.tools.core.audio import Waveform
from segue.tools.core.base import Backend, Context, Runner
from segue.tools.core.jobs import AudioWish, EditWish, JobRequest, ModelInfo, Task
from segue.tools.core.settings import Settings
from segue.tools.listen.notes import Heard
from segue.tools.transcribe import Args, Out

_TASKS: tuple[Task, ...] = ("transcribe",)
_WORDS = ("lyrics", "lrc")
_SOUND = "sound"


def _load(settings: Settings) -> Runner:
    served = Served("transcribe", settings)

    def run(args: Args, context: Context) -> Out:
        def ears(
            wave: Waveform, aim: str | None, check: Callable[[], None], progress: Callable[[float], None]
        ) -> list[Heard]:
            return _heard(wave, aim, served, context)

        return transcribed(args, context, ears)

    return run


def _heard(wave: Waveform, aim: str | None, served: Served, context: Context) -> list[Heard]:
    """Return the notes that a served model hears."""
    from segue.tools.music.notation import read_midi

    file = io.BytesIO()
    soundfile.write(file, wave.samples.T, wave.sample_rate, format="FLAC")

    def asking(model: ModelInfo) -> Wish:
        request = JobRequest(
            task="transcribe",
            model=model.name,
            outputs=["midi"],
            audio=AudioWish(src=_SOUND),
            edit=EditWish(track=aim),
        )
        return Wish(request, {_SOUND: file.getvalue()})

    job, offer = served.run(_TASKS, asking, context)
    data = output(job, "0/midi", offer.model)
    context.note(f"The notes are what {offer.model.name} hears; the rest was measured here.")
    if not data:
        return []
    score = read_bytes(data, "heard.mid", read_midi)
    clock = score.clock()
    found = [
        Heard(
            max(0.0, clock.seconds(note.start) + note.shift_s),
            clock.seconds(note.end) + note.shift_s,
            note.pitch,
            note.velocity / 127,
        )
        for part in score.parts
        if not part.is_drum
        for note in part.notes
    ]
    return sorted(found, key=lambda note: (note.start, note.pitch))


BACKEND = Backend(
    "transcribe",
    "remote",
    _load,
    kind="served",
    server="transcribe",
    licence="as the server says of each model",
    unavailable=unavailable("transcribe", "basicpitch"),
    ignores=lambda args: [kind for kind in args.to if kind in _WORDS],
    says_so=True,
    heavy=True,
)
