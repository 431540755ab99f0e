"""What is deployed: checked and built by check.sh, tried under the real `sam local` by `python -m infra.sam`."""
