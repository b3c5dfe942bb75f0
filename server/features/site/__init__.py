"""What every page needs to know about this installation before anybody logs in."""
