"""MT3's family (Gardner et al. 2022) behind the job protocol, as MR-MT3 (Tan et al. 2024): ``segue serve-tools mt3``.

A recording in, the notes of all its instruments out as MIDI, a part an instrument; beats are half seconds (120 bpm), times
as heard. Network, spectrogram and vocabulary are those of the package mt3-infer; weights are read without running
anything pickled with them. The package's other models (YourMT3, MT3-PyTorch) are read by unpickling and left out.
"""
# ruff: noqa: ANN401 - what torch and the package pass round has no types here

import importlib.util
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.instruments import is_meant_by, of_program
from segue.tools.core.jobs import ModelInfo
from segue.tools.core.models import Job, Model, Options, Output, Row
from segue.tools.core.score import Note, Part, Score, TempoMark
from segue.tools.core.settings import Settings
from segue.tools.sound.delivery import blob_of
from segue.tools.sound.torch_rows import device_of, weights_of

LICENCE = "code MIT; the weights' licence is on their card"
_INSTALL = "pip install 'segue-music[transformers]' && pip install --no-deps mt3-infer==0.2.0 einops torchaudio==2.11.0"
_WEIGHTS = "gudgud1014/MR-MT3"
_HONOURS = {
    "audio.src": "mono at 16,000 Hz",
    "edit.track": "the instruments of that kind among those heard",
}
_RATE = 16_000
_FRAME, _SEGMENT = 128, 128 * 256  # samples
_BEATS = 2.0  # a second
_HEAD = 64  # width of an attention head
_SHORTEST = 0.02  # beats
_TOKENS = 1024  # of a segment of 2 s, at most


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run; ``options.batch`` segments of two seconds are heard at once.

    Raises
    ------
    BackendUnavailable, ConfigError : the package, the weights or the device cannot be had.
    """
    if not importlib.util.find_spec("mt3_infer"):
        raise BackendUnavailable("mt3-infer is not installed.", f"Run: {_INSTALL}.")
    name, device = weights_of(options.weights, _WEIGHTS), device_of(options.device)
    try:
        ears = _ears(_state(name), device)
    except Exception as error:  # the hub's client, torch and its unpickler raise errors of many families
        raise BackendUnavailable(
            f"The weights {name} cannot be loaded ({type(error).__name__}: {error}).",
            "Name the file that holds them (mt3.pth), or let it be fetched from huggingface.co.",
        ) from error
    running, size = threading.Lock(), options.batch or 8

    def run(job: Job) -> dict[str, Output]:
        sound = blob_of(Row(job, 0, 0), job.request.audio.src, "audio.src").resampled(_RATE).mono()
        with running:
            heard = _notes(ears, sound, size, job)
        return {"0/midi": Output(_midi(heard, job), "audio/midi")}

    info = ModelInfo(
        name="mt3", tasks=["transcribe"], outputs=["midi"], licence=LICENCE, revision=name, honours=_HONOURS
    )  # fmt: skip
    return Model(info, run)


def _state(name: str) -> Mapping[str, Any]:
    """Return the weights of a file, or of the hub's, by name."""
    import torch

    path = Path(name).expanduser()
    if path.is_dir():
        path = path / "mt3.pth"
    if not path.is_file():
        from huggingface_hub import hf_hub_download

        path = Path(hf_hub_download(name, "mt3.pth"))
    state: Mapping[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _ears(state: Mapping[str, Any], device: str) -> Any:
    """Return the package's adapter with its network, of the size that the weights have."""
    from mt3_infer.adapters.mr_mt3 import MRMT3Adapter
    from mt3_infer.adapters.vocab_utils import build_codec
    from mt3_infer.models.mr_mt3.t5 import T5ForConditionalGeneration, T5Stack
    from transformers import T5Config

    def layers(stack: str) -> int:
        return len({name.split(".")[2] for name in state if name.startswith(f"{stack}.block.")})

    inner = {name.rsplit(".", 2)[-2]: value.shape[0] for name, value in state.items() if ".block.0." in name}
    if not hasattr(T5Stack, "get_extended_attention_mask"):  # transformers 5 has no such methods any more
        T5Stack.get_extended_attention_mask = _causal
        T5Stack.invert_attention_mask = lambda stack, mask: None  # a segment is heard whole
    ears = MRMT3Adapter()
    config = ears.model_config | {
        "num_layers": layers("encoder"),
        "num_decoder_layers": layers("decoder"),
        "num_heads": inner["q"] // _HEAD,
        "d_ff": inner["wi_0"],
    }
    network = T5ForConditionalGeneration(T5Config.from_dict(config))
    wanting = network.load_state_dict(state, strict=False).missing_keys
    if wanting := [name for name in wanting if not name.endswith("inv_freq")]:
        raise ValueError(f"it has no {wanting[0]}")
    ears.model, ears.device_str, ears.codec = network.to(device).eval(), device, build_codec(num_velocity_bins=1)
    return ears


def _causal(stack: Any, mask: Any, shape: Sequence[int]) -> Any:
    """Return what is added to attention: nothing in the encoder; in the decoder no token sees what follows it."""
    import torch

    if not stack.is_decoder:
        return None
    least = torch.finfo(stack.dtype).min
    return torch.full((shape[1], shape[1]), least, dtype=stack.dtype, device=mask.device).triu(1)[None, None]


def _notes(ears: Any, sound: Any, size: int, job: Job) -> list[Any]:
    """Return the notes that the network hears, as the package has them: times in seconds, program, drum or not."""
    from mt3_infer.adapters.vocab_utils import decode_and_combine_predictions
    from mt3_infer.exceptions import InferenceError

    found = []
    starts = range(0, max(1, len(sound)), size * _SEGMENT)
    for number, start in enumerate(starts):
        job.progress(number, len(starts), "listening")
        piece = np.asarray(sound[start : start + size * _SEGMENT], dtype=np.float32)
        features = ears.preprocess(np.pad(piece, (0, max(0, _FRAME - len(piece)))), _RATE)
        with _counted(ears.model, job, number, len(starts)):
            try:
                made = ears.forward(features)
            except InferenceError as error:  # around what was raised in it: a cancellation, want of memory
                raise error.__cause__ or error from None
        for tokens, times in zip(made["tokens"], made["frame_times"], strict=True):
            found.append({"est_tokens": tokens[tokens >= 0], "start_time": start / _RATE + float(times[0])})
    notes, wrong, _ = decode_and_combine_predictions(found, ears.codec)
    if wrong:
        job.say(f"{wrong} of the model's tokens made no sense and were left out.")
    return list(notes.notes)


@contextmanager
def _counted(network: Any, job: Job, number: int, count: int) -> Iterator[None]:
    """Report progress at every step of the decoder, and stop there when the job was cancelled."""
    steps = 0

    def stepped(*_: Any) -> None:
        nonlocal steps
        job.progress(number + min(steps / _TOKENS, 1.0), count, "listening")
        steps += 1

    hook = network.decoder.register_forward_pre_hook(stepped)
    try:
        yield
    finally:
        hook.remove()


def _midi(heard: Sequence[Any], job: Job) -> bytes:
    """Return the notes as a MIDI file, a part an instrument; nothing where none was heard."""
    from segue.tools.music.notation import midi_bytes

    track = job.request.edit.track
    wanted = [note for note in heard if _is_of(note, track)] if track else list(heard)
    if track and not wanted:
        job.say(f"It heard no '{track}': every note is written down.")
        wanted = list(heard)
    if not wanted:
        return b""

    def player(note: Any) -> tuple[bool, int]:
        return note.is_drum, 0 if note.is_drum else note.program

    parts = []
    for (is_drum, program), notes in groupby(sorted(wanted, key=player), player):
        of = of_program(program, is_drum)
        written = [
            Note(
                start=note.start_time * _BEATS,
                duration=max(_SHORTEST, (note.end_time - note.start_time) * _BEATS),
                pitch=note.pitch,
                velocity=max(1, min(127, note.velocity)),
            )
            for note in notes
        ]
        role = "drums" if is_drum else "other"
        parts.append(Part(name=of.name, role=role, stem=of.stem, program=program, is_drum=is_drum, notes=written))
    return midi_bytes(Score(parts=parts, tempo=[TempoMark(bpm=60 * _BEATS)]))


def _is_of(note: Any, track: str) -> bool:
    return is_meant_by(of_program(0 if note.is_drum else note.program, note.is_drum), track)
