-- Who follows whom, what people were told, and where they want to be told.

CREATE TABLE follows (
    follower_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    reader_id uuid NOT NULL REFERENCES readers ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (follower_id, reader_id),
    CHECK (follower_id <> reader_id)
);
CREATE INDEX follows_of_reader ON follows (reader_id, follower_id);
CREATE INDEX follows_newest ON follows (follower_id, created_at DESC, reader_id DESC);

-- The directory shows it with every reader, so it is counted when it changes and not when it is looked at.
ALTER TABLE readers ADD COLUMN followers_count integer NOT NULL DEFAULT 0 CHECK (followers_count >= 0);
CREATE FUNCTION count_followers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE readers AS r SET followers_count = r.followers_count + CASE TG_OP WHEN 'INSERT' THEN c.count ELSE -c.count END
    FROM (SELECT reader_id, count(*)::integer AS count FROM changed GROUP BY reader_id) AS c WHERE r.user_id = c.reader_id;
    RETURN NULL;
END $$;
CREATE TRIGGER follows_added AFTER INSERT ON follows
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_followers();
CREATE TRIGGER follows_removed AFTER DELETE ON follows
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_followers();

-- Whether a reader can be reached, since when that is so, and when their followers were last told.
CREATE TABLE reader_reachability (
    reader_id uuid PRIMARY KEY REFERENCES readers ON DELETE CASCADE,
    is_reachable boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    told_at timestamptz
);

CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 60),
    data jsonb NOT NULL,
    -- One thing is told once, however often its telling is tried.
    told_of text NOT NULL CHECK (char_length(told_of) BETWEEN 1 AND 160),
    -- Whether the pages list it; one that was sent by push alone is kept so that it is sent once.
    in_page boolean NOT NULL,
    created_at timestamptz NOT NULL,
    read_at timestamptz,
    UNIQUE (user_id, told_of)
);
CREATE INDEX notifications_of_user ON notifications (user_id, id DESC) WHERE in_page;
CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE in_page AND read_at IS NULL;
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
    -- How many messages in a row could not be delivered.
    failures integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL
);
CREATE INDEX push_subscriptions_of_user ON push_subscriptions (user_id);
CREATE INDEX push_subscriptions_login ON push_subscriptions (login_id);
