-- Whose login an offer to the relay was made with: when the login ends, so does what it connected.

DELETE FROM recording_offers;
ALTER TABLE recording_offers ADD COLUMN login_id uuid NOT NULL;
