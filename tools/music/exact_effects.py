"""Effects by words and by named parameters, on the whole or on one stem."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.errors import CannotDo
from segue.tools.music import exact
from segue.tools.music.exact import Material, Say
from segue.tools.music.exact_sound import Desk, Done, extracted, recording
from segue.tools.sound import effects, effects_words
from segue.tools.sound.effects import Stage


def affected(
    material: Material, description: str, desk: Desk, settings: Sequence[Stage] = (), stem: str | None = None
) -> Done:
    """Change the sound as words describe it, with ``settings`` laid over what they were read as.

    The parameters chosen are in what was measured, in the form in which they can be given back changed.
    """
    stages, heard = chosen(description, settings, desk.say)
    if stem is not None:
        made, measured = _on_stem(material, stem, stages, desk)
    else:
        if material.stems and not effects.keeps_stems(stages):
            desk.say("Distortion works on the whole mix only, so the result has no separate parts any more.")
            material = exact.without_stems(material, material.wave)
        made, measured = exact.processed(material, stages, desk.say, desk.check)
    how = "; ".join(heard) or ", ".join(dict.fromkeys(stage.kind for stage in stages))
    return Done(made, how, {"stages": [stage.as_json() for stage in stages], **measured})


def chosen(description: str, settings: Sequence[Stage], say: Say) -> tuple[list[Stage], list[str]]:
    """Return the stages that words and settings ask for, and what the words were heard as.

    Raises
    ------
    CannotDo : they say nothing of a sound.
    InvalidArgument : a stage has no such parameter.
    """
    reading = effects_words.read(description)
    for word, taken in reading.guessed.items():
        say(f"'{word}' was read as '{taken}'.")
    if not reading.stages and not settings:
        raise CannotDo(
            f"'{description}' is not a sound that I know how to make.",
            f"I know {', '.join(effects_words.known_sounds())}, each also 'a bit' or 'much'.",
        )
    if reading.unknown:
        say(f"Not understood and left out: {', '.join(reading.unknown)}.")
    return effects.with_settings(reading.stages, settings), reading.heard


def _on_stem(material: Material, stem: str, stages: Sequence[Stage], desk: Desk) -> tuple[Material, Mapping[str, Any]]:
    """Send one stem through stages and leave all others as they are."""
    if not material.stems:
        taken, measured = extracted(material, [stem], desk, "what went through the effect holds other instruments")
        changed, _, levels = effects.apply(stages, taken.stem, check=desk.check)
        # What is added is the difference, so that where the effect does nothing not a sample changes.
        samples = material.wave.samples + (changed.samples - taken.stem.samples)
        made = recording(Waveform(np.asarray(samples, dtype=np.float32), material.sample_rate), desk)
        return made, {**measured, **levels}
    names = exact.find_parts(material, stem)
    stems, levels = dict(material.stems), {}
    for name in names:
        changed, _, levels = effects.apply(stages, material.stems[name], check=desk.check)
        stems[name] = changed
    fitted, down = exact.fitted({name: stems[name] for name in names}, desk.say)
    if down:
        raise CannotDo(f"{stem} would clip on its own with this.", "Ask for less of it, or make the part softer first.")
    made = exact.summed({**stems, **fitted}, material.score, material.mix, desk.say)
    return made, {"parts": names, **levels}
