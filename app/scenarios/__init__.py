"""Scenarios as text: a small simulated cluster, a language, a player. For users' tests of rules, and for ours."""
