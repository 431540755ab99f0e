"""moto's S3; or the bucket that FILE_BUCKET names, which the caller's AWS_* variables lead to."""

from collections.abc import Mapping

from infra.local import s3
from infra.local.errors import LocalError
from infra.local.parts.base import Part, Server, Surroundings

REGIONS = ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE")
"""Where the AWS SDK finds the bucket's region; a profile has one."""


class LocalS3(Part):
    def server(self, caller: Mapping[str, str], *, speed: float, images: str = "") -> Server | None:
        if caller.get("FILE_BUCKET"):
            return None
        s3.check_installed()
        return Server("S3", "infra.local.s3", "s3.log")

    def settings(self, surroundings: Surroundings, caller: Mapping[str, str]) -> dict[str, str]:
        if caller.get("FILE_BUCKET"):
            if not any(caller.get(name) for name in REGIONS):
                raise LocalError(f"FILE_BUCKET names another store, so {REGIONS[0]} must be set too.")
            aws = {name: value for name, value in caller.items() if name.startswith("AWS_")}
            return {"STORAGE_PROVIDER": "s3", **aws, "FILE_BUCKET": caller["FILE_BUCKET"]}
        return {
            "STORAGE_PROVIDER": "s3",
            **s3.ACCESS,
            "AWS_ENDPOINT_URL_S3": surroundings.url,
            "FILE_BUCKET": s3.BUCKET,
        }
