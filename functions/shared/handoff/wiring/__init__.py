"""The composition root: one function's settings become its database, queue, storage and domain objects.

Each is made when first asked for and kept for the life of the container. What a function does not ask for is never
imported.
"""

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from handoff.errors import NotFoundError, SettingError
from handoff.settings import RETRY_PAUSE_SECONDS, Settings, has_secrets_elsewhere, load_settings, source_hosts

if TYPE_CHECKING:
    from starlette.requests import Request

    from handoff.calls.read import CallMarks, CallReader
    from handoff.calls.receive import CallEvents
    from handoff.database import Database
    from handoff.exports.read import ExportReader
    from handoff.exports.request import ExportRequests
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

        return Publisher(
            self.queue,
            delivery_url=self.settings["DELIVERY_URL"],
            retries=self.settings["JOB_RETRIES"],
            retry_pause_seconds=RETRY_PAUSE_SECONDS,
            # The queue hangs up after the job has ended by itself, and before the lease ends.
            timeout_seconds=self.settings["LEASE_SECONDS"],
            parallelism={
                "produce_export": self.settings["EXPORT_PARALLELISM"],
                "record_call_event": self.settings["CALL_EVENT_PARALLELISM"],
            },
        )

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

        return who(session, self.sign_in, calls=self.settings["CALL_HISTORY"] == "on")

    def exporter(self, request: "Request") -> str:
        """Whose exports a request is about. Raises NoSessionError, SignInNeededError."""
        needs_person = self.settings["EXPORTS_NEED_SIGN_IN"]
        return self.sessions.person(request) if needs_person else self.sessions.owner(request)

    @cached_property
    def export_requests(self) -> "ExportRequests":
        from handoff.exports.request import ExportRequests
        from handoff.jobs.requests import RunLimits

        return ExportRequests(
            self.database,
            RunLimits(
                max_active=self.settings["MAX_ACTIVE_RUNS"],
                max_attempts=self.settings["JOB_RETRIES"] + 1,
                deadline_seconds=self.settings["RUN_DEADLINE_SECONDS"],
                outbox_grace_seconds=self.settings["OUTBOX_GRACE_SECONDS"],
            ),
            without=("call-report",) if self.settings["CALL_HISTORY"] == "off" else (),
        )

    @cached_property
    def export_reader(self) -> "ExportReader":
        from handoff.exports.read import ExportReader

        return ExportReader(self.database, self.link_urls, retention_days=self.settings["FILE_RETENTION_DAYS"])

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

        makers = {"produce_export": self._produce_export, "record_call_event": self._record_call_event}
        return Deliveries(
            {name: makers[name]() for name in JOB_TYPES},
            retries=self.settings["JOB_RETRIES"],
            retry_pause_seconds=RETRY_PAUSE_SECONDS,
        )

    @cached_property
    def job_endpoint(self) -> "Endpoint":
        from handoff.jobs.handler import Endpoint

        return Endpoint(self.queue, self.deliveries, self.settings["DELIVERY_URL"] + "/api/jobs")

    @cached_property
    def consumer(self) -> "Consumer":
        from handoff.jobs.consume import Consumer, job_route
        from handoff.jobs.queues import provider
        from handoff.jobs.queues.polling import PolledQueue
        from handoff.wiring.providers import credentials

        name = self.settings["QUEUE_PROVIDER"]
        if not issubclass(provider(name), PolledQueue):
            raise SettingError(f"QUEUE_PROVIDER={name} calls by itself: there is nothing to consume")
        queue = cast(PolledQueue, self.queue)
        jobs = job_route(queue, self.deliveries)
        return Consumer(
            queue,
            {"/api/jobs/": jobs},
            own_url=self.settings["DELIVERY_URL"],
            credentials=credentials(self.settings),
        )

    def _produce_export(self) -> Any:
        from handoff.fetch import SourceFetcher
        from handoff.jobs.leases import Leases
        from handoff.jobs.registry import job_class
        from handoff.jobs.results import Results

        name = "produce_export"
        leases = Leases(
            self.database,
            name,
            lease_seconds=self.settings["LEASE_SECONDS"],
            outbox_grace_seconds=self.settings["OUTBOX_GRACE_SECONDS"],
        )
        results = Results(
            self.database,
            lambda: self.storage,
            self.tokens,
            max_bytes=self.settings["MAX_EXPORT_BYTES"],
            link_ttl_seconds=self.settings["LINK_TTL_SECONDS"],
        )
        fetcher = SourceFetcher(
            allowed_hosts=source_hosts(self.settings),
            loopback_exception=self.settings["SOURCE_LOOPBACK"] or None,
            max_bytes=self.settings["MAX_EXPORT_BYTES"],
            time_limit_seconds=self.settings["JOB_TIME_LIMIT_SECONDS"],
        )
        return job_class(name)(
            self.database,
            leases,
            results,
            fetcher,
            time_limit_seconds=self.settings["JOB_TIME_LIMIT_SECONDS"],
            source_url=self.settings["SOURCE_URL"],
            source_file_name=self.settings["SOURCE_FILE_NAME"],
        )

    def _record_call_event(self) -> Any:
        from handoff.jobs.registry import job_class

        return job_class("record_call_event")(self.database, self.held_messages)
