"""The bench of cold starts itself: its Runtime API, its TLS, its stand-in of the extension, its figures, its chart."""

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import psycopg
import pytest

from handoff.secrets import read_parameter, read_secret
from infra.local.postgres import Postgres
from tests.bench.cold_start.chart import chart
from tests.bench.cold_start.container import Package, container
from tests.bench.cold_start.extension import TOKEN, Extension
from tests.bench.cold_start.figures import AIMS, Figure, figure, figures, ratios, summary
from tests.bench.cold_start.packages import zipped_bytes
from tests.bench.cold_start.postgres_tls import tls_front
from tests.bench.cold_start.rounds import Samples
from tests.bench.cold_start.runtime_api import ContainerError, RuntimeApi, runtime_api
from tests.bench.cold_start.table import table
from tests.support.servers import http_server

# As much of awslambdaric as the Runtime API asks of a client; the real one is in an environment of its own.
CLIENT = """
import importlib, os, sys, urllib.request
module, function = sys.argv[1].split(".")
handler = getattr(importlib.import_module(module), function)
base = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
import json
while True:
    with urllib.request.urlopen(base + "next") as given:
        event, request_id = json.load(given), given.headers["Lambda-Runtime-Aws-Request-Id"]
    answer = json.dumps(handler(event, None)).encode()
    urllib.request.urlopen(base + request_id + "/response", data=answer).close()
"""


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    with runtime_api() as made:
        yield made


def take(api: RuntimeApi) -> tuple[str, object]:
    """What a container does: ask for the next event; its request id and the event."""
    with urlopen(f"http://{api.address}/2018-06-01/runtime/invocation/next") as given:
        return given.headers["Lambda-Runtime-Aws-Request-Id"], json.load(given)


def give(api: RuntimeApi, request_id: str, kind: str, body: bytes) -> int:
    url = f"http://{api.address}/2018-06-01/runtime/invocation/{request_id}/{kind}"
    with urlopen(Request(url, data=body)) as answer:
        return int(answer.status)


def test_an_event_reaches_the_container_and_its_answer_comes_back(api: RuntimeApi) -> None:
    api.hand_over({"number": 1})
    request_id, event = take(api)
    assert event == {"number": 1}
    assert give(api, request_id, "response", b'{"statusCode": 200}') == 202
    assert api.reply().body == {"statusCode": 200}


def test_an_event_waits_for_the_container_and_the_container_for_an_event(api: RuntimeApi) -> None:
    taken: list[object] = []
    asking = threading.Thread(target=lambda: taken.append(take(api)[1]))
    asking.start()
    while api.first_asked is None:
        asking.join(0.01)
    assert not taken
    api.hand_over("late")
    asking.join()
    assert taken == ["late"]


def test_an_answer_in_chunks_is_read_whole(api: RuntimeApi) -> None:
    api.hand_over(None)
    request_id, _ = take(api)
    connection = http.client.HTTPConnection(api.address)
    path = f"/2018-06-01/runtime/invocation/{request_id}/response"
    connection.request("POST", path, body=iter([b'["a"', b', "b"]']), encode_chunked=True)
    assert connection.getresponse().status == 202
    connection.close()
    assert api.reply().body == ["a", "b"]


@pytest.mark.parametrize("place", ["init", "invocation/1"])
def test_a_containers_error_is_raised_with_what_it_said(api: RuntimeApi, place: str) -> None:
    with urlopen(Request(f"http://{api.address}/2018-06-01/runtime/{place}/error", data=b"no module app")):
        pass
    with pytest.raises(ContainerError, match="no module app"):
        api.reply()


@contextmanager
def package(folder: Path, code: str) -> Iterator[Package]:
    """A package for this Python, whose client is the small one above."""
    (folder / "awslambdaric").mkdir()
    (folder / "awslambdaric" / "__main__.py").write_text(CLIENT)
    (folder / "app.py").write_text(code)
    yield Package(sys.executable, folder, [], "app.handler")


def test_a_container_starts_with_the_environment_it_is_given_and_ends_with_its_block(tmp_path: Path) -> None:
    code = "import os\ndef handler(event, context): return [event, os.getpid(), dict(os.environ)]\n"
    with package(tmp_path, code) as made:
        with container(made, {"SETTING": "1"}, "first", tmp_path / "log") as running:
            event, pid, environment = running.first.body
            again, seconds = running.ask("second")
        assert event == "first"
        assert again.body[:2] == ["second", pid]
        assert 0 < running.init_seconds <= running.first_seconds
        assert seconds > 0
        assert environment["SETTING"] == "1"
        assert environment["LAMBDA_TASK_ROOT"] == str(tmp_path)
        assert "HOME" not in environment
        assert subprocess.run(["kill", "-0", str(pid)], capture_output=True, check=False).returncode != 0


WORK_AFTER_WAITING = """
import time
def handler(event, context):
    time.sleep(0.3)
    until = time.thread_time() + event
    while time.thread_time() < until: pass
"""


def test_the_time_on_a_processor_is_that_of_work_and_not_of_waiting(tmp_path: Path) -> None:
    used = []
    with package(tmp_path, WORK_AFTER_WAITING) as made:
        for work in (0, 0.5):
            with container(made, {}, work, tmp_path / "log") as running:
                used.append((running.processor_seconds, running.first_seconds))
    (idle, idle_whole), (busy, _) = used
    if sys.platform == "linux":
        assert idle is not None
        assert busy is not None
        assert busy >= 0.5
        assert idle <= idle_whole - 0.3
    else:
        assert (idle, busy) == (None, None)


def test_the_extension_gives_secrets_to_its_own_function_alone() -> None:
    with http_server(Extension({"arn:1": {"A": "b"}}, {"/name": "value"}).respond) as url:
        environment = {"PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": url.rpartition(":")[2], "AWS_SESSION_TOKEN": TOKEN}
        assert read_secret("arn:1", environment) == {"A": "b"}
        assert read_parameter("/name", environment) == "value"
        with pytest.raises(Exception, match="403"):
            read_secret("arn:1", environment | {"AWS_SESSION_TOKEN": "another"})
        with pytest.raises(Exception, match="404"):
            read_secret("arn:2", environment)


def test_postgres_answers_over_tls_and_hangs_up_without(postgres: Postgres, tmp_path: Path) -> None:
    with tls_front(postgres.port, tmp_path) as front:
        url = postgres.url.replace(f":{postgres.port}/", f":{front.port}/")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"{url}?sslmode=disable&gssencmode=disable")
        assert (front.encrypted, front.refused) == (0, 1)
        with psycopg.connect(f"{url}?sslmode=verify-full&sslrootcert={tmp_path / 'authority.pem'}") as connection:
            assert connection.pgconn.ssl_in_use
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert (front.encrypted, front.refused) == (1, 1)


def samples() -> Samples:
    made = Samples()
    times = {"ours": [200.0, 100.0, 300.0], "peer-fresh": [400.0] * 3, "peer-stale": [1000.0] * 3}
    for measure in (made.cold, made.init, made.imported, made.warm, made.processor):
        for function in AIMS:
            for variant, values in times.items():
                measure[variant, function] = values
        measure["bare", "bare"] = [50.0]
    return made


def test_a_figure_is_the_median_with_its_quartiles() -> None:
    assert figure([4.0, 1.0, 3.0, 2.0, 5.0]) == Figure(median=3.0, low=2.0, high=4.0, count=5)
    assert figure([7.0]) == Figure(median=7.0, low=7.0, high=7.0, count=1)


def test_ratios_are_ours_over_each_other_variants() -> None:
    assert ratios(figures(samples().cold))["status"] == {"peer-stale": 0.2, "peer-fresh": 0.5, "bare": 4.0}


def test_the_table_says_which_aims_were_reached() -> None:
    said = table(samples(), {"ours": 10_000_000, "peer": 20_000_000})
    assert "status    0.200 (0.15 missed) · 0.50 · 4.00" in said
    assert "trigger   0.200 (0.35 reached)" in said
    assert "the peer's 0.500 (0.333 missed)" in said


def test_the_file_of_results_has_each_sample_that_its_medians_come_from() -> None:
    document = json.loads(json.dumps(summary(samples(), {"ours": 1, "peer": 4})))
    assert document["cold_samples"]["ours status"] == [200.0, 100.0, 300.0]
    assert document["milliseconds"]["cold"]["ours status"] == {
        "median": 200.0,
        "quartiles": [150.0, 250.0],
        "samples": 3,
    }
    assert document["cold_ratios"]["download"]["peer-stale"] == 0.2
    assert document["upload_bytes"] == {"ours": 1, "peer": 4}


def test_the_chart_draws_each_bar_as_long_as_its_median_in_colours_for_light_and_dark() -> None:
    svg = ElementTree.fromstring(chart(figures(samples().cold)))
    name = "{http://www.w3.org/2000/svg}"
    bars = [bar for bar in svg.iter(f"{name}rect") if bar.get("height") == "16"]
    lengths = {bar.get("class"): float(bar.get("width", "0")) for bar in bars}
    assert len(bars) == 12
    assert lengths["ours"] / lengths["peer-stale"] == pytest.approx(0.2, abs=0.01)
    words = [text.text for text in svg.iter(f"{name}text")]
    assert {"status", "download", "trigger", "callback", "200", "1000"} <= set(words)
    assert "prefers-color-scheme: dark" in (svg.findtext(f"{name}style") or "")


def test_a_zip_leaves_out_what_is_to_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x")
    without = zipped_bytes(tmp_path)
    (tmp_path / "a.pyc").write_bytes(bytes(range(256)) * 40)
    assert zipped_bytes(tmp_path) > without
    assert zipped_bytes(tmp_path, leave_out=".pyc") == without
