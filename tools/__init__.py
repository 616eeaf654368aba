"""What the agent can do: one file a tool here, the engines behind them in ``backends``."""
