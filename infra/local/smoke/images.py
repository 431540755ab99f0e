"""One image: asked for, waited for, seen. Where the provider is a real one, that costs what one image costs."""

import uuid

from infra.local.smoke.client import Client, check
from infra.local.smoke.export import download
from infra.local.smoke.follow import UNFINISHED, wait_for
from infra.local.smoke.sign_in import sign_in

PROMPT = "A lighthouse on a calm evening"


def image_steps(client: Client) -> None:
    about = client.json("GET", "/api/session")
    if about["images"] is None:
        client.skip("images: there are none here")
        return
    if (why_not := sign_in(client)) is not None:
        client.skip(f"images: {why_not}")
        return
    wish = {"prompt": PROMPT, "quality": about["images"]["qualities"][0]}
    asked = client.json("POST", "/api/generations", 202, json=wish, headers={"Idempotency-Key": str(uuid.uuid4())})
    with client.another() as stranger:
        stranger.json("GET", "/api/session")
        stranger.ask("GET", asked["href"], 401)
    client.step("an image is asked for, which nobody else sees")

    seen = wait_for(client, asked["href"], lambda seen: all(each["state"] not in UNFINISHED for each in seen["images"]))
    (image,) = seen["images"]
    problem = (image.get("problem") or {}).get("title", "no reason is known")
    check(image["state"] == "ready", f"the image ended as {image['state']}: {problem}")
    client.step(f"it is ready: {image['file']['name']}, {image['file']['size']} bytes")
    download(client, image["links"][0]["url"], image["file"])
    client.step("its link gives the image, whole and in part")
