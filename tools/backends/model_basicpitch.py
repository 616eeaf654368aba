"""Basic Pitch (Bittner et al. 2022) behind the job protocol: ``segue serve-tools basicpitch``.

A recording in, its notes out as MIDI whose beats are half seconds (120 bpm): times as heard, on no grid. It needs no
torch and no GPU; served, a strong machine listens for many weak ones.
"""

from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.jobs import JobRequest, ModelInfo
from segue.tools.core.models import Job, Model, Options, Output, Row
from segue.tools.core.score import Note, Part, Score, TempoMark
from segue.tools.core.settings import Settings
from segue.tools.listen.notes import PROFILES, Heard, model_path, transcribe_wave
from segue.tools.sound.delivery import blob_of

_HONOURS = {
    "audio.src": "mono at 22,050 Hz",
    "edit.track": "thresholds and range of such a part, through the whole mix",
}
_BPM = 120.0


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable : its package is not installed.
    """
    if model_path() is None:
        raise BackendUnavailable("Basic Pitch's weights are not installed.", "Run: segue doctor --fix.")
    info = ModelInfo(
        name="basicpitch", tasks=["transcribe"], outputs=["midi"], licence="Apache-2.0", honours=_HONOURS, revision="icassp_2022"
    )  # fmt: skip
    return Model(info, _run)


def _run(job: Job) -> dict[str, Output]:
    request: JobRequest = job.request
    wave = blob_of(Row(job, 0, 0), request.audio.src, "audio.src")
    track = request.edit.track
    if track and track not in PROFILES:
        job.say(f"It knows no part '{track}': every pitched note is written down.")

    def check() -> None:
        job.progress(job.status.done, job.status.total, "listening")

    notes = transcribe_wave(wave, track, check, lambda done: job.progress(done, 1.0, "listening"))
    return {"0/midi": Output(_midi(notes), "audio/midi")}


def _midi(heard: list[Heard]) -> bytes:
    """Return the notes as a MIDI file; nothing where none was heard."""
    from segue.tools.music.notation import midi_bytes

    if not heard:
        return b""
    beats = _BPM / 60
    notes = [
        Note(
            start=note.start * beats,
            duration=max(1e-3, (note.end - note.start) * beats),
            pitch=note.pitch,
            velocity=max(1, min(127, round(127 * note.strength))),
        )
        for note in heard
    ]
    return midi_bytes(Score(parts=[Part(name="notes", role="melody", notes=notes)], tempo=[TempoMark(bpm=_BPM)]))
