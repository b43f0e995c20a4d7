"""The running product: one supervisor, and the processes it keeps alive."""
