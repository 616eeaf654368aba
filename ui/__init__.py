"""How people and programs reach Segue: chat page, HTTP, MCP and command line."""
