"""Settings, and the secrets from Secrets Manager."""

import json
import os

import boto3

secrets = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET_ID"])["SecretString"])

DATABASE_URL: str = secrets["DATABASE_URL"]
QSTASH_TOKEN: str = secrets["QSTASH_TOKEN"]
QSTASH_CURRENT_SIGNING_KEY: str = secrets["QSTASH_CURRENT_SIGNING_KEY"]
QSTASH_NEXT_SIGNING_KEY: str = secrets["QSTASH_NEXT_SIGNING_KEY"]
SESSION_KEY: str = secrets["SESSION_KEY"]
LINK_KEY: str = secrets["LINK_KEY"]

QSTASH_URL = os.environ["QSTASH_URL"]
PUBLIC_URL = os.environ["PUBLIC_URL"]
DELIVERY_URL = os.environ["DELIVERY_URL"]
SOURCE_URL = os.environ["SOURCE_URL"]
FILE_BUCKET = os.environ["FILE_BUCKET"]
LINK_TTL_SECONDS = 120
