"""Samples and events -> signals: one detector a file; pure, online, bounded."""
