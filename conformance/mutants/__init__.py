"""Planted bugs by family, each a mistake that has been made somewhere. See `kcompat.conformance.mutation`."""
