"""Vocabulary: names, numbers, errors and options that everything else speaks."""

import logging

# Quiet until the application configures logging; see docs/logging.md.
logging.getLogger("mexc_connector").addHandler(logging.NullHandler())
