"""The composition root: one function's settings become its database, queue, storage and domain objects.

Each is made when first asked for and kept for the life of the container. What a function does not ask for is never
imported.
"""

import os
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any, cast

from handoff.errors import NotFoundError, SettingError
from handoff.settings import RETRY_PAUSE_SECONDS, Settings, has_secrets_elsewhere, load_settings
from handoff.telemetry import count_in

if TYPE_CHECKING:
    from starlette.requests import Request

    from handoff.calls.read import CallMarks, CallReader
    from handoff.calls.receive import CallEvents
    from handoff.database import Database
    from handoff.exports.read import ExportReader
    from handoff.exports.request import ExportRequests
    from handoff.generations.read import GenerationReader
    from handoff.generations.receive import ImageAnswers
    from handoff.generations.request import ImageRequests
    from handoff.jobs.consume import Consumer
    from handoff.jobs.deliver import Deliveries
    from handoff.jobs.handler import Endpoint
    from handoff.jobs.held import HeldMessages
    from handoff.jobs.publish import Publisher
    from handoff.jobs.queues.base import Queue
    from handoff.links.download import Downloads
    from handoff.links.links import Links, LinkUrls
    from handoff.links.tokens import LinkTokens
    from handoff.people.person import SignIn
    from handoff.people.sign_in import SignIns
    from handoff.storage import Storage
    from handoff.web.session import Session, SessionCookies


class Wiring:
    """What one function is made of.

    Raises SettingError at once if its settings are not right; where secrets have to be fetched, at the first request,
    because the extension that has them serves nobody while the function itself is starting.
    """

    def __init__(self, function: str) -> None:
        self.function = function
        count_in(os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Handoff"))
        if not has_secrets_elsewhere(os.environ):
            _ = self.settings

    @cached_property
    def settings(self) -> Settings:
        return load_settings(self.function)

    @cached_property
    def database(self) -> "Database":
        from handoff.database import Database

        return Database(self.settings["DATABASE_URL"], listen=self.settings["DATABASE_LISTEN"])

    @cached_property
    def queue(self) -> "Queue":
        from handoff.jobs.queues import provider
        from handoff.wiring.providers import queue_arguments
        from handoff.wiring.pyjwt import import_without_key_pairs

        name = self.settings["QUEUE_PROVIDER"]
        if name == "qstash" or self.function == "callback":
            import_without_key_pairs()
        return provider(name)(**queue_arguments(name, self.settings, self.function))

    @cached_property
    def storage(self) -> "Storage":
        from handoff.storage import provider
        from handoff.wiring.providers import storage_arguments

        name = self.settings["STORAGE_PROVIDER"]
        return provider(name)(**storage_arguments(name, self.settings))

    @cached_property
    def publisher(self) -> "Publisher":
        from handoff.jobs.publish import Publisher
        from handoff.wiring.runs import outgoing

        return Publisher(self.queue, cache(partial(outgoing, self)))

    @cached_property
    def held_messages(self) -> "HeldMessages":
        from handoff.jobs.held import HeldMessages

        return HeldMessages(lambda: self.database, grace_seconds=self.settings["OUTBOX_GRACE_SECONDS"])

    @cached_property
    def tokens(self) -> "LinkTokens":
        from handoff.links.tokens import LinkTokens

        return LinkTokens(self.settings["LINK_KEYS"])

    @cached_property
    def link_urls(self) -> "LinkUrls":
        from handoff.links.links import LinkUrls

        return LinkUrls(self.tokens, self.settings["PUBLIC_URL"])

    @cached_property
    def links(self) -> "Links":
        from handoff.links.links import Links

        return Links(self.database, self.link_urls, link_ttl_seconds=self.settings["LINK_TTL_SECONDS"])

    @cached_property
    def downloads(self) -> "Downloads":
        from handoff.links.download import Downloads

        return Downloads(self.database, self.tokens, lambda: self.storage)

    @cached_property
    def sessions(self) -> "SessionCookies":
        from handoff.web.session import SessionCookies

        return SessionCookies(self.settings["SESSION_KEYS"], self.settings["PUBLIC_URL"], self.sign_in)

    @cached_property
    def sign_in(self) -> "SignIn | None":
        from handoff.people.person import SignIn

        if not self.settings["OIDC_ISSUER"]:
            return None
        return SignIn(
            self.settings["OIDC_ISSUER"],
            self.settings["OIDC_CLIENT_ID"],
            self.settings["OIDC_AUTHORIZATION_URL"],
            self.settings["OIDC_TOKEN_URL"],
            self.settings["ALLOWED_EMAIL_DOMAINS"],
        )

    @cached_property
    def sign_ins(self) -> "SignIns":
        from handoff.wiring.pyjwt import import_with_key_pairs

        if self.sign_in is None:
            raise NotFoundError("Nobody can sign in here.")
        import_with_key_pairs()
        from handoff.people.id_token import IdTokens
        from handoff.people.issuer_keys import IssuerKeys
        from handoff.people.sign_in import SignIns

        return SignIns(self.database, IdTokens(self.sign_in, IssuerKeys(self.settings["OIDC_KEYS_URL"])))

    def who(self, session: "Session") -> dict[str, Any]:
        """What the page is told of a session."""
        from handoff.web.who import who
        from handoff.wiring.images import image_choices

        images, calls = image_choices(self.settings), self.settings["CALL_HISTORY"] == "on"
        return who(session, self.sign_in, images=images, calls=calls)

    def exporter(self, request: "Request") -> str:
        """Whose exports a request is about. Raises NoSessionError, SignInNeededError."""
        needs_person = self.settings["EXPORTS_NEED_SIGN_IN"]
        return self.sessions.person(request) if needs_person else self.sessions.owner(request)

    @cached_property
    def export_requests(self) -> "ExportRequests":
        from handoff.exports.request import ExportRequests
        from handoff.wiring.runs import run_limits

        limits = run_limits(self.settings, retries=self.settings["JOB_RETRIES"])
        without = ("call-report",) if self.settings["CALL_HISTORY"] == "off" else ()
        return ExportRequests(self.database, limits, without=without)

    @cached_property
    def export_reader(self) -> "ExportReader":
        from handoff.exports.read import ExportReader

        return ExportReader(self.database, self.link_urls, retention_days=self.settings["FILE_RETENTION_DAYS"])

    @cached_property
    def image_requests(self) -> "ImageRequests":
        from handoff.wiring.images import image_requests

        return image_requests(self)

    @cached_property
    def generation_reader(self) -> "GenerationReader":
        from handoff.generations.read import GenerationReader

        return GenerationReader(self.database, self.link_urls, retention_days=self.settings["FILE_RETENTION_DAYS"])

    @cached_property
    def image_answers(self) -> "ImageAnswers":
        from handoff.wiring.images import image_answers

        return image_answers(self)

    @cached_property
    def call_events(self) -> "CallEvents":
        from handoff.calls.receive import CallEvents
        from handoff.wiring.providers import carriers

        return CallEvents(carriers(self.settings), self.publisher, self.held_messages)

    @cached_property
    def call_reader(self) -> "CallReader":
        from handoff.calls.read import CallReader

        return CallReader(self.database)

    @cached_property
    def call_marks(self) -> "CallMarks":
        from handoff.calls.read import CallMarks

        return CallMarks(self.database)

    @cached_property
    def deliveries(self) -> "Deliveries":
        from handoff.jobs.deliver import Deliveries
        from handoff.jobs.registry import JOB_TYPES
        from handoff.wiring.runs import produce_export, record_call_event

        makers = {"produce_export": produce_export, "record_call_event": record_call_event}
        return Deliveries(
            {name: makers[name](self) for name in JOB_TYPES},
            retries=self.settings["JOB_RETRIES"],
            retry_pause_seconds=RETRY_PAUSE_SECONDS,
        )

    @cached_property
    def job_endpoint(self) -> "Endpoint":
        from handoff.jobs.handler import Endpoint

        return Endpoint(self.queue, self.deliveries, self.settings["DELIVERY_URL"] + "/api/jobs")

    @cached_property
    def consumer(self) -> "Consumer":
        from handoff.generations.receive import answer_route
        from handoff.jobs.consume import Consumer, job_route
        from handoff.jobs.queues import provider
        from handoff.jobs.queues.polling import PolledQueue
        from handoff.wiring.providers import credentials

        name = self.settings["QUEUE_PROVIDER"]
        if not issubclass(provider(name), PolledQueue):
            raise SettingError(f"QUEUE_PROVIDER={name} calls by itself: there is nothing to consume")
        queue = cast(PolledQueue, self.queue)
        routes = {
            "/api/jobs/": job_route(queue, self.deliveries),
            "/api/worker/": answer_route(queue, lambda: self.image_answers),
        }
        return Consumer(
            queue,
            routes,
            own_url=self.settings["DELIVERY_URL"],
            credentials=credentials(self.settings),
        )
