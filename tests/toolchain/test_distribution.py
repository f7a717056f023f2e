from __future__ import annotations

import pytest

from stackyard.errors import MachineError
from stackyard.targets.native.toolchain import distribution, npm
from stackyard.targets.native.toolchain.catalogue import UNITS
from stackyard.targets.native.toolchain.fetching import missing_libraries

# As `apt-cache depends --recurse` prints it.
DEPENDS = """\
redis-server
  PreDepends: init-system-helpers
  Depends: lsb-base
    sysvinit-utils
  Depends: redis-tools
redis-tools
  Depends: adduser
  Depends: libc6
  Depends: libjemalloc2
  Depends: libsystemd0
    libelogind0
 |Depends: liblua-absent
  Depends: liblua5.1-0
libc6
  Depends: libgcc-s1
libjemalloc2
  Depends: libc6
  Depends: libgcc-s1
libsystemd0
  Depends: libzstd1
liblua5.1-0
libgcc-s1
  Depends: gcc-12-base
libzstd1
adduser
  Depends: libsemanage2
libsemanage2
gcc-12-base
<perl:any>
"""


def test_the_closure_holds_the_package_its_companions_and_their_libraries_only() -> None:
    graph = distribution.parse_dependencies(DEPENDS)
    assert distribution.closure(graph, "redis-server", ["redis-tools"]) == [
        "libgcc-s1",
        "libjemalloc2",
        "liblua5.1-0",
        "libsystemd0",
        "libzstd1",
        "redis-server",
        "redis-tools",
    ]


def test_alternatives_stay_together() -> None:
    graph = distribution.parse_dependencies(DEPENDS)
    assert ["liblua-absent", "liblua5.1-0"] in graph["redis-tools"]
    assert ["lsb-base", "sysvinit-utils"] in graph["redis-server"]


def test_libraries_that_any_machine_has_or_nothing_here_loads_are_left_out() -> None:
    taken = ["libssl3", "libpcre2-8-0", "zlib1g", "libicu72", "libpam0g", "libldap-2.5-0", "libgcc-s1", "libpq5"]
    left = ["libc6", "libc-bin", "libperl5.36", "libjson-perl", "libllvm14", "libpam-modules", "libcap2-bin", "perl"]
    assert [name for name in taken + left if distribution.is_library(name)] == taken


def test_companions_follow_the_major_version() -> None:
    unit = next(unit for unit in UNITS if unit.package == "postgresql-{major}")
    assert distribution.companions_of(unit, "postgresql-17") == ["postgresql-client-17"]


def test_what_apt_shows_is_read_with_sizes_in_bytes() -> None:
    text = """\
Package: redis-server
Version: 5:7.0.15-1~deb12u10
Installed-Size: 183
Description: Persistent key-value database
 with network interface
Filename: pool/redis-server.deb
Size: 73908

Package: only-installed
Version: 1.0
Status: install ok installed
"""
    package = distribution.Package("redis-server", "5:7.0.15-1~deb12u10", 73_908, 183 * 1024)
    assert distribution.parse_packages(text) == {"redis-server": package}
    assert str(package) == "redis-server=5:7.0.15-1~deb12u10"


def test_a_library_that_the_loader_does_not_find_is_named_once() -> None:
    listing = """\
\tlinux-vdso.so.1 (0x00007fab39e50000)
\tlibicuuc.so.60 => not found
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007fab38e1e000)
\tlibicuuc.so.60 => not found
"""
    assert missing_libraries(listing) == ["libicuuc.so.60"]


def test_links_of_a_package_are_read() -> None:
    text = '[{"source": "native/lib/libpq.so.5.16", "target": "native/lib/libpq.so.5"}]'
    assert npm.links_of(text) == [("native/lib/libpq.so.5", "native/lib/libpq.so.5.16")]


@pytest.mark.parametrize(
    "text",
    [
        '[{"source": "/etc/passwd", "target": "native/lib/x"}]',
        '[{"source": "native/lib/x", "target": "../../x"}]',
        "[{}]",
        "no json",
    ],
)
def test_links_that_lead_out_of_a_package_are_refused(text: str) -> None:
    with pytest.raises(MachineError):
        npm.links_of(text)
