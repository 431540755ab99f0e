"""`python -m tests.bench.cold_start [--rounds 15] [--seed 1]`: measure, print a table, write results/cold_start.*."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.bench.cold_start import ours, usual
from tests.bench.cold_start.chart import chart
from tests.bench.cold_start.figures import figures, summary
from tests.bench.cold_start.machine import describe_machine
from tests.bench.cold_start.packages import find_python, packages, upload_sizes
from tests.bench.cold_start.rounds import Bench, Key, Samples
from tests.bench.cold_start.services import Services, services
from tests.bench.cold_start.table import table
from tests.support.servers import http_server

RESULTS = Path(__file__).parents[1] / "results"


def main() -> int:
    arguments = parse()
    machine = describe_machine(find_python())  # before others change what is checked out
    made = packages()
    uploads = upload_sizes(made)
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as folder, services(Path(folder)) as running:
        usual.create_secret(running)
        with http_server(ours.extension(running).respond) as extension_url:
            samples = measure(
                Bench(
                    made, lambda key: settings(key, running, extension_url), running, Path(folder) / "containers.log"
                ),
                arguments,
            )
    print(table(samples, uploads))
    document = {
        "machine": machine,
        "seed": arguments.seed,
        **summary(samples, uploads),
    }
    if not arguments.no_results:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "cold_start.json").write_text(json.dumps(document, indent=1) + "\n")
        (RESULTS / "cold_start.svg").write_text(chart(figures(samples.cold)))
    return 0


def measure(bench: Bench, arguments: argparse.Namespace) -> Samples:
    return bench.run(
        rounds=arguments.rounds,
        warm_calls=arguments.warm,
        import_rounds=arguments.import_rounds,
        seed=arguments.seed,
        report=lambda words: print(words, file=sys.stderr, flush=True),
    )


def settings(key: Key, running: Services, extension_url: str) -> dict[str, str]:
    variant, function = key
    if variant == "bare":
        return {}
    return ours.settings(function, running, extension_url) if variant == "ours" else usual.settings(running)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cold_start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1, help="of the order within each round")
    parser.add_argument("--warm", type=int, default=5, help="further requests to each container")
    parser.add_argument(
        "--import-rounds", type=int, default=5, help="in how many rounds imports are timed by themselves"
    )
    parser.add_argument("--no-results", action="store_true", help="leave results/ as it is")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds must be 1 or more")
    return arguments


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
