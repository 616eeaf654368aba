"""What the LLM is told, as Markdown files beside this one."""
