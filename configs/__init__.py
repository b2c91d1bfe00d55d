"""Defaults that ship."""
