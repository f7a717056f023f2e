"""The verbs on a system, a file each. They decide nothing that the plan has not decided, and print nothing."""
