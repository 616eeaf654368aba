"""What the agents of one data folder share: store, sessions, and one event loop in a thread."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from segue.agent.session import Sessions
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store

_houses: dict[Path, "House"] = {}
_opening = threading.Lock()
_THREADS = 32
_LET_END_S = 3.0  # what is told to stop at the end may take so long to do it


class House:
    """One open ``SEGUE_HOME``: every SQLite file of it has one connection in this process."""

    def __init__(self, settings: Settings) -> None:
        from segue.agent.turn import Turns

        self.store = Store(settings)
        self.sessions = Sessions(settings.home / "sessions.db")
        self.turns: Turns = Turns(self.store, self.sessions, settings)
        self.loop = asyncio.new_event_loop()
        # What waits for the disk must not wait for long attachments, too: more threads than the few there are by default.
        self.loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="segue-house"))
        self.guests = 0
        self._thread = threading.Thread(target=self.loop.run_forever, name="segue-agent", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Let go; the last one out stops what runs and closes the files."""
        with _opening:
            self.guests -= 1
            if self.guests > 0:
                return
            for place, house in list(_houses.items()):
                if house is self:
                    del _houses[place]
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(timeout=10.0)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=10.0)
        self.loop.close()
        self.sessions.close()
        self.store.close()

    async def _end(self) -> None:
        """Stop what runs and wait for it: who follows a turn from another thread would wait for ever after the loop."""
        await self.turns.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=_LET_END_S)


def open_house(settings: Settings) -> House:
    """Return the house of a data folder, opened by the first agent that asks."""
    place = settings.home.expanduser().resolve()
    with _opening:
        house = _houses.get(place)
        if house is None:
            house = _houses[place] = House(settings)
        house.guests += 1
        return house
