"""The embedded editor: exact on pieces whose stems are known, honest signal processing on recordings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from segue.tools import edit as ops
from segue.tools.backends.edit_titles import clock_time, listed, titled
from segue.tools.core.base import Backend, Context, Ref, Runner
from segue.tools.core.errors import CannotDo, InvalidArgument
from segue.tools.core.settings import Settings

if TYPE_CHECKING:
    from segue.tools.backends.edit_joins import Voice
    from segue.tools.core.audio import Samples, Waveform
    from segue.tools.core.piece import Clip, Piece
    from segue.tools.core.score import Score
    from segue.tools.listen.facts import Analysis
    from segue.tools.music.exact import Material
    from segue.tools.music.exact_sound import Done

# What each operation on notes is called where there are none.
_NEEDS_NOTES = {"replace": "Playing a part on another instrument", "regenerate": "Writing bars anew",
                "restyle": "Playing it in another style", "chords": "Changing chords", "mode": "Changing the mode",
                "meter": "Changing the meter", "feel": "Changing how it is played", "ending": "Another ending",
                "lyrics": "Setting words", "extend": "Counting bars"}  # fmt: skip
# Operations that take exactly the fields of a function of ``exact_revise``.
_BY_SCORE = {"replace": "replaced", "chords": "rechorded", "mode": "moded", "meter": "metred", "feel": "felt",
             "ending": "ended", "lyrics": "worded"}  # fmt: skip
_SURE = 0.5  # confidence from which bar lines are cut at


def _load(settings: Settings) -> Runner:
    import segue.tools.music.exact_sound  # noqa: F401 - so that the first edit does not wait for it

    def run(args: ops.Args, context: Context) -> ops.Out:
        from segue.tools.backends import edit_long

        piece = context.piece(args.clip)
        long = edit_long.suits(piece, args.operations, context)
        return edit_long.edited(piece, args, context) if long else _Editor(context, args).run()

    return run


BACKEND = Backend(tool="edit", name="dsp", load=_load, licence="Apache-2.0; python-stretch MIT", heavy=True)


@dataclass(frozen=True)
class _Result:
    """What one operation made, how (for ``Out.details``), and a few words for the title."""

    material: "Material"
    how: str
    label: str
    measured: Mapping[str, Any] = field(default_factory=dict)


def _labelled(done: "Done", label: str, **measured: Any) -> _Result:  # noqa: ANN401 - JSON values
    return _Result(done.material, done.how, label, {**measured, **done.measured})


class _Editor:
    """One edit: the operations in order, then one new piece."""

    def __init__(self, context: Context, args: ops.Args) -> None:
        from segue.tools.music.exact_sound import Desk

        self.context, self.args = context, args
        self.source = context.piece(args.clip)
        self.parents: list[Piece] = [self.source]
        # Sound that is in the store already: whoever keeps these very samples keeps the clip.
        self.clips: dict[int, tuple[Samples, Clip]] = {}
        self.at = 0
        self.made_args: dict[str, Any] | None = None  # where they are not those of the request
        self.material = self._open(self.source)
        self.desk = Desk(context.note, context.check, self._progress)

    def run(self) -> ops.Out:
        """Do the operations and keep the result."""
        labels, details = [], []
        for number, operation in enumerate(self.args.operations):
            self.at = number
            self._progress(0, 1, operation.op)
            done = self._in_span(operation)
            self.material = done.material
            labels.append(done.label)
            details.append({"op": operation.op, "how": done.how, **done.measured})
        self.context.check()
        made = self.material
        piece = self.context.add_piece(
            titled(self.source.title, labels),
            clip=self._kept(made.wave),
            score=made.score,
            stems={name: self._kept(stem) for name, stem in made.stems.items()},
            parents=self.parents,
            seed=made.score.seed if made.score else None,
            mix=dict(made.mix),
            made_args=self.made_args,
        )
        return ops.Out(piece=piece, details=details)

    def _in_span(self, operation: Any) -> _Result:  # noqa: ANN401 - one of the operations
        """Do an operation; where it names a span, on a copy of that, which is then put back."""
        work: Callable[[Any], _Result] = (
            partial(self._by_score, how=_BY_SCORE[operation.op])
            if operation.op in _BY_SCORE
            else getattr(self, f"_{operation.op}")
        )
        within = getattr(operation, "start_s", None), getattr(operation, "end_s", None)
        if operation.op == "trim" or within == (None, None):
            return work(operation)
        from segue.tools.music import exact, exact_span
        from segue.tools.sound import splice

        whole, rate = self.material, self.material.sample_rate
        start, stop = splice.span(whole.frames, rate, within[0] or 0.0, within[1])
        self.material = exact.cut(whole, start, stop, self._say)
        done = work(operation.model_copy(update={"start_s": None, "end_s": None}))
        made = exact_span.put_back(whole, done.material, start, stop, self._say)
        span = {"start_s": round(start / rate, 4), "end_s": round(stop / rate, 4)}
        label = f"{done.label} {clock_time(start / rate)}–{clock_time(stop / rate)}"
        return _Result(made, done.how, label, {**done.measured, **span})

    # -- material --------------------------------------------------------------------------------

    def _open(self, piece: "Piece") -> "Material":
        """Return what a piece is made of; a score without sound is played first."""
        from segue.tools.music.exact import Material

        score = self.context.score(piece)
        if piece.clip is None and score is not None:
            self._say(f"'{piece.title}' is a score without sound, so it was played first.")
            return self._played(score, None)
        if piece.kind == "track" and score is not None and not piece.stems:
            # A library track with a score was played from it (its stems are not kept, to spare room).
            return self._played(score, piece.duration_s)
        wave = self._sound(piece.clip) if piece.clip else self.context.wave(piece)
        stems = {name: self._sound(clip) for name, clip in piece.stems.items()}
        if not stems:
            return Material(wave, score=score)
        return Material(wave, stems, score, piece.mix)

    def _played(self, score: "Score", duration_s: float | None) -> "Material":
        from segue.tools.music.exact import Material
        from segue.tools.music.render import render

        made = render(score, self.context.settings, progress=self._progress, duration_s=duration_s)
        return Material(made.mix, made.stems, score, {**made.meta, "note": ""})

    def _sound(self, clip: "Clip") -> "Waveform":
        wave = self.context.store.wave(clip)
        self.clips[id(wave.samples)] = (wave.samples, clip)
        self.context.check()
        return wave

    def _kept(self, wave: "Waveform") -> "Clip":
        """Return the clip of a sound: the one it came from where it is unchanged, else a new one."""
        from segue.tools.core.audio import Waveform, quantised

        known = self.clips.get(id(wave.samples))
        if known and known[1].sample_rate == wave.sample_rate:
            return known[1]
        self.context.check()
        return self.context.store.add_wave(Waveform(quantised(wave.samples), wave.sample_rate))

    def _with_others(self, refs: Sequence[Ref]) -> list["Material"]:
        """Return our material and that of further clips (which become parents), all of one rate and channel count."""
        from segue.tools.music.exact import Material

        pieces = [self.context.piece(ref) for ref in refs]
        known = {piece.id for piece in self.parents}
        self.parents += [piece for piece in {p.id: p for p in pieces}.values() if piece.id not in known]
        found = [self.material, *(self._open(piece) for piece in pieces)]
        rate, channels = self.material.sample_rate, max(material.wave.channels for material in found)
        out = []
        for title, material in zip([self.source.title, *(piece.title for piece in pieces)], found, strict=True):
            if material.sample_rate != rate:
                self._say(f"'{title}' was resampled from {material.sample_rate} to {rate} Hz to match.")
            if (material.sample_rate, material.wave.channels) != (rate, channels):
                material = Material(material.wave.resampled(rate).with_channels(channels))
            out.append(material)
        return out

    def _say(self, text: str) -> None:
        self.context.note(text)

    def _progress(self, done: float, total: float, label: str) -> None:
        count = len(self.args.operations)
        self.context.progress(self.at + done / max(total, 1e-9), count, label)

    def _facts(self) -> "Analysis":
        """Return what is known or heard of the current version."""
        from segue.tools.listen.analyse import analyse, analyse_score, analyse_wave

        if self.material.score is not None:
            return analyse_score(self.material.score)
        known = self.clips.get(id(self.material.wave.samples))
        if known and known[1] == self.source.clip:
            return analyse(self.context.store, self.source, check=self.context.check, progress=self._progress)
        return analyse_wave(self.material.wave, check=self.context.check, progress=self._progress)

    def _bar_lines(self) -> list[float]:
        """Return where bars begin in seconds, where that is known well enough; else nothing."""
        if self.material.wave.duration_s < 4:
            return []
        facts = self._facts()
        sure = min(facts.bpm_confidence, facts.meter_confidence)
        return list(facts.downbeats) if sure >= _SURE else []

    def _no_recording(self, what: str) -> CannotDo:
        return CannotDo(
            f"{what} needs the notes of each part, and this is a recording.",
            "Transcribe it to notes first and edit those, or generate a new piece in its key and tempo.",
        )

    # -- stems -----------------------------------------------------------------------------------

    def _remove(self, op: ops.Remove) -> _Result:
        from segue.tools.music import exact, exact_sound

        label = f"without {listed(op.stems)}"
        if not self.material.stems:
            self._doubt_vocals(op.stems)
            return _labelled(exact_sound.removed(self.material, op.stems, self.desk), label)
        gone = exact.find_all(self.material, op.stems)
        left = [name for name in self.material.stems if name not in gone]
        made = exact.kept_parts(self.material, left, self._say)
        return _Result(made, "sum of the other stems", label, {"removed": gone, "residual": 0.0})

    def _isolate(self, op: ops.Isolate) -> _Result:
        from segue.tools.music import exact, exact_sound

        label = f"{listed(op.stems)} only"
        if not self.material.stems:
            self._doubt_vocals(op.stems)
            return _labelled(exact_sound.isolated(self.material, op.stems, self.desk), label)
        kept = exact.find_all(self.material, op.stems)
        made = exact.kept_parts(self.material, kept, self._say)
        return _Result(made, "sum of these stems", label, {"kept": kept, "residual": 0.0})

    def _gain(self, op: ops.Gain) -> _Result:
        from segue.tools.music import exact, exact_sound

        label = f"{op.stem or 'all'} {op.db:+g} dB"
        if op.stem is None:
            return _labelled(exact_sound.gained(self.material, op.db, self.desk), label)
        if not self.material.stems:
            self._doubt_vocals([op.stem])
            return _labelled(exact_sound.stem_gained(self.material, op.stem, op.db, self.desk), label)
        names = exact.find_parts(self.material, op.stem)
        made = exact.louder_parts(self.material, names, op.db, self._say)
        return _Result(made, "gain of the stem; the others unchanged", label, {"parts": names, "gain_db": op.db})

    def _doubt_vocals(self, stems: Sequence[str]) -> None:
        """Say so where singing is asked for and none is heard."""
        from segue.tools.sound.separate import MIN_SECONDS, stem_word

        if self.material.wave.duration_s >= MIN_SECONDS and "vocals" in map(stem_word, stems):
            facts = self._facts()
            if facts.vocals is False and facts.vocals_confidence > _SURE:
                self._say("No clear singing is heard here: what counts as vocals is whatever plays in the middle.")

    # -- by the score ----------------------------------------------------------------------------

    def _by_score(self, op: Any, how: str) -> _Result:  # noqa: ANN401 - one of the operations
        """Do an operation of ``exact_revise`` that takes exactly the fields of its arguments."""
        from segue.tools.music import exact_revise

        if not self.material.stems or self.material.score is None:
            raise self._no_recording(_NEEDS_NOTES[op.op])
        change = getattr(exact_revise, how)
        done, label = change(self.material, self.desk, self.context.settings, **op.model_dump(exclude={"op"}))
        return _labelled(done, label)

    def _regenerate(self, op: ops.Regenerate) -> _Result:
        from segue.tools.music import exact_words, revise

        score = self.material.score if self.material.stems else None
        if score is not None and op.prompt and not (op.parts or op.keep or op.seed is not None):
            bars = revise.bars_meant(score, op.start_bar, op.end_bar, op.section)
            given = bars if op.start_bar or op.end_bar or op.section else None
            if named := exact_words.by_words(self.material, self.desk, self.context.settings, op.prompt, given):
                return _labelled(*named)
        return self._by_score(op, "regenerated")

    def _restyle(self, op: ops.Restyle) -> _Result:
        from segue.tools.backends import edit_heard
        from segue.tools.music import exact_words

        if not self.material.stems:
            wish = op.prompt, op.seed, self.context.settings
            return _labelled(edit_heard.restyled(self.material, self._facts(), *wish, self.desk), op.prompt)
        if not op.keep and (named := exact_words.restyled(self.material, self.desk, self.context.settings, op.prompt)):
            return _labelled(*named)
        return self._by_score(op, "restyled")

    def _add(self, op: ops.Add) -> _Result:
        if not self.material.stems or self.material.score is None:
            from segue.tools.backends import edit_heard

            wish = op.instrument, op.prompt, self.context.settings
            done = edit_heard.accompanied(self.material, self._facts(), *wish, self.desk)
            return _labelled(done, f"with {op.instrument}")
        return self._by_score(op, "added")

    # -- key, tempo ------------------------------------------------------------------------------

    def _transpose(self, op: ops.Transpose) -> _Result:
        from segue.tools.music import exact_revise, exact_sound, revise

        score = self.material.score if self.material.stems else None
        if score is not None and op.key is not None:
            done, label = exact_revise.in_key(self.material, self.desk, self.context.settings, key=op.key)
            return _labelled(done, label)
        semitones, measured = (op.semitones, {}) if op.semitones is not None else self._semitones_to(op.key or "")
        measured["semitones"] = semitones
        label = f"in {op.key}" if op.key else f"{semitones:+g} semitones"
        if score is not None and semitones == round(semitones):
            moved, settings = revise.transpose(score, round(semitones)), self.context.settings
            return _labelled(
                exact_revise.put(self.material, moved, "notes moved", self.desk, settings, measured), label
            )
        done = exact_sound.stretched(self.material, 1.0, semitones, self.desk, op.formants == "kept")
        return _labelled(done, label, **measured)

    def _semitones_to(self, key: str) -> tuple[float, dict[str, Any]]:
        """Return the shortest way from the key that it is in to another."""
        from segue.tools.core.theory import key_distance_semitones, parse_key

        target, facts = parse_key(key), self._facts()
        if facts.key is None:
            raise CannotDo("No key can be heard here.", "Say by how many semitones instead.")
        source = parse_key(facts.key)
        semitones = key_distance_semitones(source, target)
        if facts.source == "sound":
            self._say(f"It was heard as {facts.key} (confidence {round(100 * facts.key_confidence)} %).")
        if source.is_minor != target.is_minor:
            self._say(f"Transposing keeps the mode: it is now in {source.transposed(semitones)}.")
        return float(semitones), {"key_before": facts.key, "key_confidence": round(facts.key_confidence, 2)}

    def _tempo(self, op: ops.Tempo) -> _Result:
        from segue.tools.music import exact_anew, exact_sound, revise

        ratio, measured = (op.ratio, {}) if op.ratio is not None else self._ratio_to(op.bpm or 0.0)
        if not 0.25 <= ratio <= 4:
            raise InvalidArgument(f"That would be {ratio:.2f} times as fast.", "Stay between a quarter and four times.")
        label = f"at {op.bpm:g} bpm" if op.bpm else f"{abs(ratio - 1):.0%} {'faster' if ratio >= 1 else 'slower'}"
        measured["ratio"] = round(ratio, 6)
        score = self.material.score
        if self.material.stems and score is not None:
            score = revise.set_tempo(score, ratio=ratio)
            made = exact_anew.rendered_anew(self.material, score, self.context.settings, self._say, self._progress)
            return _Result(made, "the score played at another tempo", label, measured | {"bpm": round(score.bpm, 3)})
        return _labelled(exact_sound.stretched(self.material, ratio, 0.0, self.desk), label, **measured)

    def _ratio_to(self, wanted: float) -> tuple[float, dict[str, Any]]:
        """Return new tempo ÷ old; of a heard tempo and its half or double, the one that needs less stretching counts."""
        facts = self._facts()
        if not facts.bpm:
            raise CannotDo("No tempo can be heard here.", "Give a ratio instead, for example 1.1 for 10 % faster.")
        now = facts.bpm
        if facts.source == "sound":
            octaves = [b for b in facts.bpm_alternatives if min(abs(b / now - 0.5), abs(b / now - 2)) < 0.05]
            if not 0.66 < wanted / now < 1.5:
                now = min([now, *octaves], key=lambda bpm: abs(wanted / bpm - 1))
            text = f"It was heard at {facts.bpm:.1f} bpm (confidence {round(100 * facts.bpm_confidence)} %)"
            self._say(text + (f" and counted as {now:.1f}." if now != facts.bpm else "."))
        return wanted / now, {"bpm_before": round(now, 2), "bpm_confidence": round(facts.bpm_confidence, 2)}

    # -- cuts and joins --------------------------------------------------------------------------

    def _trim(self, op: ops.Trim) -> _Result:
        from segue.tools.music import exact
        from segue.tools.sound import splice

        rate = self.material.sample_rate
        start, stop = splice.span(self.material.frames, rate, op.start_s, op.end_s)
        made = exact.cut(self.material, start, stop, self._say)
        label = f"{clock_time(start / rate)}–{clock_time(stop / rate)}"
        return _Result(made, "copy of the span", label, {"start_s": start / rate, "end_s": stop / rate})

    def _titled(self, refs: Sequence[Ref]) -> str:
        """Name other pieces without what was done to them."""
        return listed([self.context.piece(ref).title.partition(" – ")[0] or "another piece" for ref in refs])

    def _concat(self, op: ops.Concat) -> _Result:
        from segue.tools.backends import edit_joins

        return _labelled(edit_joins.joined(self._fitting(op.clips), op, self.desk), f"then {self._titled(op.clips)}")

    def _mix(self, op: ops.Mix) -> _Result:
        from segue.tools.backends import edit_joins

        return _labelled(edit_joins.mixed(self._fitting(op.clips), op, self.desk), f"with {self._titled(op.clips)}")

    def _compare(self, op: ops.Compare) -> _Result:
        from segue.tools.music import exact_match

        ours, theirs = self._with_others([op.with_clip])
        done = exact_match.compared(ours, theirs, op.turn_s, op.turns, self.desk)
        return _labelled(done, f"beside {self._titled([op.with_clip])}")

    def _fitting(self, refs: Sequence[Ref]) -> "list[Voice]":
        """Return our material and that of further clips, with how to listen to each where that is wanted."""
        from segue.tools.backends.edit_joins import Voice

        def listen(material: "Material") -> "Analysis":
            before, self.material = self.material, material
            try:
                return self._facts()
            finally:
                self.material = before

        titles = [self.source.title, *(self.context.piece(ref).title for ref in refs)]
        found = self._with_others(refs)
        return [Voice(title, one, partial(listen, one)) for title, one in zip(titles, found, strict=True)]

    def _fade(self, op: ops.Fade) -> _Result:
        from segue.tools.music import exact_sound

        return _labelled(exact_sound.faded(self.material, op.in_s, op.out_s, self.desk), "faded")

    def _loop(self, op: ops.Loop) -> _Result:
        from segue.tools.backends import edit_heard
        from segue.tools.music import exact, exact_revise, exact_sound, revise

        score = self.material.score if self.material.stems else None
        if score is None and op.section:
            raise self._no_recording("Looping a section by its name")
        if score is None and (op.seamless or op.start_bar):
            where = op.start_bar, op.end_bar, op.times, op.seamless
            label = f"{op.times} times" if op.times > 1 else "as a loop"
            return _labelled(edit_heard.bars_looped(self.material, self._bar_lines(), *where, self.desk), label)
        if op.seamless:
            named = op.model_dump(include={"times", "start_bar", "end_bar", "section"})
            done, label = exact_revise.seamless(self.material, self.desk, self.context.settings, **named)
            return _labelled(done, label)
        if op.start_bar or op.section:
            assert score is not None
            first, last = revise.bars_meant(score, op.start_bar, op.end_bar, op.section)
            clock, rate = score.clock(), self.material.sample_rate
            ends = [round(clock.seconds(score.bar_beat(bar)) * rate) for bar in (first, last + 1)]
            self.material = exact.cut(self.material, ends[0], min(ends[1], self.material.frames), self._say)
            if op.times == 1:
                return _Result(self.material, "copy of the bars", f"bars {first}–{last}", {"bars": [first, last]})
        return _labelled(exact_sound.looped(self.material, op.times, self._bar_lines, self.desk), f"{op.times} times")

    def _reverse(self, op: ops.Reverse) -> _Result:
        from segue.tools.music import exact

        return _Result(exact.backwards(self.material, self._say), "samples in reverse order", "backwards")

    def _extend(self, op: ops.Extend) -> _Result:
        from segue.tools.music import exact_sound

        if op.duration_s is None:
            return self._by_score(op, "lengthened")
        frames, label = round(op.duration_s * self.material.sample_rate), f"{clock_time(op.duration_s)} long"
        if frames <= self.material.frames:
            return _labelled(exact_sound.shortened(self.material, frames, self.desk), label)
        if not self.material.stems or self.material.score is None:
            return _labelled(exact_sound.extended(self.material, frames, self._bar_lines(), self.desk), label)
        return replace(self._by_score(op, "lengthened"), label=label)

    # -- sound -----------------------------------------------------------------------------------

    def _effect(self, op: ops.Effect) -> _Result:
        from segue.tools.backends import edit_settings
        from segue.tools.music import exact_effects, exact_words

        plain = not (op.stages or op.stem)
        words, sound = op.description, self.material
        if plain and (named := exact_words.sounded(sound, self.desk, self.context.settings, words)):
            return _labelled(*named)
        if again := edit_settings.set_anew(op, self.source, self.args.operations):
            self.source = self.context.piece(Ref(id=self.source.parents[0]))
            self.parents, self.material = [self.source], self._open(self.source)
            self.made_args = {"clip": {"id": self.source.id}, "operations": [again.model_dump(exclude_none=True)]}
            self._say("The effect was done again, to what was before it, with the new numbers.")
            return self._in_span(again)
        wish, given = edit_settings.stated(op)
        label = words or ", ".join(dict.fromkeys(one.stage for one in op.stages))
        label = f"{op.stem}: {label}" if op.stem else label
        return _labelled(exact_effects.affected(sound, wish, self.desk, given, op.stem), label)

    def _loudness(self, op: ops.Loudness) -> _Result:
        from segue.tools.music import exact_sound

        done = exact_sound.at_loudness(self.material, op.lufs, self.desk)
        return _labelled(done, exact_sound.level_label(op.lufs, done.measured, self.desk.say))
