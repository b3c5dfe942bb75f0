"""Everything live: the Socket.IO gateway, presence, delivery, consultations and their meter's loop."""
