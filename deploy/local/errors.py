"""What can go wrong in local mode. Each is a sentence for the person at the terminal.

LocalError
 ├── CannotStartError   something on this machine is to be changed: a port, a folder, a server
 ├── TooLateError       something did not happen within its deadline
 ├── StepFailedError    a program that was to run once ended badly
 └── GaveUpError        a child died at once, again and again
"""


class LocalError(Exception):
    pass


class CannotStartError(LocalError):
    pass


class TooLateError(LocalError):
    pass


class StepFailedError(LocalError):
    pass


class GaveUpError(LocalError):
    pass
