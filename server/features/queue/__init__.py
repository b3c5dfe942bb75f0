"""The doors of waiting in line; what happens in a line is in realtime/queue."""
