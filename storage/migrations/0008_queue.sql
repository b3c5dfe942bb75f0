-- Lines in front of busy readers.

CREATE TABLE queue_entries (
    id uuid PRIMARY KEY,
    -- The order of the line: given under the lock of the reader's row, so that who came first is first.
    number bigint GENERATED ALWAYS AS IDENTITY,
    reader_id uuid NOT NULL REFERENCES readers ON DELETE CASCADE,
    client_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    type text NOT NULL CHECK (type IN ('chat', 'call', 'video')),
    nonce text NOT NULL CHECK (char_length(nonce) BETWEEN 1 AND 64),
    state text NOT NULL CHECK (state IN ('waiting', 'reserved', 'served', 'passed', 'left', 'dissolved')),
    end_reason text CHECK (end_reason IN ('served', 'left', 'time_ran_out', 'declined', 'unanswered', 'not_ready',
        'reader_gone', 'reader_closed', 'type_not_offered')),
    joined_at timestamptz NOT NULL,
    -- The turn: until when the reader is kept for the client, and the request that the client made of it.
    reserved_until_at timestamptz,
    consultation_id uuid REFERENCES consultations ON DELETE SET NULL,
    -- Since when the client was passed over although it was their turn, and why.
    skipped_at timestamptz,
    skip_reason text CHECK (skip_reason IN ('disconnected', 'busy', 'balance')),
    -- Since when the reader cannot be had at all.
    stalled_at timestamptz,
    ended_at timestamptz,

    CHECK (client_id <> reader_id),
    CHECK ((state IN ('waiting', 'reserved')) = (ended_at IS NULL)),
    CHECK ((end_reason IS NULL) = (ended_at IS NULL)),
    CHECK ((state = 'reserved') = (reserved_until_at IS NOT NULL)),
    CHECK ((skipped_at IS NULL) = (skip_reason IS NULL)),
    CHECK (skipped_at IS NULL OR state = 'waiting')
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX queue_entries_open ON queue_entries (reader_id, client_id) WHERE state IN ('waiting', 'reserved');
CREATE UNIQUE INDEX queue_entries_reserved ON queue_entries (reader_id) WHERE state = 'reserved';
CREATE UNIQUE INDEX queue_entries_nonce ON queue_entries (client_id, nonce);
CREATE INDEX queue_entries_line ON queue_entries (reader_id, number) WHERE state IN ('waiting', 'reserved');
CREATE INDEX queue_entries_of_client ON queue_entries (client_id) WHERE state IN ('waiting', 'reserved');
CREATE INDEX queue_entries_ended ON queue_entries (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX queue_entries_consultation ON queue_entries (consultation_id) WHERE consultation_id IS NOT NULL;
