-- Who follows whom, what people were told, and where they want to be told.

CREATE TABLE follows (
    follower_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    reader_id uuid NOT NULL REFERENCES readers ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (follower_id, reader_id),
    CHECK (follower_id <> reader_id)
);
CREATE INDEX follows_of_reader ON follows (reader_id, follower_id);

CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 60),
    data jsonb NOT NULL,
    -- One thing is told once, however often its telling is tried.
    told_of text NOT NULL CHECK (char_length(told_of) BETWEEN 1 AND 120),
    created_at timestamptz NOT NULL,
    read_at timestamptz,
    UNIQUE (user_id, told_of)
);
CREATE INDEX notifications_of_user ON notifications (user_id, id DESC);
CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL;
CREATE INDEX notifications_old ON notifications (created_at);

-- What somebody wants to be told of, and how; no row = as it comes.
CREATE TABLE notification_preferences (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL,
    in_page boolean NOT NULL,
    by_push boolean NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, kind)
);

-- A browser that asked for web push; it ends with the login that it was asked with.
CREATE TABLE push_subscriptions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    login_id uuid NOT NULL REFERENCES logins ON DELETE CASCADE,
    endpoint text NOT NULL UNIQUE CHECK (char_length(endpoint) <= 2000),
    p256dh text NOT NULL CHECK (char_length(p256dh) <= 200),
    auth text NOT NULL CHECK (char_length(auth) <= 100),
    created_at timestamptz NOT NULL
);
CREATE INDEX push_subscriptions_of_user ON push_subscriptions (user_id);
CREATE INDEX push_subscriptions_login ON push_subscriptions (login_id);
