-- Gifts: the catalogue, and every gift that was paid.

CREATE TABLE gift_kinds (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 40),
    description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 200),
    price_minor bigint NOT NULL CHECK (price_minor BETWEEN 1 AND 1000000),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    image_url text NOT NULL,
    animation_url text,
    sort_order integer NOT NULL DEFAULT 0,
    -- Off: can no longer be sent; what was sent keeps it.
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX gift_kinds_name ON gift_kinds (lower(name), currency);
CREATE INDEX gift_kinds_offered ON gift_kinds (currency, sort_order) WHERE is_active;

CREATE TABLE gifts (
    id uuid PRIMARY KEY,
    sender_id uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
    reader_id uuid NOT NULL REFERENCES readers ON DELETE RESTRICT,
    livestream_id uuid REFERENCES livestreams ON DELETE RESTRICT,
    consultation_id uuid REFERENCES consultations ON DELETE RESTRICT,
    gift_kind_id uuid NOT NULL REFERENCES gift_kinds ON DELETE RESTRICT,
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 100),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reader_share_bps integer NOT NULL CHECK (reader_share_bps BETWEEN 0 AND 10000),
    -- The reader's part, rounded down: what is left of the last minor unit is the platform's.
    reader_minor bigint NOT NULL CHECK (reader_minor = reader_share_bps * amount_minor / 10000),
    currency text NOT NULL,
    message text NOT NULL DEFAULT '' CHECK (char_length(message) <= 200),
    nonce text NOT NULL CHECK (char_length(nonce) BETWEEN 1 AND 64),
    transfer_id uuid NOT NULL UNIQUE REFERENCES transfers,
    created_at timestamptz NOT NULL,
    -- Given back whole, by an admin.
    refunded_at timestamptz,
    CHECK (sender_id <> reader_id),
    CHECK (num_nonnulls(livestream_id, consultation_id) = 1),
    UNIQUE (sender_id, nonce)
);
CREATE INDEX gifts_of_livestream ON gifts (livestream_id, created_at) WHERE livestream_id IS NOT NULL;
CREATE INDEX gifts_of_consultation ON gifts (consultation_id) WHERE consultation_id IS NOT NULL;

-- What each sender gave in a livestream, and to a reader in all livestreams, less what was given back: who gave most is read
-- with every gift. Gifts in consultations are in neither: who consults whom is nobody else's business.
CREATE TABLE livestream_givers (
    livestream_id uuid NOT NULL REFERENCES livestreams ON DELETE CASCADE,
    sender_id uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    PRIMARY KEY (livestream_id, sender_id)
) WITH (fillfactor = 70);
CREATE INDEX livestream_givers_top ON livestream_givers (livestream_id, total_minor DESC, sender_id) WHERE total_minor > 0;
CREATE TABLE reader_givers (
    reader_id uuid NOT NULL REFERENCES readers ON DELETE CASCADE,
    sender_id uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
    currency text NOT NULL,
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    PRIMARY KEY (reader_id, sender_id, currency)
) WITH (fillfactor = 70);
CREATE INDEX reader_givers_top ON reader_givers (reader_id, currency, total_minor DESC, sender_id) WHERE total_minor > 0;

-- Gifts of its client, less what was given back: limits on what a consultation may cost count them with its minutes.
ALTER TABLE consultations ADD COLUMN gifts_minor bigint NOT NULL DEFAULT 0 CHECK (gifts_minor >= 0);

-- Who may change the settings may look after what is offered as gifts.
UPDATE users SET permissions = array_append(permissions, 'gift_kinds.change')
WHERE role = 'admin' AND 'settings.change' = ANY (permissions) AND NOT 'gift_kinds.change' = ANY (permissions);
