"""Engines behind the tools: one file each, named ``<tool>_<engine>.py``; the folder is the registry."""
