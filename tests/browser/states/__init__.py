"""Every state of the page by name, in the order of a visitor's way: how it is reached and what is seen of it."""

import re

from tests.browser.refusals import REF
from tests.browser.states import beginning, called, handed_over, listed, pictured, stopped, visited, waiting
from tests.browser.states.state import State, answer, calls, images

CLOCK = r"\d{1,2}:\d\d:\d\d"
CREATE = "button Create PDF"
FILE = "link document.pdf"
LEAVE = "button New export"
LINKED = (FILE, LEAVE, "link Download")

STATES: dict[str, State] = {
    # Before anything was asked for
    "starting": State(beginning.starting, ("Create a PDF.",)),
    "empty": State(
        beginning.empty, ("Create a PDF.", "you can always get a new one.", "Nothing here yet."), actions=(CREATE,)
    ),
    "history-loading": State(beginning.history_loading, ("Loading your history…",), actions=(CREATE,)),
    "history-error": State(
        beginning.history_error, ("Your history could not be loaded.",), (CREATE,), besides=("button Try again",)
    ),
    "session-throttled": State(
        beginning.throttled_session, (re.compile(r"Too many requests\. Asking again in \d+\xa0s\."),)
    ),
    "session-refused": State(
        beginning.refused_session, ("The page could not start. Status 403",), ("button Try again",)
    ),
    "unreachable": State(
        beginning.unreachable, ("Can't reach the service.", "Create a PDF."), besides=("button Try now",)
    ),
    "opening": State(beginning.opening, ("Looking for your export…",)),
    "missing": State(
        beginning.missing, ("This export is not here.", "It belongs to another browser"), actions=(CREATE,)
    ),
    "without-scripts": State(
        beginning.without_scripts, ("This page needs JavaScript", "then reload."), runs_scripts=False
    ),
    # From the click to the file
    "sending": State(waiting.sending, ("Sending…",)),
    "answer-lost": State(waiting.answer_lost, ("Connection dropped.", "Checking whether it was received…")),
    "queued": State(
        waiting.queued, (re.compile(r"Waiting for its turn… 0:0\d"), "It starts by itself."), actions=("button Cancel",)
    ),
    "working": State(waiting.working, (re.compile(r"Preparing… 0:0\d"), "Attempt 1 of 4."), actions=("button Cancel",)),
    "second-attempt": State(
        waiting.second_attempt,
        ("Preparing…", "Attempt 2 of 4. Last try: the source answered with an error."),
        actions=("button Cancel",),
    ),
    "slow": State(
        waiting.slow,
        (re.compile(r"Still working… 1:\d\d"), "You can close this tab; it will be in your history."),
        actions=("button Cancel", "button Copy page link"),
    ),
    "offline": State(
        waiting.offline,
        ("Preparing…", re.compile(rf"Can't reach the service\. Last checked {CLOCK}")),
        actions=("button Cancel",),
        besides=("button Try now",),
    ),
    # The file is made
    "ready": State(
        handed_over.ready,
        (re.compile(r"Ready\. The link works for [12]:\d\d\."), re.compile(rf"Until {CLOCK}.*\. Not downloaded yet")),
        actions=(*LINKED, "button Copy link", "button Revoke"),
    ),
    "copy-by-hand": State(
        handed_over.copy_by_hand, ("Copy it by hand", "The address is selected"), besides=("button Close",)
    ),
    "ending": State(
        handed_over.ending,
        (re.compile(r"The link ends in \d+\xa0s\."), "A new link gives you more time."),
        actions=(*LINKED, "button New link", "button Copy link", "button Revoke"),
    ),
    "ending-unasked": State(
        handed_over.ending_unasked,
        ("Checking whether the link has ended…",),
        actions=(*LINKED, "button New link", "button Copy link", "button Revoke"),
    ),
    "unseen-ready": State(
        handed_over.unseen_ready,
        ("Ready. The link works for", f"Updates could not be loaded. {REF}"),
        actions=(*LINKED, "button Try now", "button Copy link", "button Revoke"),
    ),
    "ended": State(
        handed_over.ended,
        (re.compile(rf"This link ended at {CLOCK}"), "Your file is still here."),
        actions=(LEAVE, "button New link"),
    ),
    "revoked": State(
        handed_over.revoked,
        (re.compile(r"Revoked at \d\d:\d\d"), "Your file is still here."),
        (LEAVE, "button New link"),
    ),
    "removed": State(
        handed_over.removed,
        ("The file was removed after 7 days.", "It can be made again."),
        (LEAVE, "button Create again"),
    ),
    # Ended without a file, or never begun
    "failed": State(
        stopped.failed,
        ("The source answered with an error (4 tries).", re.compile(r"Ref [0-9a-f]{8}")),
        actions=(LEAVE, "button Retry"),
    ),
    "timed-out": State(
        stopped.timed_out, ("It was not done before its deadline.", re.compile("Ref")), actions=(LEAVE, "button Retry")
    ),
    "canceled": State(
        stopped.canceled, ("Canceled before it started.", "Nothing was kept."), actions=("button Create again",)
    ),
    "canceled-at-work": State(
        stopped.canceled_at_work, ("Canceled before it was finished.",), actions=("button Create again",)
    ),
    "too-many": State(stopped.too_many, (re.compile(r"Too many requests\. Try again in \d+\xa0s\."),)),
    "refused": State(stopped.refused, ("Something went wrong on our side.", REF), actions=("button Retry",)),
    "unseen": State(
        stopped.unseen, (f"Its state could not be loaded. {REF}",), actions=("button Cancel", "button Try now")
    ),
    # The history
    "history-everything": State(
        listed.everything,
        ("Preparing", "Ready", "Canceled", "Failed", "Revoked", "Link ended", "File removed"),
        actions=(*LINKED, "button Copy link", "button Revoke"),
    ),
    "history-pages": State(listed.pages, ("Show older",), (CREATE,), besides=("button Show older",)),
    "history-stuck": State(
        listed.stuck, ("Could not be loaded. Try again",), (CREATE,), besides=("button Could not be loaded. Try again",)
    ),
    # Images
    "signed-out": images(pictured.signed_out, "Sign in to create images.", besides=("button Sign in",)),
    "signing-in": images(pictured.signing_in, "Sign in in the other window.", besides=("button Sign in",)),
    "wrong-domain": images(pictured.wrong_domain, "Sign in with a @corp.example address.", besides=("button Sign in",)),
    "images-empty": images(pictured.signed_in, "Your images will appear here", besides=("button Create images",)),
    "images-being-made": images(pictured.being_made, re.compile(r"Being made… 0:\d\d"), "2 of 2"),
    "images-mixed": images(
        pictured.mixed, re.compile(r"Ref [0-9a-f]{8}"), "3 of 4 ready, 1 failed", besides=("button Use this prompt",)
    ),
    "images-large": images(pictured.large, "A lighthouse at night", besides=("button Close",)),
    "images-too-many": images(pictured.too_many, re.compile(r"Too many requests\. Try again in \d+\xa0s\.")),
    "images-gone": images(pictured.gone, "These images are not here"),
    # Calls
    "calls-signed-out": calls(called.signed_out, "Sign in to see calls.", besides=("button Sign in",)),
    "calls-loading": calls(called.loading, "The last two hours", besides=("button Export as PDF",)),
    "calls-empty": calls(called.empty, "No calls in the last two hours.", besides=("button Export as PDF",)),
    "calls-missing": calls(
        called.missing,
        "No end after 1",
        "Marked as ended",
        "by ann@corp.example",
        "1 older one, unresolved",
        "Under way for",
    ),
    "calls-reported": calls(
        called.reported, "Ready. The link works for", "call-report", besides=("link Download", "button Close")
    ),
    "calls-refused": calls(
        called.refused, "The calls could not be loaded.", "Status 403", besides=("button Try again",)
    ),
    "calls-throttled": calls(
        called.throttled, re.compile(r"Too many requests\. Asking again in \d+\xa0s\."), "No end after"
    ),
    # A link as its visitor finds it
    "link-late": answer(visited.late, "This link has ended.", "Ask the sender for a new one."),
    "link-unknown": answer(visited.unknown, "There is no such link.", "Check that it was copied whole."),
    "link-revoked": answer(visited.revoked, "This link was revoked.", "Ask the sender for a new one."),
    "link-removed": answer(visited.removed, "The file behind this link was removed."),
    "link-unreadable": answer(visited.unreadable, "The file cannot be reached right now."),
    "link-unavailable": answer(visited.unavailable, "This link cannot be looked up right now."),
}
