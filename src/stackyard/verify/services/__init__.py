"""The services: healthy for real reasons, documented, counted, quick, and careful with whom they serve."""

from __future__ import annotations

from stackyard.verify.services import errors, figures, frontend, health, interface, requests, tokens

CHECKS = (
    *health.CHECKS,
    *requests.CHECKS,
    *figures.CHECKS,
    *interface.CHECKS,
    *errors.CHECKS,
    *tokens.CHECKS,
    *frontend.CHECKS,
)
