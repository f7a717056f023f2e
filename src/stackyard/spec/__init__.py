"""From the stack file to the model. Import `load`, `schema` and `explain` from their modules, late."""

from stackyard.spec.report import render_findings

__all__ = ["render_findings"]
