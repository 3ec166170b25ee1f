"""The trading shell: the journal, the order desk, and the feed that keeps account state true."""
