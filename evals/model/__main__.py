"""`python -m evals.model --port N`: the double in a process of its own, until it is ended."""

import argparse
import contextlib
import threading

from evals.model.behaviours import BEHAVIOURS, adversary
from evals.model.double import ModelDouble
from evals.model.faults import FAULTS


def main() -> None:
    asked = _arguments()
    behaviour = (
        adversary(asked.seed) if asked.behaviour == "adversary" else BEHAVIOURS[asked.behaviour]
    )
    double = ModelDouble(
        behaviour, faults=asked.fault, delay_s=asked.delay_s, seed=asked.seed, port=asked.port
    )
    with double, contextlib.suppress(KeyboardInterrupt):
        print(double.url, flush=True)
        threading.Event().wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evals.model", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one; the URL is printed")
    parser.add_argument("--behaviour", choices=BEHAVIOURS, default="honest")
    parser.add_argument("--fault", choices=FAULTS, help="for every call")
    parser.add_argument("--delay-s", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
