"""Which folders hot reload looks at: those that people write the services in, and what these are made of besides."""

from __future__ import annotations

from pathlib import Path

from stackyard.operate.reload import watched

STACK = """
system: shop
services:
  api: {build: ./api, command: run, port: 8000}
  web: {static: ./web}
edge: {host: shop.localhost, routes: {/: web, /api: api}}
"""


def write(root: Path, **files: str) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def test_packages_beside_a_service_are_watched_with_it(tmp_path: Path) -> None:
    """Whoever saves a file of a shared package sees it run, in Python and in a front end."""
    write(
        tmp_path,
        **{
            "kit/pyproject.toml": "",
            "web-kit/package.json": "{}",
            "shop/stackyard.yaml": STACK,
            "shop/api/pyproject.toml": '[tool.uv.sources]\nkit = {path = "../../kit"}\n',
            "shop/web/package.json": '{"dependencies": {"web-kit": "file:../../web-kit", "inner": "file:./inner"}}',
            "shop/web/inner/package.json": "{}",
        },
    )
    shop = tmp_path / "shop"
    found = set(watched(shop / "stackyard.yaml", "development", ()))
    assert found == {
        shop / "stackyard.yaml",
        shop / "api",
        tmp_path / "kit",
        shop / "web",
        tmp_path / "web-kit",
    }
