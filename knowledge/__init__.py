"""The expert system: what signs mean, what causes them, what to do. No I/O but reading the rules."""
