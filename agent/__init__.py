"""The conversation: text → plan → results → reply."""
