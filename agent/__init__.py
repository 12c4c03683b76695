"""The agent graph: an operator's words become typed tool calls and a draft plan."""
