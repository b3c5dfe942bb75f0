"""What tests act with: a real Postgres, the whole server on a free port, people over HTTP and over live connections."""
