"""tag by listening: ``segue.tools.listen`` measures; scores and library tags are believed over the ear."""

from segue.tools.core.base import Backend, Context, Runner, Value
from segue.tools.core.base import Out as BaseOut
from segue.tools.core.settings import Settings
from segue.tools.tag import Args, Out, SectionTag

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
        loudness=Value[float](value=facts.loudness_lufs if facts.axes else None, confidence=1.0 if facts.axes else 0.0),
        sections=Value[list[SectionTag]](
            value=[SectionTag(label=label, start_s=start, end_s=end) for label, start, end in facts.sections] or None,
            confidence=facts.sections_confidence,
        ),
        duration_s=facts.duration_s,
    )


def _load(settings: Settings) -> Runner:
    return _run


BACKEND = Backend(
    tool="tag",
    name="listen",
    load=_load,
    licence="Apache-2.0; musicnn's weights ISC",
    heavy=True,
)
