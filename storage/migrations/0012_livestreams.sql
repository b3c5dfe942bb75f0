-- Livestreams: a reader's broadcast, who watches it, what is said in it, and who may not.

CREATE TABLE livestreams (
    id uuid PRIMARY KEY,
    reader_id uuid NOT NULL REFERENCES readers ON DELETE RESTRICT,
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 120),
    description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 2000),
    category text NOT NULL CHECK (char_length(category) BETWEEN 1 AND 40),
    cover_upload_id uuid REFERENCES uploads ON DELETE RESTRICT,
    status text NOT NULL DEFAULT 'scheduled' CHECK (status IN ('scheduled', 'live', 'ended', 'cancelled')),
    end_reason text CHECK (end_reason IN
        ('reader_ended', 'publisher_lost', 'pause_ran_out', 'ended_by_admin', 'reader_suspended', 'cancelled', 'never_started')),
    scheduled_at timestamptz,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    -- When the first picture came: from then on there was something to tell of.
    pictured_at timestamptz,
    ended_at timestamptz,

    -- Live, but nothing is to be seen: the publisher's connection was lost, or the reader is in a private consultation.
    is_paused boolean NOT NULL DEFAULT false,
    pause_reason text CHECK (pause_reason IN ('connection', 'private')),
    paused_at timestamptz,
    pause_until_at timestamptz,

    -- Where its media are now: another place is another id, which tells viewers to ask for media again.
    media_id uuid,
    media_engine text CHECK (media_engine IN ('embedded', 'janus')),
    -- The engine's own notes, enough for any node to find the place.
    media_place jsonb,
    -- The node that answers for the place: the embedded engine's relay belongs to it.
    media_node_id uuid,
    -- With which login the media are published: they end with it.
    publisher_login_id uuid,
    -- Of the page that publishes: another one that is told to takes over, and this one must not take it back by itself.
    publishing_id uuid,

    viewer_count integer NOT NULL DEFAULT 0 CHECK (viewer_count >= 0),
    peak integer NOT NULL DEFAULT 0 CHECK (peak >= 0),
    -- Any node counts; this keeps two of them from telling within one second.
    viewers_told_at timestamptz,

    slow_mode_seconds integer NOT NULL DEFAULT 0 CHECK (slow_mode_seconds BETWEEN 0 AND 3600),
    is_followers_only boolean NOT NULL DEFAULT false,
    gift_goal_minor bigint CHECK (gift_goal_minor BETWEEN 1 AND 100000000),
    gift_goal_title text CHECK (char_length(gift_goal_title) BETWEEN 1 AND 80),

    is_recorded boolean NOT NULL DEFAULT false,
    recording_state text CHECK (recording_state IN ('recording', 'storing', 'stored', 'failed', 'expired')),
    is_published boolean NOT NULL DEFAULT false,
    recording_expires_at timestamptz,

    version integer NOT NULL DEFAULT 1,
    CHECK ((status IN ('ended', 'cancelled')) = (ended_at IS NOT NULL)),
    CHECK ((end_reason IS NULL) = (ended_at IS NULL)),
    CHECK (is_paused = (pause_reason IS NOT NULL)),
    CHECK (NOT is_paused OR status = 'live'),
    CHECK ((media_id IS NULL) = (media_engine IS NULL) AND (media_id IS NULL) = (media_place IS NULL)),
    CHECK (media_id IS NULL OR status = 'live'),
    CHECK (status NOT IN ('live', 'ended') OR started_at IS NOT NULL),
    CHECK ((gift_goal_minor IS NULL) = (gift_goal_title IS NULL))
) WITH (fillfactor = 60);
CREATE UNIQUE INDEX livestreams_reader_live ON livestreams (reader_id) WHERE status = 'live';
CREATE INDEX livestreams_of_reader ON livestreams (reader_id, id DESC);
CREATE INDEX livestreams_by_status ON livestreams (status, id DESC);
-- What every node looks at twice a second, however many are over.
CREATE INDEX livestreams_open ON livestreams (id) WHERE status IN ('scheduled', 'live');
CREATE INDEX livestreams_coming ON livestreams (scheduled_at) WHERE status = 'scheduled';
CREATE INDEX livestreams_cover ON livestreams (cover_upload_id) WHERE cover_upload_id IS NOT NULL;
CREATE INDEX livestreams_storing ON livestreams (ended_at) WHERE recording_state = 'storing';
CREATE INDEX livestreams_expiring ON livestreams (recording_expires_at) WHERE recording_state = 'stored';
CREATE INDEX livestreams_media_node ON livestreams (media_node_id) WHERE status = 'live';

-- What changes with every message and gift is kept apart from the livestream's own row.
CREATE TABLE livestream_tallies (
    livestream_id uuid PRIMARY KEY REFERENCES livestreams ON DELETE CASCADE,
    last_seq integer NOT NULL DEFAULT 0,
    gifts_count bigint NOT NULL DEFAULT 0,
    gifts_minor bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Who watches, through which connection; a connection that ends takes its rows with it.
CREATE TABLE livestream_viewers (
    livestream_id uuid NOT NULL REFERENCES livestreams ON DELETE CASCADE,
    connection_id text NOT NULL REFERENCES connections ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    node_id uuid NOT NULL REFERENCES nodes ON DELETE CASCADE,
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (livestream_id, connection_id)
);
CREATE INDEX livestream_viewers_connection ON livestream_viewers (connection_id);
CREATE INDEX livestream_viewers_node ON livestream_viewers (node_id);

CREATE TABLE livestream_messages (
    livestream_id uuid NOT NULL REFERENCES livestreams ON DELETE RESTRICT,
    seq integer NOT NULL CHECK (seq > 0),
    id uuid NOT NULL UNIQUE,
    sender_id uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
    kind text NOT NULL CHECK (kind IN ('text', 'gift')),
    content text NOT NULL DEFAULT '' CHECK (char_length(content) <= 500),
    -- The gift that this line tells of (table gifts).
    gift_id uuid,
    nonce text NOT NULL CHECK (char_length(nonce) BETWEEN 1 AND 64),
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    deleted_by uuid REFERENCES users ON DELETE RESTRICT,
    PRIMARY KEY (livestream_id, seq),
    UNIQUE (livestream_id, sender_id, kind, nonce),
    CHECK ((kind = 'gift') = (gift_id IS NOT NULL)),
    CHECK (kind = 'gift' OR char_length(content) >= 1)
);
CREATE INDEX livestream_texts_of_sender ON livestream_messages (livestream_id, sender_id, seq DESC) WHERE kind = 'text';
CREATE INDEX livestream_messages_deleted ON livestream_messages (livestream_id, seq) WHERE deleted_at IS NOT NULL;

-- Who helps a reader to keep order, in all of that reader's livestreams.
CREATE TABLE livestream_moderators (
    reader_id uuid NOT NULL REFERENCES readers ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (reader_id, user_id)
);

-- Who may not speak (muted) or not even watch (banned) in a reader's livestreams; null = until it is lifted.
CREATE TABLE livestream_sanctions (
    reader_id uuid NOT NULL REFERENCES readers ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('muted', 'banned')),
    until_at timestamptz,
    reason text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 500),
    imposed_by uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (reader_id, user_id)
);
CREATE INDEX livestream_bans ON livestream_sanctions (created_at) WHERE kind = 'banned';
CREATE INDEX livestream_sanctions_newest ON livestream_sanctions (reader_id, created_at DESC, user_id DESC);

-- Keeping order everywhere is its own permission; whoever could end livestreams before may do that too.
UPDATE users SET permissions = permissions || ARRAY['livestreams.moderate'] WHERE 'livestreams.end' = ANY (permissions);

-- The parts of a livestream's recording; a new part begins wherever the media were interrupted.
CREATE TABLE livestream_files (
    livestream_id uuid NOT NULL REFERENCES livestreams ON DELETE RESTRICT,
    part integer NOT NULL CHECK (part > 0),
    file_key text NOT NULL UNIQUE,
    byte_size bigint NOT NULL CHECK (byte_size > 0),
    duration_ms bigint NOT NULL CHECK (duration_ms >= 0),
    -- When the part's first picture was taken, so that chat and gifts can be shown beside it in time.
    started_at timestamptz NOT NULL,
    has_video boolean NOT NULL,
    PRIMARY KEY (livestream_id, part)
);
