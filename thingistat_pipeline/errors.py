"""The one family of errors that a user is meant to read.

An error here is a paragraph: what went wrong, where, and what to do about it. The command line
prints it without a traceback; everything else is a bug and keeps its traceback.
"""


class ThingistatError(Exception):
    """Something a user can mend; the message says what, where and how."""


class MisuseError(ThingistatError):
    """The command or a setting asks for something that makes no sense (exit code 2)."""
