"""Arrangement in time: which players sound in which bars, so that somebody enters or leaves every few bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from segue.tools.music.compose_plan import Plan, Voice
from segue.tools.music.form import section_name

# From which section energy on a role plays.
_FROM = {"chords": 0.0, "drums": 0.34, "bass": 0.4, "percussion": 0.6, "pad": 0.58, "arpeggio": 0.66, "counter": 0.8,
         "melody": 0.4}  # fmt: skip
_ENTRY = {"chords": 0, "pad": 1, "arpeggio": 2, "bass": 3, "percussion": 4, "drums": 5, "melody": 6}
# Who may rest so that not everybody plays all the time, first choice first.
_MAY_REST = ("counter", "percussion", "arpeggio", "pad", "second", "melody", "drums", "bass")
# Where the tune may be silent for a whole stretch.
_WITHOUT_TUNE = frozenset({"intro", "outro", "ending", "break", "build", "groove", "bridge", "interlude", "dub"})
_TONES = frozenset({"chords", "pad", "melody", "counter", "arpeggio"})


@dataclass(frozen=True)
class _Block:
    first: int
    after: int
    energy: float
    name: str
    half: int


def _blocks(plan: Plan) -> list[_Block]:
    """Cut the sections into stretches of at most eight bars, inside which nobody enters or leaves."""
    out: list[_Block] = []
    for section in plan.sections:
        first, end = section.start_bar - 1, section.start_bar - 1 + section.bars
        small = section_name(section.name) in ("intro", "outro", "build", "pre-chorus") or len(plan.sections) == 1
        size = max(2, section.bars // 2) if small and section.bars >= 4 else 8
        half = 0
        while first < end:
            after = min(end, first + size)
            if end - after == 1:
                after = end
            out.append(_Block(first, after, section.energy, section_name(section.name), half))
            first, half = after, half + 1
    return out


def set_bars(plan: Plan, voices: Sequence[Voice], asked: Sequence[str], *, loop: bool) -> dict[int, int]:
    """Give every player its bars, in place; return the drum level (1–3) of each bar."""
    blocks = _blocks(plan)
    played: list[set[int]] = []
    for block in blocks:
        here = {
            i for i, v in enumerate(voices) if loop or _plays(v, block, plan, v.instrument.name in asked, len(voices))
        }
        if not any(voices[i].role not in ("drums", "percussion") for i in here):
            here |= {i for i, v in enumerate(voices) if v.role in ("chords", "pad", "melody", "bass")} or set(
                range(len(voices))
            )
        played.append(here)
    if len(plan.sections) == 1 and blocks[0].name == "intro" and not loop:
        blocks, played = _opening(plan, voices)
    elif not loop and len(voices) > 2:
        _thin(plan, voices, blocks, played)
        _change(voices, blocks, played)
        _fill(voices, blocks, played)
    _join_hands(voices, played)
    for index in range(len(voices)):  # everybody plays somewhere
        if not any(index in here for here in played):
            top = max(range(len(blocks)), key=lambda b: blocks[b].energy)
            played[top].add(index)
    bars: list[set[int]] = [set() for _ in voices]
    for block, here in zip(blocks, played, strict=True):
        for i in here:
            bars[i] |= set(range(block.first, block.after))
    final = plan.final_bar
    if final is not None and not loop:
        for i, voice in enumerate(voices):
            close = final == 0 or bool(bars[i] & set(range(max(0, final - 4), final)))
            if close or voice.role in ("chords", "bass", "melody", "drums"):
                bars[i].add(final)
            else:
                bars[i].discard(final)
    for voice, chosen in zip(voices, bars, strict=True):
        voice.bars = frozenset(chosen)
    return {
        bar: 1 if block.energy < 0.45 else 2 if block.energy < 0.72 else 3
        for block in blocks
        for bar in range(block.first, block.after)
    }


def _join_hands(voices: Sequence[Voice], played: Sequence[set[int]]) -> None:
    """Let one player's left hand play wherever the right hand has chords: afterbeats alone are no waltz."""
    for left, low in enumerate(voices):
        for right, high in enumerate(voices):
            if low.role == "bass" and high.role == "chords" and low.name == high.name:
                for here in played:
                    here |= {left} if right in here else set()


def _opening(plan: Plan, voices: Sequence[Voice]) -> tuple[list[_Block], list[set[int]]]:
    """Return the stretches of an introduction that stands alone: one group after another comes in, nobody leaves."""
    waves = ({"chords", "pad"}, {"percussion", "arpeggio", "bass"}, {"drums", "counter"}, {"melody"})
    count = min(len(waves), max(1, plan.bars // 2))
    size = plan.bars // count
    blocks, played, here = [], [], set[int]()
    for index in range(count):
        first, after = index * size, plan.bars if index == count - 1 else (index + 1) * size
        coming = waves[index] if index < count - 1 else set().union(*waves[index:])
        entering = {i for i, v in enumerate(voices) if v.role in coming and not (index == 0 and v.second)}
        here = here | entering | ({i for i, v in enumerate(voices) if v.second} if index else set())
        if not here:
            here = {min(range(len(voices)), key=lambda i: _ENTRY.get(voices[i].role, 9))}
        blocks.append(_Block(first, after, 0.4 + 0.4 * index / max(1, count - 1), "intro", index))
        played.append(set(here))
    return blocks, played


def _plays(voice: Voice, block: _Block, plan: Plan, asked: bool, players: int) -> bool:
    role, name, energy = voice.role, block.name, block.energy
    threshold = _FROM.get(role, 0.6) + (0.08 if voice.second and role == "chords" else 0.0) - (0.2 if asked else 0.0)
    if asked and role == "counter" and voice.instrument.role in ("melody", "lead"):
        threshold -= 0.15  # a second lead that was asked for is heard in the first strain
    if players <= 3:
        threshold -= 0.2
    edm = plan.genre.form == "edm"
    if name == "intro":
        if role == "melody":
            return len(plan.sections) == 1 and block.half > 0
        if role in ("drums", "bass"):
            return block.half > 0 or (edm and role == "drums") or energy > 0.5
        if role in ("pad", "arpeggio"):
            return voice.name != "" and (block.half > 0 or role == "pad")
        return role == "chords" and not voice.second and not (edm and block.half == 0 and players > 4)
    if name in ("outro", "ending"):
        if role in ("drums", "bass"):
            return block.half == 0
        if role == "melody":
            return block.half == 0 or players <= 3
        return role == "pad" or (role == "chords" and not voice.second)
    if name in ("break", "interlude"):
        return (
            role in ("pad", "melody", "counter")
            or (role == "chords" and not voice.second)
            or (role == "arpeggio" and asked)
        )
    if name == "build":
        return (
            role in ("drums", "pad", "arpeggio")
            or (role == "chords" and not voice.second)
            or (role == "bass" and block.half > 0)
        )
    if name == "groove":
        return (
            role in ("drums", "bass", "percussion")
            or (role == "chords" and block.half == 0 and not voice.second)
            or (role == "arpeggio" and block.half > 0)
        )
    if name == "drop" and role == "pad" and players > 6:
        return False
    if name == "solo" and role in ("counter", "arpeggio"):
        return False
    # The second stretch of a long section has one player more.
    return energy + 0.1 * block.half >= threshold


def _thin(plan: Plan, voices: Sequence[Voice], blocks: Sequence[_Block], played: list[set[int]]) -> None:
    """Take players out of the quieter stretches until all together play less than half of the time."""
    everyone = set(range(len(voices)))
    for index in sorted(range(len(blocks)), key=lambda b: (blocks[b].energy, b)):
        full = sum(b.after - b.first for b, here in zip(blocks, played, strict=True) if here == everyone)
        if full < 0.45 * plan.bars or len(blocks) == 1:
            return
        if played[index] == everyone:
            for role in _MAY_REST:
                if role == "melody" and blocks[index].name not in _WITHOUT_TUNE:
                    continue
                found = [i for i in played[index] if voices[i].role == role or (role == "second" and voices[i].second)]
                if found and len(voices) > 1:
                    played[index] = played[index] - {found[-1]}
                    break


def _change(voices: Sequence[Voice], blocks: Sequence[_Block], played: list[set[int]]) -> None:
    """See that somebody enters or leaves at every new stretch; the hands of one player count as one."""

    def names(here: set[int]) -> set[str]:
        return {voices[i].name for i in here}

    for index in range(1, len(blocks)):
        here, before = played[index], played[index - 1]
        if names(here) != names(before) or blocks[index].after - blocks[index].first < 3:
            continue
        rising = blocks[index].energy >= blocks[index - 1].energy or blocks[index].half > 0
        optional = [
            i for i, v in enumerate(voices) if v.role in ("counter", "percussion", "arpeggio", "pad") or v.second
        ]
        outside = [i for i in optional if i not in here and voices[i].name not in names(here)]
        inside = [i for i in optional if i in here and names(here - {i}) != names(here)]
        if rising and outside:
            played[index] = here | {outside[0]}
        elif inside:
            played[index] = here - {inside[-1]}
        elif outside:
            played[index] = here | {outside[0]}
        elif rising and blocks[index - 1].energy < blocks[index].energy:
            # A small band: one player waits in the quieter stretch before, where that makes a difference.
            rested = before - _resting(voices, before)
            if index == 1 or names(rested) != names(played[index - 2]):
                played[index - 1] = rested
        else:
            played[index] = here - _resting(voices, here)


def _resting(voices: Sequence[Voice], here: set[int]) -> set[int]:
    """Return every hand of the player who can best be missed: the tune and its chords stay."""
    for role in ("counter", "percussion", "drums", "bass"):
        for first in sorted(here, reverse=True):
            if voices[first].role != role:
                continue
            hands = {i for i in here if voices[i].name == voices[first].name}
            rest = here - hands
            if rest and not any(voices[i].role in ("chords", "melody") for i in hands):
                return hands
    return set()


def _fill(voices: Sequence[Voice], blocks: Sequence[_Block], played: list[set[int]]) -> None:
    """See that no stretch of verse or chorus is left to bass and drums alone; the comping, else the tune, comes back."""
    for block, here in zip(blocks, played, strict=True):
        free = block.name in ("intro", "groove", "build", "break", "outro", "ending")
        if free or any(voices[i].role in _TONES for i in here):
            continue
        tones = [i for role in ("chords", "pad", "melody") for i, v in enumerate(voices) if v.role == role]
        here.update(tones[:1])
