"""Judge a TLS server by Mozilla's intermediate profile: HOST ADDRESS PORT AUTHORITIES (a PEM file, or "" for none)."""

import json
import sys
from pathlib import Path

from sslyze import (  # type: ignore[import-not-found]
    CertificateInfoExtraArgument,
    ScanCommandAttemptStatusEnum,
    ScanCommandsExtraArguments,
    Scanner,
    ServerNetworkLocation,
    ServerScanRequest,
)
from sslyze.mozilla_tls_profile.tls_config_checker import (  # type: ignore[import-not-found]
    SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER,
    MozillaTlsConfiguration,
    ServerNotCompliantWithTlsConfiguration,
    TlsConfigurationEnum,
    check_server_against_tls_configuration,
)

_VERSIONS = ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1", "tls_1_2", "tls_1_3")


def main() -> None:
    """Look, and print what was found."""
    """Scan, and print what was found."""
    host, address, port, authorities = sys.argv[1:]
    location = ServerNetworkLocation(hostname=host, port=int(port), ip_address=address)
    own = CertificateInfoExtraArgument(custom_ca_file=Path(authorities)) if authorities else None
    scanner = Scanner()
    scanner.queue_scans(
        [
            ServerScanRequest(
                server_location=location,
                scan_commands=SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER,
                scan_commands_extra_arguments=ScanCommandsExtraArguments(certificate_info=own),
            )
        ]
    )
    (result,) = scanner.get_results()
    said = {"status": result.scan_status.name, "issues": {}, "commands": 0, "refused": 0, "accepted": {}}
    if result.scan_result is not None:
        attempts = [getattr(result.scan_result, one.value) for one in SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER]
        said["commands"] = sum(one.status is ScanCommandAttemptStatusEnum.COMPLETED for one in attempts)
        said["wanted"] = len(attempts)
        suites = {name: getattr(result.scan_result, f"{name}_cipher_suites").result for name in _VERSIONS}
        said["accepted"] = {
            name: [one.cipher_suite.name for one in found.accepted_cipher_suites]
            for name, found in suites.items()
            if found is not None
        }
        said["refused"] = sum(len(found.rejected_cipher_suites) for found in suites.values() if found is not None)
        if said["commands"] == said["wanted"]:
            said["issues"] = _issues(result)
    print(json.dumps(said))  # noqa: T201 - the answer


def _issues(result: object) -> dict[str, str]:
    profile = MozillaTlsConfiguration.get(TlsConfigurationEnum.MOZILLA_INTERMEDIATE)
    try:
        check_server_against_tls_configuration(result, profile)
    except ServerNotCompliantWithTlsConfiguration as verdict:
        return dict(verdict.issues)
    return {}


if __name__ == "__main__":
    main()
