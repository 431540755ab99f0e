"""The usual way to write the same four functions: what Handoff's starts are measured beside. Nothing imports it.

FastAPI with pydantic models under Mangum, boto3 and qstash imported at the top, the secrets read by boto3 while the
module is imported, a psycopg connection for each request, simple SQL, everything in one package. It answers the same
requests from the same schema, so that an answer can be compared; it promises none of what Handoff promises besides.
"""
