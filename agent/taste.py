"""What is learnt from a turn for later conversations: whom and what its user likes, unless they asked not to."""

from segue.agent.dialogue import State
from segue.tools.collection.catalogue import open_catalogue
from segue.tools.collection.remembered import ARTIST, learn
from segue.tools.core.settings import Settings

_TOLD = {"LIKED": True, "REJECTED": False}


def learned(settings: Settings, owner: str, before: State, after: State) -> None:
    """Remember the likings that a turn told, and forget those that it took back.

    Only tracks of the library and artists are remembered; pieces that were made belong to their conversation.
    """
    if not after.learns:
        return
    told: dict[str, bool | None] = {}
    for key in {**before.roles, **after.roles}:
        old, new = (_TOLD.get(state.roles.get(key, "")) for state in (before, after))
        thing = after.things.get(key) or before.things.get(key)
        if old != new and (key.startswith(ARTIST) or (thing is not None and thing.kind == "track")):
            told[key] = new
    if told:
        learn(open_catalogue(settings), owner, told)
