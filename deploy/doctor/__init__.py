"""`python -m deploy.doctor`: what lies between the caller and the inbox, and what is wrong with it.

A module for each subject: it looks, and a pure function makes findings of what was found.
`subjects.py` says in which order, `runner.py` what is not looked at since something before it
failed. It changes nothing, but that its probe is one mail, whose feedback it settles.
"""
