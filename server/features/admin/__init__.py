"""The back office: people, consultations, money, reviews, settings, and the records of who did what."""
