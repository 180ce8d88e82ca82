"""The log that proves itself: `vocabulary` names what happens, `entry` is one act, `log` writes it, `merkle` hashes it.

Nothing is imported here, so that the offline verifier runs without a database.
"""
