"""What the rehearsal of the deployment guide is made of; see `tools/deploy_rehearsal.py`."""
