"""Outside world -> observations: recordings, the Kubernetes API, metrics targets."""
