"""The only folder that speaks SQL or Redis: statements and the frozen records they return, one module per noun."""
