"""What can be wrong with an account or a login."""

from __future__ import annotations

from config.errors import AppError


class EmailTaken(AppError):
    code, status, title = "auth.email_taken", 409, "This e-mail address has an account already"


class UsernameTaken(AppError):
    code, status, title = "account.username_taken", 409, "This user name is taken"


class InvalidCredentials(AppError):
    code, status, title = "auth.invalid_credentials", 401, "The e-mail address or the password is wrong"


class AccountLocked(AppError):
    code, status, title = "auth.locked", 423, "Too many failed logins; try again later or reset the password"


class RefreshTokenInvalid(AppError):
    code, status, title = "auth.refresh_invalid", 401, "There is no login to go on with; log in again"


class RefreshTokenReused(AppError):
    code, status, title = "auth.refresh_reused", 401, "This refresh token was used before, so the login was ended; log in again"


class AccountTokenInvalid(AppError):
    code, status, title = "auth.token_invalid", 422, "This link is not valid any more; ask for a new one"
