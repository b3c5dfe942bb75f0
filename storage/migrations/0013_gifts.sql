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
    -- The reader's part: floor(share x amount).
    reader_minor bigint NOT NULL CHECK (reader_minor BETWEEN 0 AND amount_minor),
    currency text NOT NULL,
    message text NOT NULL DEFAULT '' CHECK (char_length(message) <= 200),
    nonce text NOT NULL CHECK (char_length(nonce) BETWEEN 1 AND 64),
    transfer_id uuid NOT NULL UNIQUE REFERENCES transfers,
    created_at timestamptz NOT NULL,
    CHECK (sender_id <> reader_id),
    CHECK (num_nonnulls(livestream_id, consultation_id) = 1),
    UNIQUE (sender_id, nonce)
);
CREATE INDEX gifts_of_livestream ON gifts (livestream_id, sender_id) WHERE livestream_id IS NOT NULL;
CREATE INDEX gifts_of_consultation ON gifts (consultation_id) WHERE consultation_id IS NOT NULL;
CREATE INDEX gifts_of_reader ON gifts (reader_id, sender_id);
