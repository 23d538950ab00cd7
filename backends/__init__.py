"""One folder a framework. Nothing here is imported until the backend is asked for by name."""
