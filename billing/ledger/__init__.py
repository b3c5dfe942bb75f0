"""The ledger as a whole: whether it adds up."""
