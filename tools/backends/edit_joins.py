"""Joining and mixing as asked: matched in tempo and key, cross-faded on the beat, even in level, else just as they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from segue.tools import edit as ops
from segue.tools.listen.facts import Analysis
from segue.tools.music import exact_match, exact_sound
from segue.tools.music.exact import Material
from segue.tools.music.exact_match import Heard
from segue.tools.music.exact_sound import Desk, Done
from segue.tools.sound import dynamics

_MATCHED = 0.3  # confidence from which a tempo or a key is matched at all
_SURE = 0.5  # and from which bar lines are met


@dataclass(frozen=True)
class Voice:
    """One of the sounds that come together; ``facts`` listens to it, which takes a while."""

    title: str
    material: Material
    facts: Callable[[], Analysis]

    def heard(self) -> Heard:
        """Return what is heard of it surely enough."""
        return sure(self.facts())


def sure(facts: Analysis) -> Heard:
    """Return what of a sound's analysis is heard surely enough to match by."""
    tempo = facts.bpm if facts.bpm_confidence >= _MATCHED else None
    key = facts.key if facts.key_confidence >= _MATCHED else None
    lines = facts.downbeats if min(facts.bpm_confidence, facts.meter_confidence) >= _SURE else []
    return Heard(tempo, key, lines, facts.beats if tempo else [])


def joined(voices: Sequence[Voice], op: ops.Concat, desk: Desk) -> Done:
    """Put sounds behind one another; see ``edit.Concat``."""
    if not op.match and not op.crossfade_s:
        return exact_sound.joined([voice.material for voice in voices], desk)
    first = voices[0].heard()
    fitted = [_fit(voice, first, op.match, desk) for voice in voices[1:]]
    matched = [done for _, _, done in fitted if done]
    if not op.crossfade_s:
        done = exact_sound.joined([voices[0].material, *(material for material, _, _ in fitted)], desk)
        return Done(done.material, "matched, one behind the other", {**done.measured, "matched": matched})
    material, heard, joins = voices[0].material, first, []
    for other, theirs, _ in fitted:
        done, heard = exact_match.crossfaded(material, other, heard, theirs, op.crossfade_s, desk)
        material = done.material
        joins.append(dict(done.measured))
    return Done(material, "cross-faded", {"joins": joins, "matched": matched})


def mixed(voices: Sequence[Voice], op: ops.Mix, desk: Desk) -> Done:
    """Lay sounds over one another; see ``edit.Mix``."""
    if not op.match and not op.even:
        return exact_sound.mixed([voice.material for voice in voices], op.gains_db, desk)
    measured: dict[str, Any] = {}
    materials = [voice.material for voice in voices]
    if op.match:
        first = voices[0].heard()
        fitted = [_fit(voice, first, op.match, desk) for voice in voices[1:]]
        materials[1:] = [material for material, _, _ in fitted]
        measured["matched"] = [done for _, _, done in fitted if done]
        others = [(voice.title, heard) for voice, (_, heard, _) in zip(voices[1:], fitted, strict=True)]
        exact_match.say_clashes(first, others, desk.say)
    if op.even:
        level = dynamics.loudness_lufs(materials[0].wave)
        evened = [
            exact_match.evened(one, level, v.title, desk) for one, v in zip(materials[1:], voices[1:], strict=True)
        ]
        materials[1:] = [material for material, _ in evened]
        measured["evened_db"] = [gain for _, gain in evened]
    done = exact_sound.mixed(materials, op.gains_db, desk)
    return Done(done.material, done.how, {**done.measured, **measured})


def _fit(voice: Voice, first: Heard, match: Sequence[str], desk: Desk) -> tuple[Material, Heard, dict[str, Any]]:
    return exact_match.matched(voice.material, voice.heard(), first, match, voice.title, desk)
