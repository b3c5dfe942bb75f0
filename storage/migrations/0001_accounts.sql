-- People, their logins, and what the operator may look up about them.

-- UUIDv7 (RFC 9562 section 5.7): Postgres's own from version 18 on; we run from 15.
DO $do$
BEGIN
    IF current_setting('server_version_num')::integer >= 180000 THEN
        CREATE FUNCTION new_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT uuidv7()';
    ELSE
        CREATE FUNCTION new_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
            SELECT encode(
                set_bit(set_bit(
                    overlay(uuid_send(gen_random_uuid())
                        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                        FROM 1 FOR 6),
                    52, 1), 53, 1), 'hex')::uuid
        $$;
    END IF;
END $do$;

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (email = lower(email) AND char_length(email) BETWEEN 3 AND 254),
    username text CHECK (username ~ '^[a-z0-9_]{3,30}$'),
    email_verified_at timestamptz,
    display_name text NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 60),
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('client', 'reader', 'admin')),
    permissions text[] NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'pending', 'banned')),
    status_reason text,
    avatar_upload_id uuid,
    time_zone text NOT NULL DEFAULT 'UTC',
    is_demonstration boolean NOT NULL DEFAULT false,
    provider_customer_id text UNIQUE,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX users_email_key ON users (email);
CREATE UNIQUE INDEX users_username_key ON users (username) WHERE username IS NOT NULL;
CREATE INDEX users_role_created ON users (role, created_at DESC, id DESC);
CREATE INDEX users_status ON users (status) WHERE status <> 'active';

CREATE TABLE clients (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    first_name text,
    last_name text,
    bio text,
    date_of_birth date,
    preferred_types text[] NOT NULL DEFAULT '{}' CHECK (preferred_types <@ ARRAY['chat', 'call', 'video']),
    preferred_categories text[] NOT NULL DEFAULT '{}',
    preferences jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE logins (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    ip_address inet,
    user_agent text,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text CHECK (revoked_reason IN
        ('logged_out', 'revoked', 'reused_token', 'password_changed', 'password_reset', 'suspended', 'replaced')),
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX logins_user ON logins (user_id, last_used_at DESC) WHERE revoked_at IS NULL;
CREATE INDEX logins_expiry ON logins (expires_at);

-- One row for each refresh token of a login; a token that comes back after it was used gives the whole login away.
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    login_id uuid NOT NULL REFERENCES logins ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_login ON refresh_tokens (login_id);

CREATE TABLE account_tokens (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX account_tokens_user ON account_tokens (user_id, purpose);

-- Counted for each account name, known or not, so that a lock tells nobody whether the name exists.
CREATE TABLE login_failures (
    name_hash bytea PRIMARY KEY,
    failed_count integer NOT NULL DEFAULT 0 CHECK (failed_count >= 0),
    last_failed_at timestamptz NOT NULL,
    locked_until_at timestamptz
);

CREATE TABLE security_events (
    id uuid PRIMARY KEY DEFAULT new_uuid7(),
    user_id uuid REFERENCES users ON DELETE SET NULL,
    type text NOT NULL,
    payload jsonb,
    ip_address inet,
    user_agent text,
    created_at timestamptz NOT NULL
);
CREATE INDEX security_events_user ON security_events (user_id, created_at DESC);
CREATE INDEX security_events_type ON security_events (type, created_at DESC);

CREATE TABLE audit_log (
    id uuid PRIMARY KEY DEFAULT new_uuid7(),
    actor_id uuid REFERENCES users ON DELETE SET NULL,
    actor_type text NOT NULL DEFAULT 'user' CHECK (actor_type IN ('user', 'service')),
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_id text NOT NULL,
    before jsonb,
    after jsonb,
    ip_address inet,
    user_agent text,
    created_at timestamptz NOT NULL
);
CREATE INDEX audit_log_actor ON audit_log (actor_id, created_at DESC);
CREATE INDEX audit_log_entity ON audit_log (entity_type, entity_id, created_at DESC);
CREATE INDEX audit_log_created ON audit_log (created_at DESC, id DESC);

CREATE TABLE settings (
    key text PRIMARY KEY CHECK (char_length(key) BETWEEN 1 AND 100),
    value jsonb NOT NULL,
    description text,
    updated_by uuid REFERENCES users ON DELETE SET NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE secrets (
    name text PRIMARY KEY,
    value bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE uploads (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    content_type text NOT NULL CHECK (content_type IN ('image/png', 'image/jpeg', 'image/webp', 'image/gif')),
    byte_size integer NOT NULL CHECK (byte_size BETWEEN 1 AND 5242880),
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    file_key text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL
);
CREATE INDEX uploads_owner ON uploads (owner_id, created_at DESC);
ALTER TABLE users ADD FOREIGN KEY (avatar_upload_id) REFERENCES uploads ON DELETE SET NULL;
CREATE INDEX users_avatar ON users (avatar_upload_id) WHERE avatar_upload_id IS NOT NULL;

-- The answer to a call that carried an Idempotency-Key. `resource_id` is chosen when the key is claimed, so that
-- a retry after a crash in the middle goes on with the same resource.
CREATE TABLE idempotency_keys (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    key text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 128),
    request_hash bytea NOT NULL,
    resource_id uuid NOT NULL,
    response_status integer,
    response_body jsonb,
    claimed_at timestamptz NOT NULL,
    answered_at timestamptz,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_claimed ON idempotency_keys (claimed_at);
