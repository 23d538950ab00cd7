"""The conformance suite: what the spec promises, asked of every backend."""
