"""Following readers; what followers are told is in realtime/notifications."""
