"""The figures, for a terminal."""

from collections.abc import Iterator, Mapping

from tests.bench.cold_start.figures import AIMS, UPLOAD_AIM, figures, ratios
from tests.bench.cold_start.rounds import Key, Samples

ORDER = ("ours", "peer-fresh", "peer-stale")
HEADING = f"{'':11}{'function':10}{'cold, ms (quartiles)':>24}{'on CPU':>8}{'init':>8}{'import':>8}{'warm':>8}"


def table(samples: Samples, uploads: Mapping[str, int]) -> str:
    """Medians for each variant and function, the ratios with their aims, and the sizes."""
    return "\n".join([HEADING, *measured(samples), "", *compared(samples), "", *sizes(uploads)])


def measured(samples: Samples) -> Iterator[str]:
    found = [figures(values) for values in (samples.processor, samples.init, samples.imported, samples.warm)]
    cold = figures(samples.cold)
    functions = sorted({function for variant, function in cold if variant == "ours"})
    keys: list[Key] = [("bare", "bare"), *((variant, function) for function in functions for variant in ORDER)]
    for key in keys:
        if key in cold:
            item = cold[key]
            spread = f"{item.median:.0f} ({item.low:.0f} to {item.high:.0f})"
            rest = "".join(f"{by_key[key].median:8.1f}" if key in by_key else f"{'-':>8}" for by_key in found)
            yield f"{key[0]:11}{key[1]:10}{spread:>24}{rest}"


def compared(samples: Samples) -> Iterator[str]:
    yield "Spawn to first answer, ours over: the peer as shipped (aim) · its .pyc fresh · the bare handler"
    on_processor = ratios(figures(samples.processor))
    for function, by_name in ratios(figures(samples.cold)).items():
        stale, aim = by_name["peer-stale"], AIMS[function]
        said = "reached" if stale <= aim else "missed"
        line = f"  {function:10}{stale:.3f} ({aim:.2f} {said}) · {by_name['peer-fresh']:.2f} · {by_name['bare']:.2f}"
        found = on_processor.get(function)
        yield line + (f" · on CPU {found['peer-stale']:.2f}" if found else "")


def sizes(uploads: Mapping[str, int]) -> Iterator[str]:
    yield "Upload, MB zipped: " + ", ".join(f"{name} {size / 1e6:.1f}" for name, size in uploads.items())
    ratio = uploads["ours"] / uploads["peer"]
    yield f"  ours over the peer's {ratio:.3f} ({UPLOAD_AIM:.3f} {'reached' if ratio <= UPLOAD_AIM else 'missed'})"
