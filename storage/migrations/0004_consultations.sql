-- Nodes and who is connected to them; consultations with their clock; messages; reviews.

CREATE TABLE nodes (
    id uuid PRIMARY KEY,
    started_at timestamptz NOT NULL,
    renewed_at timestamptz NOT NULL,
    lease_expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE connections (
    id text PRIMARY KEY,
    node_id uuid NOT NULL REFERENCES nodes ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    login_id uuid NOT NULL REFERENCES logins ON DELETE CASCADE,
    connected_at timestamptz NOT NULL
);
CREATE INDEX connections_user ON connections (user_id);
CREATE INDEX connections_login ON connections (login_id);
CREATE INDEX connections_node ON connections (node_id);

CREATE TABLE consultations (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
    reader_id uuid NOT NULL REFERENCES readers ON DELETE RESTRICT,
    type text NOT NULL CHECK (type IN ('chat', 'call', 'video')),
    status text NOT NULL CHECK (status IN
        ('scheduled', 'requested', 'in_progress', 'completed', 'disconnected', 'cancelled', 'no_show')),
    end_reason text CHECK (end_reason IN (
        'client_ended', 'reader_ended', 'balance_exhausted', 'ended_by_admin', 'reader_silent', 'participant_suspended',
        'client_disconnected', 'reader_disconnected', 'both_disconnected', 'server_interrupted',
        'declined', 'expired', 'withdrawn', 'client_no_show', 'reader_no_show', 'both_no_show')),

    -- The terms, frozen when it is requested.
    rate_per_minute_minor bigint NOT NULL CHECK (rate_per_minute_minor > 0),
    currency text NOT NULL,
    settlement text NOT NULL CHECK (settlement IN ('minute', 'second')),
    minute_ms bigint NOT NULL CHECK (minute_ms > 0),
    increment_ms bigint NOT NULL CHECK (increment_ms > 0 AND increment_ms <= minute_ms),
    free_ms bigint NOT NULL CHECK (free_ms >= 0),
    reader_share_bps integer NOT NULL CHECK (reader_share_bps BETWEEN 0 AND 10000),
    client_wallet_id bigint NOT NULL REFERENCES ledger_accounts,
    reader_earnings_id bigint NOT NULL REFERENCES ledger_accounts,

    scheduled_at timestamptz,
    requested_at timestamptz,
    accepted_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    -- The next instant at which something happens by itself: the ring, the wait for joining, the grace, the held time.
    ring_until_at timestamptz,
    join_until_at timestamptz,
    grace_until_at timestamptz,
    top_up_until_at timestamptz,

    -- The clock. While it runs, connected time = span_base_ms + (now - span_started_at).
    is_paused boolean NOT NULL DEFAULT false,
    pause_reason text CHECK (pause_reason IN ('connection', 'media', 'balance')),
    paused_at timestamptz,
    span_started_at timestamptz,
    span_base_ms bigint NOT NULL DEFAULT 0 CHECK (span_base_ms >= 0),
    paid_until_at timestamptz,
    connected_ms bigint NOT NULL DEFAULT 0 CHECK (connected_ms >= 0),

    billed_increments integer NOT NULL DEFAULT 0 CHECK (billed_increments >= 0),
    charged_minor bigint NOT NULL DEFAULT 0 CHECK (charged_minor >= 0),
    refunded_minor bigint NOT NULL DEFAULT 0,
    earnings_minor bigint NOT NULL DEFAULT 0 CHECK (earnings_minor >= 0),
    -- The minutes that the client was last told, and the wallet's newest entry then: a later credit re-arms the warning.
    balance_low_told integer,
    balance_low_entry integer NOT NULL DEFAULT 0,

    client_joined_at timestamptz,
    reader_joined_at timestamptz,
    client_lost_at timestamptz,
    client_lost_to text CHECK (client_lost_to IN ('connection', 'node')),
    reader_lost_at timestamptz,
    reader_lost_to text CHECK (reader_lost_to IN ('connection', 'node')),
    reader_spoke_at timestamptz,

    last_seq integer NOT NULL DEFAULT 0,
    client_read_seq integer NOT NULL DEFAULT 0,
    reader_read_seq integer NOT NULL DEFAULT 0,
    version integer NOT NULL DEFAULT 1,
    nonce text,
    request_hash bytea,
    created_at timestamptz NOT NULL,

    CHECK (client_id <> reader_id),
    CHECK (refunded_minor BETWEEN 0 AND charged_minor),
    CHECK ((status IN ('completed', 'disconnected', 'cancelled', 'no_show')) = (end_reason IS NOT NULL)),
    CHECK ((end_reason IS NOT NULL) = (ended_at IS NOT NULL)),
    CHECK (is_paused = (pause_reason IS NOT NULL)),
    CHECK (paid_until_at IS NULL OR (status = 'in_progress' AND NOT is_paused))
) WITH (fillfactor = 60);
CREATE UNIQUE INDEX consultations_client_live ON consultations (client_id) WHERE status IN ('requested', 'in_progress');
CREATE UNIQUE INDEX consultations_reader_live ON consultations (reader_id) WHERE status IN ('requested', 'in_progress');
CREATE UNIQUE INDEX consultations_nonce ON consultations (client_id, nonce) WHERE nonce IS NOT NULL;
CREATE INDEX consultations_of_client ON consultations (client_id, id DESC);
CREATE INDEX consultations_of_reader ON consultations (reader_id, id DESC);
CREATE INDEX consultations_by_status ON consultations (status, id DESC);

-- Who is in which room, through which connection.
CREATE TABLE attendances (
    consultation_id uuid NOT NULL REFERENCES consultations ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    connection_id text NOT NULL REFERENCES connections ON DELETE CASCADE,
    node_id uuid NOT NULL REFERENCES nodes ON DELETE CASCADE,
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (consultation_id, user_id, connection_id)
);
CREATE INDEX attendances_connection ON attendances (connection_id);
CREATE INDEX attendances_node ON attendances (node_id);

-- What happened to the clock, for the statement: a line for each start, pause, resume and end.
CREATE TABLE consultation_timeline (
    consultation_id uuid NOT NULL REFERENCES consultations ON DELETE CASCADE,
    version integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('requested', 'accepted', 'started', 'paused', 'resumed', 'balance_exhausted', 'ended')),
    at timestamptz NOT NULL,
    reason text,
    PRIMARY KEY (consultation_id, version, kind)
);

CREATE TABLE messages (
    consultation_id uuid NOT NULL REFERENCES consultations ON DELETE RESTRICT,
    seq integer NOT NULL CHECK (seq > 0),
    id uuid NOT NULL,
    sender_id uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
    kind text NOT NULL CHECK (kind IN ('text', 'image', 'system')),
    content text NOT NULL CHECK (char_length(content) BETWEEN 1 AND 4000),
    nonce text NOT NULL CHECK (char_length(nonce) BETWEEN 1 AND 64),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (consultation_id, seq),
    UNIQUE (consultation_id, sender_id, nonce)
);
CREATE INDEX messages_images ON messages (content) WHERE kind = 'image';

CREATE TABLE reviews (
    id uuid PRIMARY KEY,
    consultation_id uuid NOT NULL UNIQUE REFERENCES consultations ON DELETE RESTRICT,
    client_id uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
    reader_id uuid NOT NULL REFERENCES readers ON DELETE RESTRICT,
    rating integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
    comment text CHECK (char_length(comment) <= 2000),
    status text NOT NULL DEFAULT 'published' CHECK (status IN ('published', 'hidden')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX reviews_of_reader ON reviews (reader_id, id DESC) WHERE status = 'published';
CREATE INDEX reviews_of_client ON reviews (client_id);
