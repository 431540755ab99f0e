"""One export: asked for, waited for, downloaded; its links renewed and revoked."""

import uuid

from infra.local.smoke.client import Client, Json, check
from infra.local.smoke.follow import UNFINISHED, wait_for
from infra.local.smoke.sign_in import sign_in


def export_steps(client: Client) -> None:
    client.json("GET", "/api/session")
    key = {"Idempotency-Key": str(uuid.uuid4())}
    if client.ask("POST", "/api/exports", 202, 401, json={}, headers=key).status_code == 401:
        client.step("an export is for people who signed in")
        if (why_not := sign_in(client)) is not None:
            client.skip(f"exports: {why_not}")
            return
    asked = client.json("POST", "/api/exports", 202, json={}, headers=key)
    again = client.json("POST", "/api/exports", 202, json={}, headers=key)
    check(asked["id"] == again["id"], "the same Idempotency-Key gave two exports")
    client.step("an export is asked for, once however often it is sent")
    with client.another() as stranger:
        stranger.json("GET", "/api/session")
        stranger.ask("GET", asked["href"], 404, 401)
    client.step("nobody else sees it")

    run = wait_for(client, asked["href"], lambda seen: seen["state"] not in UNFINISHED)
    problem = (run.get("problem") or {}).get("title", "no reason is known")
    check(run["state"] == "ready", f"the export ended as {run['state']}: {problem}")
    client.step(f"it is ready: {run['file']['name']}, {run['file']['size']} bytes")
    download(client, run["links"][0]["url"], run["file"])
    client.step("its link gives the file, whole and in part")

    fresh = client.json("POST", f"{asked['href']}/links", 201)
    client.ask("DELETE", f"/api/links/{fresh['id']}", 204)
    client.ask("GET", fresh["url"], 410)
    client.step("a fresh link is had, and revoked at once")


def download(client: Client, url: str, file: Json) -> None:
    """A large file is a redirect to the store; its bytes are the same."""
    whole = client.ask("GET", url, 200, 302, headers={"Accept-Encoding": "identity"})
    if whole.status_code == 302:
        whole = client.ask("GET", whole.headers["location"])
    check(len(whole.content) == file["size"], f"the link gave {len(whole.content)} bytes of {file['size']}")
    part = client.ask("GET", url, 206, 302, headers={"Range": "bytes=1-4"})
    if part.status_code == 302:
        part = client.ask("GET", part.headers["location"], 206, headers={"Range": "bytes=1-4"})
    check(part.content == whole.content[1:5], "a part of the file is not what the whole has there")
