"""What Postroom needs on an AWS account, and `python -m deploy.aws up|down` that makes it so.

`blueprint.py`, `policies.py` and `desired.py` are pure: what shall be. A module for each kind of
resource finds, makes, mends and deletes it; `runner.py` goes through them. `terraform/` says the
same in HCL.
"""
