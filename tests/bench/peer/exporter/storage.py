"""Files in S3."""

import boto3

from . import config

s3 = boto3.client("s3")


def put_file(key: str, body: bytes, content_type: str) -> None:
    s3.put_object(Bucket=config.FILE_BUCKET, Key=key, Body=body, ContentType=content_type)


def get_file(key: str) -> bytes:
    return bytes(s3.get_object(Bucket=config.FILE_BUCKET, Key=key)["Body"].read())
