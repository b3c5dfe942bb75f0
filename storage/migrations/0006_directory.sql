-- What the directory sorts and searches by, and what the back office lists.

-- Kept as integers, so that a page of the directory can end in the middle of many equal readers and go on there.
ALTER TABLE readers
    ADD COLUMN rating_average_milli integer GENERATED ALWAYS AS
        (CASE WHEN rating_count = 0 THEN 0 ELSE rating_sum::bigint * 1000 / rating_count END) STORED,
    -- A Bayesian average: five imagined reviews of 4.0 beside the real ones, so that one lucky review does not lead the list.
    ADD COLUMN rating_score_milli integer GENERATED ALWAYS AS
        ((rating_sum::bigint + 20) * 1000 / (rating_count + 5)) STORED,
    ADD COLUMN lowest_rate_minor bigint GENERATED ALWAYS AS
        (least(chat_rate_minor, call_rate_minor, video_rate_minor)) STORED;
CREATE INDEX readers_recommended ON readers (rating_score_milli DESC, experience_years DESC, user_id DESC)
    WHERE verification = 'verified';
CREATE INDEX readers_best_rated ON readers (rating_average_milli DESC, rating_count DESC, user_id DESC)
    WHERE verification = 'verified';
CREATE INDEX readers_cheapest ON readers (lowest_rate_minor, user_id DESC) WHERE verification = 'verified';
CREATE INDEX readers_cheapest_chat ON readers (chat_rate_minor, user_id DESC) WHERE verification = 'verified';
CREATE INDEX readers_cheapest_call ON readers (call_rate_minor, user_id DESC) WHERE verification = 'verified';
CREATE INDEX readers_cheapest_video ON readers (video_rate_minor, user_id DESC) WHERE verification = 'verified';

-- Every word must begin some word of the text: as it was typed (names) or by its stem (prose). Words that English prose
-- is full of count only when nothing else was asked for: a reader may be called Will.
CREATE FUNCTION prefix_query(words text[]) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    word text;
    stem tsquery;
    typed tsquery;
    telling tsquery := ''::tsquery;
    everything tsquery := ''::tsquery;
BEGIN
    FOREACH word IN ARRAY words LOOP
        stem := to_tsquery('english'::regconfig, quote_literal(word) || ':*');
        typed := to_tsquery('simple'::regconfig, quote_literal(word) || ':*');
        everything := everything && typed;
        IF numnode(stem) > 0 THEN
            telling := telling && (stem || typed);
        END IF;
    END LOOP;
    RETURN CASE WHEN numnode(telling) > 0 THEN telling ELSE everything END;
END $$;

-- Users are looked up by the beginnings of names and of the parts of addresses.
CREATE FUNCTION user_search_text(display_name text, email text, username text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple'::regconfig, display_name || ' ' || translate(email, '@._+-', '     ') || ' ' || coalesce(username, ''))
$$;
CREATE INDEX users_search ON users USING gin (user_search_text(display_name, email, username));
CREATE INDEX users_created ON users (created_at DESC, id DESC);

-- Written in the order of time, so the smallest of indexes finds a day.
CREATE INDEX transfers_created ON transfers USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX consultations_live ON consultations (id DESC) WHERE status IN ('requested', 'in_progress');
