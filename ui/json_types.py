"""Values of JSON as its schema means them."""

from pydantic import BeforeValidator


def _whole(value: object) -> object:
    """Return 4 for 4.0, and everything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Behind a strict integer: 4.0 is one, as JSON Schema has it; "4" and true are none."""
