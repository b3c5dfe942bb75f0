-- Readers as clients see them, and when they can be had.

CREATE FUNCTION reader_search_text(headline text, bio text, specialties text[], languages text[])
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector('english'::regconfig, coalesce(array_to_string(specialties, ' '), '')), 'A')
        || setweight(to_tsvector('english'::regconfig, coalesce(headline, '')), 'B')
        || setweight(to_tsvector('english'::regconfig, coalesce(bio, '')), 'C')
        || setweight(to_tsvector('simple'::regconfig, coalesce(array_to_string(languages, ' '), '')), 'D')
$$;

CREATE TABLE readers (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    headline text CHECK (char_length(headline) <= 140),
    bio text NOT NULL DEFAULT '' CHECK (char_length(bio) <= 4000),
    specialties text[] NOT NULL DEFAULT '{}',
    languages text[] NOT NULL DEFAULT '{}',
    experience_years integer NOT NULL DEFAULT 0 CHECK (experience_years BETWEEN 0 AND 100),
    certifications text[] NOT NULL DEFAULT '{}',
    chat_rate_minor bigint CHECK (chat_rate_minor BETWEEN 1 AND 100000),
    call_rate_minor bigint CHECK (call_rate_minor BETWEEN 1 AND 100000),
    video_rate_minor bigint CHECK (video_rate_minor BETWEEN 1 AND 100000),
    -- What the reader chose; what others see also depends on presence and on a live consultation.
    chosen_status text NOT NULL DEFAULT 'offline' CHECK (chosen_status IN ('online', 'away', 'invisible', 'offline')),
    verification text NOT NULL DEFAULT 'pending' CHECK (verification IN ('pending', 'verified', 'rejected')),
    verification_reason text,
    verification_documents text[] NOT NULL DEFAULT '{}',
    verified_at timestamptz,
    provider_account_id text UNIQUE,
    consultations_count integer NOT NULL DEFAULT 0,
    rating_count integer NOT NULL DEFAULT 0 CHECK (rating_count >= 0),
    rating_sum integer NOT NULL DEFAULT 0 CHECK (rating_sum >= 0),
    display_name text NOT NULL,
    search tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple'::regconfig, display_name), 'A')
        || reader_search_text(headline, bio, specialties, languages)) STORED,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((verification = 'verified') = (verified_at IS NOT NULL))
);
CREATE INDEX readers_search ON readers USING gin (search);
CREATE INDEX readers_specialties ON readers USING gin (specialties) WHERE verification = 'verified';
CREATE INDEX readers_languages ON readers USING gin (languages) WHERE verification = 'verified';
CREATE INDEX readers_newest ON readers (verified_at DESC, user_id DESC) WHERE verification = 'verified';
CREATE INDEX readers_pending ON readers (created_at) WHERE verification = 'pending';

-- The name is kept beside what is searched, so that one index finds a reader by name too.
CREATE FUNCTION copy_reader_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE readers SET display_name = NEW.display_name WHERE user_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER users_copy_reader_name AFTER UPDATE OF display_name ON users
    FOR EACH ROW WHEN (NEW.role = 'reader') EXECUTE FUNCTION copy_reader_name();

CREATE TABLE availability (
    id uuid PRIMARY KEY DEFAULT new_uuid7(),
    reader_id uuid NOT NULL REFERENCES readers ON DELETE CASCADE,
    -- 0 = Sunday … 6 = Saturday, in the reader's own time zone.
    day_of_week integer CHECK (day_of_week BETWEEN 0 AND 6),
    specific_date date,
    start_time time NOT NULL,
    end_time time NOT NULL,
    is_recurring boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    CHECK (start_time < end_time),
    CHECK (is_recurring = (day_of_week IS NOT NULL) AND is_recurring = (specific_date IS NULL)),
    UNIQUE NULLS NOT DISTINCT (reader_id, day_of_week, specific_date, start_time, end_time)
);
