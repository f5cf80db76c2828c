"""The two halves of a mail: `headers` writes lines that say one thing only, `parts` the bodies."""
