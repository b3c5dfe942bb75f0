-- Recordings that both participants of a consultation agreed to, and the files that they left.

CREATE TABLE recordings (
    id uuid PRIMARY KEY,
    consultation_id uuid NOT NULL REFERENCES consultations ON DELETE RESTRICT,
    state text NOT NULL CHECK (state IN ('asked', 'declined', 'connecting', 'recording', 'stopped', 'stored', 'expired')),
    asked_by uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
    asked_at timestamptz NOT NULL,
    -- For how long it is kept once it is over, as both were told; 0 = until somebody deletes it.
    kept_days integer NOT NULL CHECK (kept_days >= 0),
    agreed_at timestamptz,
    -- The server process through whose relay the media go.
    node_id uuid,
    started_at timestamptz,
    stopped_at timestamptz,
    -- None when nobody did: it ended by itself.
    stopped_by uuid REFERENCES users ON DELETE RESTRICT,
    stop_reason text CHECK (stop_reason IN
        ('stopped', 'consultation_ended', 'media_ended', 'not_connected', 'interrupted', 'disk_failed')),
    expires_at timestamptz,
    CHECK ((agreed_at IS NULL) = (state IN ('asked', 'declined'))),
    CHECK ((node_id IS NULL) = (agreed_at IS NULL)),
    CHECK ((stopped_at IS NULL) = (state IN ('asked', 'connecting', 'recording'))),
    CHECK ((stop_reason IS NULL) = (state IN ('asked', 'declined', 'connecting', 'recording')))
);
CREATE UNIQUE INDEX recordings_open ON recordings (consultation_id) WHERE state IN ('asked', 'connecting', 'recording');
CREATE INDEX recordings_of_consultation ON recordings (consultation_id, id DESC);
CREATE INDEX recordings_node ON recordings (node_id) WHERE state IN ('connecting', 'recording');
CREATE INDEX recordings_expiring ON recordings (expires_at) WHERE state = 'stored';

CREATE TABLE recording_files (
    recording_id uuid NOT NULL REFERENCES recordings ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('client', 'reader')),
    part integer NOT NULL CHECK (part > 0),
    file_key text NOT NULL,
    byte_size bigint NOT NULL CHECK (byte_size > 0),
    duration_ms bigint NOT NULL CHECK (duration_ms >= 0),
    -- When the part begins, on the time line that both sides' files share.
    offset_ms bigint NOT NULL CHECK (offset_ms >= 0),
    has_video boolean NOT NULL,
    PRIMARY KEY (recording_id, side, part)
);

-- Offers of browsers on their way to the server process that holds the recording's relay, which may be another one. They live
-- for seconds, so they are not logged.
CREATE UNLOGGED TABLE recording_offers (
    id uuid PRIMARY KEY,
    recording_id uuid NOT NULL,
    side text NOT NULL,
    sdp text NOT NULL,
    with_video boolean NOT NULL,
    answer text,
    is_refused boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL
);
CREATE INDEX recording_offers_of_recording ON recording_offers (recording_id);
