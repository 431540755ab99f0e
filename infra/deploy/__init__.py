"""One command to AWS: what was built is deployed, the page uploaded, and what to do next is said.

Runs with the Python of the SAM CLI (.tools/sam), which has boto3.
"""
