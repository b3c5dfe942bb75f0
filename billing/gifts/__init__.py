"""Gifts' rules about money: the catalogue's first kinds, whether a purse can pay, and how an amount is split."""
