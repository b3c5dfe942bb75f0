"""Gifts' doors: what is on offer, receipts, who gave most, what readers earned, and the back office's catalogue."""
