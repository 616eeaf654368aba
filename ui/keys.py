"""Keys of a server: who holds one is an owner, with limits of their own. Kept as hashes in ``SEGUE_HOME/keys.json``."""

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from segue.tools.core.errors import ConfigError, InvalidArgument, NotFound

KEY_PREFIX = "sg-"


class Allowance(BaseModel):
    """What an owner may use."""

    requests_per_minute: int = 240
    steps_per_hour: int = 1200
    seconds_per_hour: float = 3600.0


class Key(BaseModel):
    """A key as it is kept: its name, its hash, what it allows."""

    model_config = ConfigDict(extra="forbid")

    name: str
    hash: str
    allows: Allowance = Allowance()


_LIST = TypeAdapter(list[Key])


def owner_of(secret: str) -> str:
    """Return the owner behind a key."""
    return "k_" + _hash(secret)[:24]


def _hash(secret: str) -> str:
    return hashlib.sha256(b"segue key " + secret.encode()).hexdigest()


class Keys:
    """The keys of one data folder; the file is read again when it has changed."""

    def __init__(self, home: Path) -> None:
        self.path = home / "keys.json"
        self._seen: tuple[int, int] | None = None
        self._keys: list[Key] = []

    def all(self) -> list[Key]:
        """Return every key.

        Raises
        ------
        ConfigError : the file cannot be read.
        """
        try:
            about = self.path.stat()
        except FileNotFoundError:
            self._seen, self._keys = None, []
            return []
        if (about.st_mtime_ns, about.st_size) != self._seen:
            try:
                self._keys = _LIST.validate_json(self.path.read_bytes())
            except (ValidationError, OSError) as error:
                raise ConfigError(f"{self.path} cannot be read.", "Correct it, or remove it and add keys anew.") from error  # fmt: skip
            self._seen = (about.st_mtime_ns, about.st_size)
        return self._keys

    def find(self, secret: str) -> Key | None:
        """Return the key whose secret this is."""
        given = _hash(secret)
        return next((key for key in self.all() if hmac.compare_digest(key.hash, given)), None)

    def add(self, name: str, allows: Allowance) -> str:
        """Make a key and return its secret, which is written down nowhere."""
        if any(key.name == name for key in self.all()):
            raise InvalidArgument(f"There is a key '{name}' already.", "Choose another name, or remove that one first.")
        secret = KEY_PREFIX + secrets.token_urlsafe(30)
        self._write([*self.all(), Key(name=name, hash=_hash(secret), allows=allows)])
        return secret

    def remove(self, name: str) -> None:
        """Forget a key; what its owner made stays in the store."""
        left = [key for key in self.all() if key.name != name]
        if len(left) == len(self.all()):
            raise NotFound(f"There is no key '{name}'.", "See: segue keys list")
        self._write(left)

    def _write(self, keys: list[Key]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".new")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump([key.model_dump(mode="json") for key in keys], file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)
