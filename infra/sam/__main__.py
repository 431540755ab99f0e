"""`make sam-test`: what `sam build` made runs under the real `sam local`: exports, an image, and calls.

Postgres, QStash, S3 and the source are this machine's; the functions run in SAM's containers and reach them over the
containers' bridge. Prints each request. Ends with 0 when all was as it should be, 1 when not, 2 when it cannot be
tried.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from functools import partial

from infra.local.commands.services import Elsewhere, running_services
from infra.local.errors import LocalError
from infra.local.gateway.schedule import make_scheduled_event
from infra.local.gateway.sqs import SqsQueue
from infra.local.lifetime import until_stopped
from infra.local.ports import HOST, free_port
from infra.local.source import DEFAULT_PDF
from infra.local.state import ROOT, State
from infra.local.terminal import GREEN, Terminal
from infra.sam import story, story_aws, story_calls, story_images, story_sqs
from infra.sam.engine import Engine, running_engine
from infra.sam.local import ASKED_BY_AWS, SamLocal
from infra.sam.talk import Talk, UnmetError

PREFERRED_PORT = 3000
# Files in S3, for containers share no folder with this machine. A lost message is sent again once it is looked for.
CALLER = {"STORAGE_PROVIDER": "s3", "OUTBOX_GRACE_SECONDS": "1"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.sam", description=__doc__)
    parser.add_argument("--stop-with-parent", type=int, metavar="PID", help="end when this process, the caller, does")
    parent: int | None = parser.parse_args().stop_with_parent
    out, state = Terminal(), State(ROOT / ".handoff" / "sam")
    try:
        with running_engine(state.folder, out.note) as engine:
            return asyncio.run(try_out(engine, state, parent, out))
    except LocalError as error:
        out.error(str(error))
        return 2
    except UnmetError as error:
        out.error(f"Not as it should be: {error}\nThe logs are in {state.logs}")
        return 1
    except KeyboardInterrupt:
        return 130


async def try_out(engine: Engine, state: State, parent: int | None, out: Terminal) -> int:
    began = time.monotonic()
    port = free_port(PREFERRED_PORT)
    async with until_stopped(parent=parent):
        answers = await with_qstash(engine, state, port, out) + await with_sqs(engine, state, port, out)
        out.line()
        seconds = time.monotonic() - began
        out.line(f"{answers} answers of `sam local` were as they should be: {seconds:.1f} s.", GREEN)
        return 0
    return 130


def beside(engine: Engine, port: int) -> Elsewhere:
    return Elsewhere(engine.address, f"http://127.0.0.1:{port}", bind=engine.bind, people=True)


async def with_qstash(engine: Engine, state: State, port: int, out: Terminal) -> int:
    """How many answers there were."""
    async with running_services(state, beside(engine, port), CALLER, out.error) as (services, settings):
        sam = SamLocal(engine, settings, state.logs)
        out.row("engine", engine.name)
        async with sam.api(port) as url, Talk(url, out) as talk:
            out.row("sam local", f"start-api on {url}")
            out.heading("Refusals")
            await story.refusals(talk)
            out.heading("An export")
            run = await story.export(talk, sam.api_log)
            out.heading("Its links")
            await story.links(talk, run, DEFAULT_PDF.read_bytes())
            out.heading("A lost message")
            assert services.queue
            await story.lost_message(talk, services.queue, lambda: sam.invoke("SweepFunction", make_scheduled_event()))
            out.heading("An image")
            talk.become(await asyncio.to_thread(story_images.image, url, out))
            out.heading("Calls, for who signed in")
            await story_calls.calls(talk, settings["CALL_WEBHOOK_SECRETS"])
            out.heading("What AWS itself asks")
            asked = partial(sam.invoke, template=ASKED_BY_AWS)
            await story_aws.migrate(talk, asked, engine.address if engine.bind else HOST, engine.address)
            await story_aws.sign_up(talk, asked)
        return talk.count


async def with_sqs(engine: Engine, state: State, port: int, out: Terminal) -> int:
    """How many answers there were."""
    caller = CALLER | {"QUEUE_PROVIDER": "sqs"}
    async with running_services(state, beside(engine, port), caller, out.error) as (_, settings):
        sam = SamLocal(engine, settings, state.logs)
        async with (
            sam.api(port) as url,
            Talk(url, out) as talk,
            SqsQueue(settings["SQS_QUEUE_URL"], settings) as queue,
        ):
            out.heading("An export by Amazon SQS")
            await story_sqs.export(talk, queue, lambda event: sam.invoke("ConsumeFunction", event))
        return talk.count


if __name__ == "__main__":
    sys.exit(main())
