"""Sessions and their turns, and where they are kept: ``sessions.db`` in ``SEGUE_HOME``.

A turn is written when it begins, each step's result before it is announced, and the reply before it
is returned; so a killed process loses nothing that anybody was told. The dialogue state is not
stored: it is a fold of the turns (``segue.agent.fold``).
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from segue.agent.dialogue import Heard, Thing
from segue.agent.events import Reply, ToolResult
from segue.agent.plan import Plan
from segue.tools.core.database import Database
from segue.tools.core.errors import NotFound
from segue.tools.core.store import new_id

_MIGRATIONS = [
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL
    );
    CREATE INDEX sessions_by_owner ON sessions (owner, updated);
    CREATE TABLE turns (
        id TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        number INTEGER NOT NULL, status TEXT NOT NULL, process TEXT NOT NULL, created REAL NOT NULL,
        body TEXT NOT NULL, UNIQUE (session, number)
    );
    CREATE TABLE results (
        turn TEXT NOT NULL REFERENCES turns (id) ON DELETE CASCADE, step TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (turn, step)
    );
    CREATE TABLE traces (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, turn TEXT NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
        at REAL NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL
    );
    CREATE INDEX traces_by_turn ON traces (turn);
    """,
]
_TITLE = 60  # characters of the first message that name a session


class Session(BaseModel):
    """A conversation: ``created`` and ``updated`` are seconds since 1970."""

    id: str
    owner: str
    title: str
    created: float
    updated: float
    turns: int = 0


class Turn(BaseModel):
    """One turn: what was said and attached, what was planned, and the answer.

    ``status`` is open while it runs (or after its process was killed), then done, or broken when it
    ended with an error. ``named`` are library things that the plan refers to by id; ``given`` a plan
    that was handed in instead of being planned; ``pending`` a plan that waits for the user's yes. ``heard`` is
    what the player told with the message.
    """

    id: str
    session: str
    number: int
    status: Literal["open", "done", "broken"] = "open"
    created: float = 0.0
    message: str = ""
    attached: list[Thing] = []
    heard: Heard = Heard()
    named: list[Thing] = []
    given: Plan | None = None
    plan: Plan | None = None
    pending: dict[str, Any] | None = None
    reply: Reply | None = None


_COLUMNS = {"id", "session", "number", "status", "created"}


class Sessions:
    """All sessions of one ``SEGUE_HOME``. Every reading and changing call names the owner."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path, _MIGRATIONS)

    # -- sessions ------------------------------------------------------------------------------

    def create(self, owner: str, title: str = "") -> Session:
        """Begin a session."""
        now = time.time()
        session = Session(id=new_id("s"), owner=owner, title=_shorten(title), created=now, updated=now)
        self.database.execute(
            "INSERT INTO sessions (id, owner, title, created, updated) VALUES (?, ?, ?, ?, ?)",
            (session.id, owner, session.title, now, now),
        )
        return session

    def session(self, id: str, owner: str) -> Session:
        """Return a session.

        Raises
        ------
        NotFound : unknown, or somebody else's: the two cannot be told apart.
        """
        row = self.database.row(
            "SELECT *, (SELECT count(*) FROM turns WHERE session = sessions.id) AS turns FROM sessions "
            "WHERE id = ? AND owner = ?",
            (id, owner),
        )
        if row is None:
            raise NotFound(f"There is no session {id}.", "Leave --session out to begin one, or name one that exists.")
        return Session(**dict(row))

    def sessions(self, owner: str, limit: int = 200, search: str = "") -> list[Session]:
        """Return an owner's sessions, the most recently used first; those with ``search`` in title or messages."""
        words = f"%{_literal(search.strip())}%"
        rows = self.database.rows(
            "SELECT *, (SELECT count(*) FROM turns WHERE session = sessions.id) AS turns FROM sessions "
            "WHERE owner = ? AND (? = '' OR title LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM turns WHERE "
            "session = sessions.id AND json_extract(body, '$.message') LIKE ? ESCAPE '\\')) "
            "ORDER BY updated DESC LIMIT ?",
            (owner, search.strip(), words, words, limit),
        )
        return [Session(**dict(row)) for row in rows]

    def rename(self, id: str, owner: str, title: str) -> None:
        """Give a session another title."""
        self.session(id, owner)
        self.database.execute("UPDATE sessions SET title = ? WHERE id = ?", (_shorten(title), id))

    def delete(self, id: str, owner: str) -> None:
        """Forget a session with its turns, results and traces; pieces it made stay in the store."""
        self.session(id, owner)
        self.database.execute("DELETE FROM sessions WHERE id = ?", (id,))

    def branch(self, id: str, owner: str, turns: int) -> Session:
        """Begin a session with a copy of the first ``turns`` turns of another, their results with them."""
        old = self.session(id, owner)
        new = self.create(owner, old.title)
        kept = [turn for turn in self.turns(id) if turn.number <= turns and turn.status != "open"]
        with self.database.write() as db:
            for turn in kept:
                copy = turn.model_copy(update={"id": f"{new.id}.{turn.number}", "session": new.id})
                if copy.reply:
                    copy.reply = copy.reply.model_copy(update={"session": new.id, "turn": copy.id})
                db.execute(
                    "INSERT INTO turns (id, session, number, status, process, created, body) VALUES (?, ?, ?, ?, '', ?, ?)",
                    (copy.id, new.id, copy.number, copy.status, copy.created, _body(copy)),
                )
                db.execute("INSERT INTO results SELECT ?, step, body FROM results WHERE turn = ? ORDER BY rowid", (copy.id, turn.id))  # fmt: skip
        return self.session(new.id, owner)

    # -- turns ---------------------------------------------------------------------------------

    def begin(self, session: str, message: str, attached: list[Thing], process: str, given: Plan | None = None) -> Turn:
        """Write a new open turn; the first one names a session that has no title.

        It is on the disk with the first result or the reply: nobody was told of it before.
        """
        now = time.time()
        with self.database.write(durable=False) as db:
            number = db.execute("SELECT coalesce(max(number), 0) + 1 FROM turns WHERE session = ?", (session,)).fetchone()[0]  # fmt: skip
            turn = Turn(id=f"{session}.{number}", session=session, number=number, created=now, message=message, attached=attached, given=given)  # fmt: skip
            db.execute(
                "INSERT INTO turns (id, session, number, status, process, created, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (turn.id, session, number, "open", process, now, _body(turn)),
            )
            db.execute("UPDATE sessions SET updated = ?, title = CASE title WHEN '' THEN ? ELSE title END WHERE id = ?", (now, _shorten(message), session))  # fmt: skip
        return turn

    def turn(self, id: str, owner: str) -> Turn:
        """Return a turn; NotFound where it is unknown or somebody else's."""
        row = self.database.row(
            "SELECT turns.* FROM turns JOIN sessions ON sessions.id = turns.session WHERE turns.id = ? AND owner = ?",
            (id, owner),
        )
        if row is None:
            raise NotFound(f"There is no turn {id}.", "A turn's id is in the JSON of its reply.")
        return _turn(row)

    def last_turn(self, owner: str) -> Turn:
        """Return the owner's latest turn of all sessions."""
        row = self.database.row(
            "SELECT turns.* FROM turns JOIN sessions ON sessions.id = turns.session WHERE owner = ? "
            "ORDER BY turns.created DESC, turns.rowid DESC LIMIT 1",
            (owner,),
        )
        if row is None:
            raise NotFound("There is no turn yet.", 'Say something first: segue chat "…".')
        return _turn(row)

    def turns(self, session: str, after: int = 0) -> list[Turn]:
        """Return the turns of a session from number ``after`` + 1 on, in order."""
        rows = self.database.rows("SELECT * FROM turns WHERE session = ? AND number > ? ORDER BY number", (session, after))  # fmt: skip
        return [_turn(row) for row in rows]

    def open_turns(self, session: str) -> list[tuple[Turn, str]]:
        """Return turns that began and did not end, each with the process that began it."""
        rows = self.database.rows("SELECT * FROM turns WHERE session = ? AND status = 'open' ORDER BY number", (session,))  # fmt: skip
        return [(_turn(row), row["process"]) for row in rows]

    def adopt(self, turn: str, process: str) -> None:
        """Record that another process goes on with a turn."""
        self.database.execute("UPDATE turns SET process = ? WHERE id = ?", (process, turn))

    def save(self, turn: Turn) -> None:
        """Write a changed turn."""
        self.database.execute("UPDATE turns SET status = ?, body = ? WHERE id = ?", (turn.status, _body(turn), turn.id))

    # -- results -------------------------------------------------------------------------------

    def commit(self, turn: str, result: ToolResult) -> None:
        """Keep the result of a step; a second one for the same step is ignored: the first was announced."""
        self.database.execute("INSERT OR IGNORE INTO results VALUES (?, ?, ?)", (turn, result.step, result.model_dump_json()))  # fmt: skip

    def results(self, turn: str) -> dict[str, ToolResult]:
        """Return the results of a turn by step id."""
        rows = self.database.rows("SELECT step, body FROM results WHERE turn = ? ORDER BY rowid", (turn,))
        return {row["step"]: ToolResult.model_validate_json(row["body"]) for row in rows}

    # -- trace ---------------------------------------------------------------------------------

    def add_trace(self, turn: str, lines: Sequence[tuple[str, str]]) -> None:
        """Add lines (kind, JSON) to a turn's trace; no secret may be left in them."""
        now = time.time()
        with self.database.write(durable=False) as db:
            db.executemany("INSERT INTO traces (turn, at, kind, body) VALUES (?, ?, ?, ?)", [(turn, now, *line) for line in lines])  # fmt: skip

    def trace(self, turn: str) -> list[dict[str, Any]]:
        """Return a turn's trace: ``{at, kind, …}`` in order."""
        rows = self.database.rows("SELECT at, kind, body FROM traces WHERE turn = ? ORDER BY seq", (turn,))
        return [{"turn": turn, "at": row["at"], "kind": row["kind"], **json.loads(row["body"])} for row in rows]

    def close(self) -> None:
        """Close the file."""
        self.database.close()


def _turn(row: Any) -> Turn:  # noqa: ANN401 - sqlite3.Row
    return Turn.model_validate({**json.loads(row["body"]), **{name: row[name] for name in _COLUMNS}})


def _body(turn: Turn) -> str:
    return turn.model_dump_json(exclude=_COLUMNS)


def _literal(text: str) -> str:
    """Return a text in which LIKE finds nothing but itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _shorten(title: str) -> str:
    title = " ".join(title.split())
    return title if len(title) <= _TITLE else title[: _TITLE - 1].rstrip() + "…"
