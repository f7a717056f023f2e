"""`stackyard render compose -o DIR`: a folder that runs with Docker Compose alone."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from stackyard.cli.output import json_argument, say, say_json, system_arguments, warn
from stackyard.errors import EXIT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    targets = parser.add_subparsers(dest="what", metavar="TARGET", required=True)
    compose = targets.add_parser("compose", help="Compose files, Dockerfiles, configuration and secrets")
    system_arguments(compose)
    json_argument(compose)
    compose.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    compose.add_argument("--force", action="store_true", help="write over files that were changed, or are not ours")
    compose.add_argument("--no-secrets", action="store_true", help="leave secrets out: they are made where it will run")


def run(args: argparse.Namespace) -> int:
    """Write the folder, and say how it is run."""
    from stackyard.operate.compose.ejecting import eject

    ejected = eject(args.file, args.env, args.output, force=args.force, with_secrets=not args.no_secrets)
    if args.json:
        say_json({**asdict(ejected), "folder": str(ejected.folder)})
        return EXIT_DONE
    for sentence in (*ejected.notices, *ejected.left_out):
        warn(sentence)
    for name in ejected.written:
        say(f"  wrote    {ejected.folder / name}")
    for name in ejected.removed:
        say(f"  removed  {ejected.folder / name}")
    say(f"{len(ejected.written)} files written, {ejected.unchanged} were as they should be")
    files = " ".join(f"-f {name}" for name in ejected.order)
    say(f"It runs without Stackyard: cd {ejected.folder} && docker compose {files} up -d --build --wait")
    return EXIT_DONE
