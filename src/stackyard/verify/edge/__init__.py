"""The way in: what it speaks, tells, limits, hides, and whom it lets through."""

from stackyard.verify.edge import (
    certificate,
    configuration,
    cors,
    errors,
    headers,
    hidden,
    hosts,
    limits,
    proxy,
    replicas,
    static,
    tls,
)

CHECKS = (
    *tls.CHECKS,
    *certificate.CHECKS,
    *headers.CHECKS,
    *limits.CHECKS,
    *static.CHECKS,
    *proxy.CHECKS,
    *replicas.CHECKS,
    *hosts.CHECKS,
    *cors.CHECKS,
    *hidden.CHECKS,
    *errors.CHECKS,
    *configuration.CHECKS,
)
