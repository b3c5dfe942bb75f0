"""The invariants of gifts as statements over everything; `ledger_checks.py` runs them with the others."""

from __future__ import annotations

# Each gift has one purchase with its amount and split (sender, reader, the rest to the house), each purchase one gift; and one
# that was given back has one refund which undoes it.
GIFTS_ARE_PAID = """
WITH booked AS (
    SELECT t.reference_id AS id, t.type, count(DISTINCT t.id) AS transfers, min(t.id::text) AS transfer_id,
        coalesce(sum(e.amount_minor) FILTER (WHERE l.kind = 'wallet' AND l.owner_id = g.sender_id), 0) AS wallet_minor,
        coalesce(sum(e.amount_minor) FILTER (WHERE l.kind = 'earnings' AND l.owner_id = g.reader_id), 0) AS earnings_minor,
        coalesce(sum(e.amount_minor) FILTER (WHERE l.kind = 'revenue'), 0) AS revenue_minor
    FROM transfers AS t
    JOIN entries AS e ON e.transfer_id = t.id
    JOIN ledger_accounts AS l ON l.id = e.ledger_account_id
    LEFT JOIN gifts AS g ON g.id = t.reference_id
    WHERE t.reference_kind = 'gift' AND t.type IN ('gift_purchase', 'refund')
    GROUP BY t.reference_id, t.type
), bought AS (
    SELECT * FROM booked WHERE type = 'gift_purchase'
), returned AS (
    SELECT * FROM booked WHERE type = 'refund'
), gift AS (
    SELECT id, amount_minor, reader_minor, transfer_id::text AS transfer_id,
        CASE WHEN refunded_at IS NULL THEN 0 ELSE amount_minor END AS returned_minor,
        CASE WHEN refunded_at IS NULL THEN 0 ELSE reader_minor END AS taken_back_minor
    FROM gifts
)
SELECT 'gift:' || coalesce(gift.id, bought.id, returned.id) || ' ' || wrong.what AS reference,
    wrong.expected_minor, wrong.found_minor
FROM gift FULL JOIN bought ON bought.id = gift.id FULL JOIN returned ON returned.id = coalesce(gift.id, bought.id)
CROSS JOIN LATERAL (VALUES
    ('purchases', CASE WHEN gift.id IS NULL THEN 0 ELSE 1 END, coalesce(bought.transfers, 0)),
    ('transfer', 1, CASE WHEN gift.transfer_id IS NOT DISTINCT FROM bought.transfer_id THEN 1 ELSE 0 END),
    ('paid', coalesce(gift.amount_minor, 0), -coalesce(bought.wallet_minor, 0)),
    ('earned', coalesce(gift.reader_minor, 0), coalesce(bought.earnings_minor, 0)),
    ('revenue', coalesce(gift.amount_minor - gift.reader_minor, 0), coalesce(bought.revenue_minor, 0)),
    ('given back', coalesce(gift.returned_minor, 0), coalesce(returned.wallet_minor, 0)),
    ('taken back', coalesce(gift.taken_back_minor, 0), -coalesce(returned.earnings_minor, 0))
) AS wrong (what, expected_minor, found_minor)
WHERE wrong.expected_minor <> wrong.found_minor
"""

# What is counted beside the gifts: of each livestream, each giver in it and at its reader, each consultation. And each gift in a
# livestream has one line in its chat.
GIFT_TALLIES_ADD_UP = """
WITH given AS (
    SELECT livestream_id, consultation_id, reader_id, sender_id, currency, amount_minor FROM gifts WHERE refunded_at IS NULL
), of_livestream AS (
    SELECT livestream_id, count(*) AS gifts, sum(amount_minor) AS total_minor
    FROM given WHERE livestream_id IS NOT NULL GROUP BY livestream_id
), of_giver AS (
    SELECT livestream_id, sender_id, sum(amount_minor) AS total_minor
    FROM given WHERE livestream_id IS NOT NULL GROUP BY livestream_id, sender_id
), at_reader AS (
    SELECT reader_id, sender_id, currency, sum(amount_minor) AS total_minor
    FROM given WHERE livestream_id IS NOT NULL GROUP BY reader_id, sender_id, currency
), of_consultation AS (
    SELECT consultation_id, sum(amount_minor) AS total_minor
    FROM given WHERE consultation_id IS NOT NULL GROUP BY consultation_id
), lines AS (
    SELECT gift_id, count(*) AS lines FROM livestream_messages WHERE kind = 'gift' GROUP BY gift_id
)
SELECT reference, expected_minor, found_minor FROM (
    SELECT 'livestream:' || coalesce(t.livestream_id, s.livestream_id) || ' gifts' AS reference,
        coalesce(s.total_minor, 0) AS expected_minor, coalesce(t.gifts_minor, 0) AS found_minor
    FROM livestream_tallies AS t FULL JOIN of_livestream AS s ON s.livestream_id = t.livestream_id
    UNION ALL
    SELECT 'livestream:' || t.livestream_id || ' count of gifts', coalesce(s.gifts, 0), t.gifts_count
    FROM livestream_tallies AS t LEFT JOIN of_livestream AS s ON s.livestream_id = t.livestream_id
    UNION ALL
    SELECT 'livestream:' || coalesce(t.livestream_id, s.livestream_id) || ' giver ' || coalesce(t.sender_id, s.sender_id),
        coalesce(s.total_minor, 0), coalesce(t.total_minor, 0)
    FROM livestream_givers AS t
    FULL JOIN of_giver AS s ON s.livestream_id = t.livestream_id AND s.sender_id = t.sender_id
    UNION ALL
    SELECT 'reader:' || coalesce(t.reader_id, s.reader_id) || ' giver ' || coalesce(t.sender_id, s.sender_id),
        coalesce(s.total_minor, 0), coalesce(t.total_minor, 0)
    FROM reader_givers AS t
    FULL JOIN at_reader AS s ON s.reader_id = t.reader_id AND s.sender_id = t.sender_id AND s.currency = t.currency
    UNION ALL
    SELECT 'consultation:' || c.id || ' gifts', coalesce(s.total_minor, 0), c.gifts_minor
    FROM consultations AS c LEFT JOIN of_consultation AS s ON s.consultation_id = c.id
    UNION ALL
    SELECT 'gift:' || coalesce(g.id, lines.gift_id) || ' lines', CASE WHEN g.livestream_id IS NULL THEN 0 ELSE 1 END,
        coalesce(lines.lines, 0)
    FROM gifts AS g FULL JOIN lines ON lines.gift_id = g.id
) AS tallies
WHERE expected_minor <> found_minor
"""
