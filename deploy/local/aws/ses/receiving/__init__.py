"""Receiving: what SES does with a mail that a receipt rule is there for.

The rule is always the same: all of the mail into the bucket `postroom-inbound`, and a notification
of it into the queue of that name. `POST /inbound` is the SMTP server's stead; mail that was sent
comes in only from and to domains that `--loopback` or `POST /loopback` names.
"""
