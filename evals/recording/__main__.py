"""Records what a real small model answers to the scripts: `make record`."""

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from vcr.cassette import Cassette

from agent.ports import Mind
from evals.recording import local_server, playing, taping, weights
from evals.recording.playing import Script


def main() -> int:
    given = _arguments()
    try:
        match given.command:
            case "record":
                _record(given.scripts or playing.names(), given.cache)
            case "serve":
                _serve(given.port, given.cache)
            case "weights":
                print(weights.fetch(given.cache))
    except (weights.WeightsError, local_server.NotInstalled) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--cache", type=Path, default=weights.cache_folder(), help="default: %(default)s")  # fmt: skip
    parser = argparse.ArgumentParser(prog="python -m evals.recording", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser("record", parents=[shared], help="play the scripts, write the cassettes")  # fmt: skip
    record.add_argument("scripts", nargs="*", metavar="SCRIPT", help="default: all")
    serve = commands.add_parser("serve", parents=[shared], help="the model at a port of this machine")  # fmt: skip
    serve.add_argument("--port", type=int, default=8080)
    commands.add_parser("weights", parents=[shared], help="fetch the model, 1.1 GB")
    return parser.parse_args()


def _record(scripts: Sequence[str], cache: Path) -> None:
    """A cassette is replaced when its script was played to the end."""
    taping.CASSETTES.mkdir(parents=True, exist_ok=True)
    with (
        local_server.local_server(weights.fetch(cache)) as base_url,
        tempfile.TemporaryDirectory(prefix="ringback-", dir=taping.CASSETTES) as scratch,
    ):
        player = playing.Player(Path(scratch))
        for name in scripts:
            fresh = Path(scratch) / f"{name}.yaml"
            with taping.recording(fresh) as tape:
                _show(playing.read(name), player, playing.model_at(base_url), tape)
            if not fresh.exists():
                sys.exit(f"{name}: the model was asked nothing, there is nothing to record")
            fresh.replace(taping.cassette(name))


def _show(script: Script, player: playing.Player, model: Mind | None, tape: Cassette) -> None:
    print(f"\n{script['about']}")
    lines, state = player.play(script, model), {}
    for turn in script["turns"]:
        calls, began = len(tape), time.perf_counter()
        line = next(lines)
        state = line["state"]
        took = f"{len(tape) - calls} calls, {time.perf_counter() - began:.0f} s"
        print(f"> {turn['caller']}", *line["replies"], f"  [{took}]", sep="\n", flush=True)
    for problem in playing.differing(script["end"], state):
        print(f"  ! {problem}", flush=True)


def _serve(port: int, cache: Path) -> None:
    with local_server.local_server(weights.fetch(cache), port) as base_url:
        print(f"OPENAI_BASE_URL={base_url} RINGBACK_MODEL={weights.MODEL}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
