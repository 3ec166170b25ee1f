"""Vocabulary: names, numbers, errors and options that everything else speaks."""
