-- Calls and video: how people talk now, the rates that were frozen for every way of talking, and whose media are connected.

ALTER TABLE consultations
    -- `type` is what was asked for; `mode` how they talk now, which may be less.
    ADD COLUMN mode text NOT NULL DEFAULT 'chat' CHECK (mode IN ('chat', 'call', 'video')),
    ADD COLUMN proposed_mode text CHECK (proposed_mode IN ('call', 'video')),
    -- Frozen at the request; none where the reader did not offer it.
    ADD COLUMN chat_rate_minor bigint CHECK (chat_rate_minor > 0),
    ADD COLUMN call_rate_minor bigint CHECK (call_rate_minor > 0),
    ADD COLUMN video_rate_minor bigint CHECK (video_rate_minor > 0),
    -- The present rate holds for the increments after this many; before it those of `earlier_rates` held, in order:
    -- up to how many increments, and the rate until there (two numbers for each).
    ADD COLUMN rate_from_increment integer NOT NULL DEFAULT 0 CHECK (rate_from_increment >= 0),
    ADD COLUMN earlier_rates bigint[] NOT NULL DEFAULT '{}' CHECK (cardinality(earlier_rates) % 2 = 0),
    -- The connection whose reports say that the media are connected; none while they are not.
    ADD COLUMN client_media_through text,
    ADD COLUMN reader_media_through text,
    ADD COLUMN client_media_lost_at timestamptz,
    ADD COLUMN reader_media_lost_at timestamptz;

UPDATE consultations SET mode = type,
    chat_rate_minor = CASE WHEN type = 'chat' THEN rate_per_minute_minor END,
    call_rate_minor = CASE WHEN type = 'call' THEN rate_per_minute_minor END,
    video_rate_minor = CASE WHEN type = 'video' THEN rate_per_minute_minor END;

-- What the first so many increments of a consultation cost, each stretch of one rate rounded down once.
CREATE FUNCTION charged_after(
    increments bigint, rate bigint, rate_from bigint, earlier bigint[], increment_ms bigint, minute_ms bigint
) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sum(stretch.rate * greatest(0, least(increments, stretch.until) - stretch.since) * increment_ms / minute_ms)::bigint
    FROM (
        SELECT earlier[place + 1], CASE WHEN place = 1 THEN 0 ELSE earlier[place - 2] END, earlier[place]
        FROM generate_series(1, cardinality(earlier), 2) AS place
        UNION ALL SELECT charged_after.rate, rate_from, increments
    ) AS stretch (rate, since, until)
$$;

ALTER TABLE consultation_timeline DROP CONSTRAINT consultation_timeline_kind_check;
ALTER TABLE consultation_timeline ADD CONSTRAINT consultation_timeline_kind_check CHECK (kind IN
    ('requested', 'accepted', 'started', 'paused', 'resumed', 'balance_exhausted', 'mode_changed', 'ended'));

-- What browsers tell each other to connect their media, kept for a participant who comes back in a moment. Worth nothing
-- after a crash of the database, so it is not logged.
CREATE UNLOGGED TABLE signals (
    consultation_id uuid NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    sender_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    content text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (consultation_id, recipient_id, seq)
);
CREATE INDEX signals_old ON signals (created_at);
