-- Double entry, append-only. Rules that must hold whatever the code does are constraints and triggers here.

CREATE TABLE ledger_accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN
        ('wallet', 'earnings', 'revenue', 'provider_clearing', 'payouts_in_transit', 'promotions', 'receivables')),
    owner_id uuid REFERENCES users ON DELETE RESTRICT,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- Stored for people's accounts only; the platform's own are summed, so that no row is hot.
    balance_minor bigint,
    -- Part of a wallet that an open dispute keeps from being spent.
    held_minor bigint NOT NULL DEFAULT 0,
    -- Number of the newest entry: entries of one account are counted without gaps.
    last_entry integer NOT NULL DEFAULT 0,
    -- Number of the newest entry that brought money in.
    last_credit integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind IN ('wallet', 'earnings')) = (owner_id IS NOT NULL)),
    CHECK ((owner_id IS NOT NULL) = (balance_minor IS NOT NULL)),
    CONSTRAINT wallet_never_negative CHECK (kind <> 'wallet' OR balance_minor >= 0),
    CONSTRAINT hold_within_balance CHECK (held_minor >= 0 AND (held_minor = 0 OR held_minor <= balance_minor))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX ledger_accounts_owner ON ledger_accounts (owner_id, kind, currency) WHERE owner_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_accounts_platform ON ledger_accounts (kind, currency) WHERE owner_id IS NULL;

CREATE TABLE transfers (
    id uuid PRIMARY KEY,
    type text NOT NULL CHECK (type IN
        ('add_funds', 'session_charge', 'gift_purchase', 'refund', 'payout', 'purchase', 'chargeback', 'promotion', 'adjustment')),
    state text NOT NULL DEFAULT 'posted' CHECK (state IN ('pending', 'posted', 'voided')),
    idempotency_key text NOT NULL CHECK (char_length(idempotency_key) BETWEEN 1 AND 200),
    reference_kind text NOT NULL,
    reference_id uuid NOT NULL,
    -- The consultation's increment that a session_charge pays.
    increment integer CHECK (increment > 0),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    currency text NOT NULL,
    description text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    -- The pending transfer that this one posts or voids.
    resolves_id uuid REFERENCES transfers,
    CHECK ((type = 'session_charge') = (increment IS NOT NULL))
);
CREATE UNIQUE INDEX transfers_idempotency ON transfers (idempotency_key);
CREATE INDEX transfers_reference ON transfers (reference_id, created_at);
CREATE INDEX transfers_pending ON transfers (created_at) WHERE state = 'pending';
CREATE INDEX transfers_resolves ON transfers (resolves_id) WHERE resolves_id IS NOT NULL;

-- Transfers and ledger accounts are never deleted, so the references of entries are checked when they are written, by the
-- trigger below: a foreign key would lock the platform's rows with every transfer and make them hot.
CREATE TABLE entries (
    transfer_id uuid NOT NULL,
    ledger_account_id bigint NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    -- For people's accounts: the entry's number within its account, and the balance it left behind.
    number integer,
    balance_after_minor bigint,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (transfer_id, ledger_account_id),
    CHECK ((number IS NULL) = (balance_after_minor IS NULL))
);
CREATE UNIQUE INDEX entries_of_account ON entries (ledger_account_id, number) WHERE number IS NOT NULL;

-- All entries of a transfer are written by one statement; their sum is checked when it ends.
CREATE FUNCTION check_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT side.total, side.entries INTO wrong
    FROM (
        SELECT w.transfer_id, sum(w.amount_minor) AS total, count(*) AS entries, count(a.id) AS known,
            min(a.currency) AS currency, max(a.currency) AS other_currency
        FROM written AS w LEFT JOIN ledger_accounts AS a ON a.id = w.ledger_account_id
        GROUP BY w.transfer_id
    ) AS side
    LEFT JOIN transfers AS t ON t.id = side.transfer_id
    WHERE side.total <> 0 OR side.entries < 2 OR side.known < side.entries OR t.id IS NULL
        OR side.currency <> t.currency OR side.other_currency <> t.currency
    LIMIT 1;
    IF wrong.total <> 0 OR wrong.entries < 2 THEN
        RAISE EXCEPTION 'entries of a transfer must balance' USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_balance';
    ELSIF wrong.entries IS NOT NULL THEN
        RAISE EXCEPTION 'an entry needs its transfer and a ledger account in the same currency'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'entries_references';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_balance AFTER INSERT ON entries
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_entries_balance();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_append_only';
END $$;
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_accounts_never_deleted BEFORE DELETE OR TRUNCATE ON ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_never_deleted BEFORE DELETE OR TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- The one change a transfer may see: pending becomes posted or voided.
CREATE FUNCTION check_transfer_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'pending' AND NEW.state IN ('posted', 'voided')
        AND (to_jsonb(NEW) - 'state') = (to_jsonb(OLD) - 'state') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_append_only';
END $$;
CREATE TRIGGER transfers_change BEFORE UPDATE ON transfers FOR EACH ROW EXECUTE FUNCTION check_transfer_change();

CREATE TABLE spending_limits (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    per_consultation_minor bigint CHECK (per_consultation_minor >= 0),
    per_day_minor bigint CHECK (per_day_minor >= 0),
    per_month_minor bigint CHECK (per_month_minor >= 0),
    updated_at timestamptz NOT NULL
);

CREATE TABLE top_ups (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE RESTRICT,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed', 'failed', 'refunded')),
    payment_method text,
    provider_payment_id text UNIQUE,
    failure_code text,
    failure_message text,
    refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND amount_minor),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    completed_at timestamptz,
    checked_at timestamptz,
    CHECK (status NOT IN ('completed', 'refunded') OR completed_at IS NOT NULL)
);
CREATE INDEX top_ups_user ON top_ups (user_id, created_at DESC);
CREATE INDEX top_ups_pending ON top_ups (created_at) WHERE status = 'pending';

CREATE TABLE top_up_refunds (
    id uuid PRIMARY KEY,
    top_up_id uuid NOT NULL REFERENCES top_ups,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reason text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed', 'failed')),
    provider_refund_id text UNIQUE,
    requested_by uuid REFERENCES users ON DELETE SET NULL,
    transfer_id uuid REFERENCES transfers,
    failure_message text,
    created_at timestamptz NOT NULL,
    resolved_at timestamptz
);
CREATE INDEX top_up_refunds_top_up ON top_up_refunds (top_up_id);
CREATE INDEX top_up_refunds_pending ON top_up_refunds (created_at) WHERE status = 'pending';

CREATE TABLE provider_events (
    event_id text PRIMARY KEY,
    type text NOT NULL,
    payload jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    processed_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    -- What came of it, for the people who look into it: applied, ignored, mismatch, …
    outcome text,
    detail text
);
CREATE INDEX provider_events_unprocessed ON provider_events (received_at) WHERE processed_at IS NULL;

CREATE TABLE disputes (
    provider_dispute_id text PRIMARY KEY,
    top_up_id uuid NOT NULL REFERENCES top_ups,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    held_minor bigint NOT NULL DEFAULT 0 CHECK (held_minor >= 0),
    status text NOT NULL CHECK (status IN ('open', 'funds_withdrawn', 'funds_reinstated', 'closed')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX disputes_top_up ON disputes (top_up_id);
