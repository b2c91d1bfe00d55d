"""Order, time and state: the engine. Start reading at pipeline.py."""
