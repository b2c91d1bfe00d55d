"""The expert system: what signs mean, what causes them, what to do. Rules are YAML; this folder does no I/O but reading them."""
