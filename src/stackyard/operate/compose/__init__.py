"""The verbs on Docker Compose. Like all verbs they print nothing, and decide nothing that the plan has not decided."""
