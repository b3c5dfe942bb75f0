"""Consultations over HTTP: asking for one, history, snapshot, messages, statement, transcript. Their rules live in realtime/."""
