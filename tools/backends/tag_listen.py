"""tag by listening: ``segue.tools.listen`` measures; scores and library tags are believed over the ear."""

from typing import Any

from segue.tools.core.base import Backend, Context, Runner, Value
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.settings import Settings
from segue.tools.listen.facts import Analysis
from segue.tools.tag import Args, Out, SectionTag

_TAGS, _LEAST_TAG = 8, 0.1  # of musicnn's, told
_RULED = 0.5  # confidence of axes, which follow rules of ours from sure measures
_SURE_TEMPO, _SURE_KEY, _SURE_METER = 0.15, 0.2, 0.2  # below these a value is as good as a guess


def _run(args: Args, context: Context) -> BaseOut:
    from segue.tools.listen.analyse import analyse

    piece = context.piece(args.clip)
    facts = analyse(context.store, piece, context.check, context.progress)
    for note in facts.notes:
        context.note(note)
    bpm_sure = facts.bpm_confidence if facts.bpm_confidence >= _SURE_TEMPO else 0.0
    key_sure = facts.key_confidence if facts.key_confidence >= _SURE_KEY else 0.0
    meter_sure = facts.meter_confidence if facts.meter_confidence >= _SURE_METER else 0.0
    sounds = bool(facts.axes) and not facts.silent
    felt = facts.valence is not None and not facts.silent
    return Out(
        bpm=Value[float](value=facts.bpm if bpm_sure else None, confidence=bpm_sure),
        key=Value[str](value=facts.key if key_sure else None, confidence=key_sure),
        meter=Value[str](value=facts.meter if meter_sure else None, confidence=meter_sure),
        mood=Value[list[str]](value=facts.moods or None, confidence=facts.moods_confidence if facts.moods else 0.0),
        genre=Value[str](value=facts.genre, confidence=facts.genre_confidence),
        instruments=Value[list[str]](
            value=facts.instruments or None, confidence=facts.instruments_confidence if facts.instruments else 0.0
        ),
        vocals=Value[bool](value=facts.vocals, confidence=facts.vocals_confidence),
        valence=Value[float](value=facts.valence, confidence=0.3 if felt else 0.0),
        arousal=Value[float](value=facts.arousal, confidence=0.4 if felt else 0.0),
        loudness=Value[float](value=facts.loudness_lufs if sounds else None, confidence=1.0 if sounds else 0.0),
        sections=Value[list[SectionTag]](
            value=[
                SectionTag(label=label, start_s=start, end_s=end, confidence=sure)
                for (label, start, end), sure in zip(facts.sections, facts.sections_sure, strict=True)
            ]
            if facts.sections_confidence
            else None,
            confidence=facts.sections_confidence,
        ),
        duration_s=facts.duration_s,
        **_more(facts),
    )


def _more(facts: Analysis) -> dict[str, Value[Any]]:
    """Return what stands beside the main values; each is left out where it is not known."""
    best = sorted(facts.tags.items(), key=lambda pair: -pair[1])[:_TAGS]
    found: dict[str, tuple[Any, float]] = {
        "tempo_alternatives": (facts.bpm_alternatives, facts.confidence("bpm_alternatives")),
        "tempo_stability": (facts.tempo_stability if facts.bpm else None, facts.confidence("tempo_stability")),
        "keys": ([{"key": key, "start_s": start} for start, key in facts.keys], facts.confidence("keys")),
        "tuning_cents": (facts.tuning_cents if facts.key else None, facts.tuning_confidence),
        "drums": (facts.drums, facts.drums_confidence),
        "replaygain": (facts.replaygain_db, facts.confidence("replaygain_db")),
        "dynamics": (facts.dynamics_db, facts.confidence("dynamics_db")),
        "percussiveness": (facts.percussiveness, facts.confidence("percussiveness")),
        "tags": ({name: p for name, p in best if p >= _LEAST_TAG}, facts.confidence("tags")),
    }
    if facts.axes and not facts.silent:
        found |= {"loudness_range": (facts.loudness_range_lu, 1.0), "true_peak": (facts.true_peak_db, 1.0)}
        found |= {axis: (facts.axes.get(axis), _RULED) for axis in ("energy", "danceability", "brightness")}
    return {name: Value(value=value, confidence=sure) for name, (value, sure) in found.items() if value not in (None, [], {})}  # fmt: skip


def _load(settings: Settings) -> Runner:
    return _run


BACKEND = Backend(
    tool="tag",
    name="listen",
    load=_load,
    licence="Apache-2.0; musicnn's weights ISC",
    heavy=True,
)
