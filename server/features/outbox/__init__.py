"""The letters of a demonstration, for who tries the product out; not served without `--demo`."""
