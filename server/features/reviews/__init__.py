"""Reviews of consultations: written once by the client, shown on the reader's profile."""
