"""Web push: the server's key pair, where messages may be sent, sealing and sending them, and the job that does."""
