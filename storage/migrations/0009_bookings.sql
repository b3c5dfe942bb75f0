-- Booked consultations: what was agreed, the quarters of an hour that they take, and what is to be sent before they begin.

ALTER TABLE consultations
    ADD COLUMN scheduled_minutes integer CHECK (scheduled_minutes BETWEEN 15 AND 120 AND scheduled_minutes % 15 = 0),
    ADD COLUMN waiting_room_opens_at timestamptz,
    -- From here on its two people are free for nothing else.
    ADD COLUMN kept_free_from_at timestamptz,
    -- Agreed when it was booked: for how many minutes a client pays who does not come; what of it was charged.
    ADD COLUMN no_show_minutes integer NOT NULL DEFAULT 0 CHECK (no_show_minutes >= 0),
    -- Whether the client was there at the time or after it, also if they left again.
    ADD COLUMN client_came_at timestamptz,
    ADD COLUMN no_show_fee_minor bigint NOT NULL DEFAULT 0 CHECK (no_show_fee_minor >= 0),
    ADD CONSTRAINT consultations_booking CHECK (
        (scheduled_at IS NULL) = (scheduled_minutes IS NULL)
        AND (scheduled_at IS NULL) = (waiting_room_opens_at IS NULL)
        AND (scheduled_at IS NULL) = (kept_free_from_at IS NULL)
        AND (status <> 'scheduled' OR scheduled_at IS NOT NULL)),
    ADD CONSTRAINT consultations_no_show_fee CHECK (
        no_show_fee_minor <= rate_per_minute_minor * no_show_minutes
        AND (no_show_fee_minor = 0 OR (end_reason IS NOT DISTINCT FROM 'client_no_show' AND started_at IS NULL)));
CREATE INDEX consultations_booked ON consultations (scheduled_at, id) WHERE status = 'scheduled';
CREATE INDEX consultations_booked_client ON consultations (client_id, scheduled_at) WHERE status = 'scheduled';
CREATE INDEX consultations_booked_reader ON consultations (reader_id, scheduled_at) WHERE status = 'scheduled';

-- Nobody is booked twice at one time: one row for each quarter of an hour of a booking, gone when it is over.
CREATE TABLE booked_slots (
    consultation_id uuid NOT NULL REFERENCES consultations ON DELETE CASCADE,
    slot_at timestamptz NOT NULL CHECK (extract(epoch FROM slot_at)::bigint % 900 = 0 AND slot_at = date_trunc('minute', slot_at)),
    reader_id uuid NOT NULL,
    client_id uuid NOT NULL,
    PRIMARY KEY (consultation_id, slot_at)
);
CREATE UNIQUE INDEX booked_slots_reader ON booked_slots (reader_id, slot_at);
CREATE UNIQUE INDEX booked_slots_client ON booked_slots (client_id, slot_at);

-- What is still to be told before a booking begins: a letter to both, or a word to who talks with one of them just then.
CREATE TABLE booking_notices (
    consultation_id uuid NOT NULL REFERENCES consultations ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('reminder', 'warning')),
    due_at timestamptz NOT NULL,
    PRIMARY KEY (consultation_id, kind, due_at)
);
CREATE INDEX booking_notices_due ON booking_notices (due_at);
