"""ACE-Step 1.5 behind the job protocol, through diffusers' pipeline: ``segue serve-tools acestep``.

Text, lyrics, tempo, key and meter to stereo at 48 kHz. The project's own server does more (repaint, cover,
tracks); this is for whoever has diffusers and no other server.
"""

from typing import Any

from segue.tools.core.jobs import JobRequest
from segue.tools.core.models import Model, Options
from segue.tools.core.settings import Settings
from segue.tools.sound import diffusion

EXTRA = "transformers"


def _texts(request: JobRequest) -> dict[str, str]:
    text = request.text
    words = [text.prompt, *text.tags]
    if request.music.instruments:
        words.append("with " + ", ".join(request.music.instruments))
    lyrics, section = [], ""
    for line in text.lyrics:
        if line.section and line.section != section:
            lyrics.append(f"[{line.section}]")
        section = line.section
        lyrics.append(line.text)
    silent = "[Instrumental]" if text.instrumental or not lyrics else ""
    return {"prompt": ", ".join(filter(None, words)), "lyrics": silent or "\n".join(lyrics)}


def _more(request: JobRequest) -> dict[str, Any]:
    music = request.music
    found: dict[str, Any] = {"vocal_language": request.text.lang or "en"}
    if music.bpm:
        found["bpm"] = round(music.bpm)
    if music.key:
        found["keyscale"] = music.key
    if music.meter:
        found["timesignature"] = music.meter.partition("/")[0]
    return found


KIND = diffusion.Kind(
    name="acestep",
    pipeline="AceStepPipeline",
    weights="ACE-Step/acestep-v15-turbo-diffusers",
    licence="weights MIT",
    commercial=True,
    length="audio_duration",
    rate=lambda pipe: int(pipe.sample_rate),
    steps=8,
    cfg=7.0,
    default_s=60.0,
    longest_s=600.0,
    exact=True,
    tokenizers=("tokenizer",),
    honours={
        "text.tags": "as words of the prompt",
        "text.lyrics": "sung, by sections; their times are its own",
        "text.lang": "",
        "text.instrumental": "",
        "music.bpm": "rounded to a whole number",
        "music.key": "",
        "music.meter": "its upper number",
        "music.instruments": "as words of the prompt",
    },
    in_words=False,
    texts=_texts,
    more=_more,
)


def load_model(settings: Settings, options: Options) -> Model:
    """Return the model, ready to run.

    Raises
    ------
    BackendUnavailable, ConfigError : the weights or the device cannot be had.
    """
    return diffusion.load(KIND, options)
