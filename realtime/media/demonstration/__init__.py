"""The process in which the demonstration's guide has sound and picture in a call; nothing of it runs without `--demo`."""
