"""Recorded incidents of a real cluster that ship for the demo; see docs/recording-format.md."""
