"""Failures of the live protocol itself; those of a feature are declared beside the feature."""

from __future__ import annotations

from config.errors import AppError


class UnknownCommand(AppError):
    code, status, title = "command.unknown", 404, "There is no such command"


class TooManyConnections(AppError):
    code, status, title, retryable = "limit.connections", 429, "This account has too many live connections", True


class ServerRestarting(AppError):
    code, status, title, retryable = "server.restarting", 503, "The server is restarting; connect again in a moment", True
