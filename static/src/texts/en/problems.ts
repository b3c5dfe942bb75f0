/** What went wrong, in words that say what to do next; by the server's code. */
import type { ErrorCode } from "../../protocol";

/** A code that the server no longer has fails the type check. */
const byCode: Partial<Record<ErrorCode | "network.unreachable" | "auth.totp_required" | "auth.invalid_totp", string>> =
  {
    "network.unreachable": "We cannot reach the server. Check your connection and try again.",
    "auth.invalid_credentials": "That e-mail and password do not match. Check both, or reset your password.",
    "auth.totp_required": "Enter the six-digit code from your authenticator app.",
    "auth.invalid_totp": "That code is not right. Wait for the next one and try again.",
    "auth.locked": "Too many attempts. This login is locked for a while; reset your password or try later.",
    "auth.email_taken": "There is an account with this e-mail already. Log in instead, or reset the password.",
    "reader.busy": "This reader is in another consultation now. You were not charged.",
    "reader.offline": "This reader has just gone offline. You were not charged.",
    "reader.unverified": "This reader cannot take consultations yet.",
    "queue.reader_free": "This reader is free now. You can start right away.",
    "queue.full": "The line is full right now. Try again in a few minutes.",
    "queue.too_many_lines": "You are in three lines already. Leave one of them first.",
    "reader.time_taken": "Somebody else has just booked this time. Choose another one.",
    "reader.time_not_offered": "The reader no longer offers this time. Choose another one.",
    "client.time_taken": "You have booked another consultation at this time.",
    "client.too_many_bookings":
      "You have as many bookings as one person may have. Cancel one, or wait until one is over.",
    "consultation.not_scheduled": "This booking has begun, or is over.",
    "client.busy": "You already have a live consultation. Return to it, or end it first.",
    "gift.price_changed": "The price has changed. Nothing was paid; look at the new one and send again.",
    "wallet.balance_too_low": "Your balance is too low for this. Add money first.",
    "payment.declined": "The bank declined this card. Nothing was charged; try another card.",
    "payment.authentication_required":
      "The bank wants you to confirm this payment, and that was not finished. Nothing was charged.",
    "reader.type_not_offered": "This reader no longer offers that.",
    "wallet.spending_limit_reached": "Your own spending limit is reached. You can change it in your account.",
    "payment.refused": "The bank did not accept this payment. Nothing was charged; try another card.",
    "payment.method_unknown": "This card is not known to the bank. Choose another one.",
    "payment.timed_out":
      "The bank did not answer in time. Look at your history before you try again; nothing is taken twice.",
    "payment.provider_unavailable": "The bank cannot be reached right now. Nothing was charged; try again in a moment.",
    "auth.suspended": "This account is suspended. Write to the site's team.",
    "server.restarting": "The server is restarting. Try again in a moment.",
    "server.overloaded": "The server is busy. Try again in a moment.",
    "upload.not_an_image": "This is not a picture we can show. Use PNG, JPEG, WebP or GIF.",
    "upload.too_many_pixels": "This picture is too large. Make it smaller and try again.",
    "recording.full":
      "This site is recording as many talks as it can right now. Try again later; you can talk on unrecorded.",
    "recording.unavailable": "Recording is not possible right now. Try again in a moment; you can talk on unrecorded.",
    "recording.disabled": "Talks are not recorded here.",
    "recording.under_way": "One of you has asked already.",
    "recording.not_asked": "The question was taken back.",
    "recording.not_agreed": "There is no recording any more.",
    "recording.expired": "This recording was deleted, since the time it was to be kept for is over.",
    "consultation.unpaid": "Only consultations with something paid can be reviewed.",
    "review.exists": "You reviewed this consultation already.",
    "consultation.not_joined": "You are not in the room yet. It goes on as soon as you are.",
    "consultation.clock_stopped": "The clock has stopped until money is added.",
    "consultation.rate_not_agreed": "The price has changed meanwhile. Look at it again.",
    "consultation.mode_not_available": "This consultation was asked for without that. Ask for a new one to have it.",
    "consultation.not_in_progress": "This consultation is not running any more.",
    "consultation.no_media": "You go on by chat now; there is no sound or picture.",
    "limit.rate": "That was too fast. Wait a moment and try again.",
    "limit.payload_too_large": "That is too large to send.",
    "idempotency.key_reused": "This was already sent with another amount. Reload the page and look at your history.",
  };

const byStatus: Record<number, string> = {
  401: "Your login ended. Log in again.",
  403: "Your account may not do this.",
  404: "This does not exist, or it is not yours to see.",
  409: "This has changed in the meantime. Look at the present state and try again.",
  413: "This file is too large. At most 5 MB.",
  415: "This kind of file is not accepted. Use PNG, JPEG, WebP or GIF.",
  429: "Too many requests. Wait a moment and try again.",
  503: "The server is busy or restarting. Try again in a moment.",
};

export const problemTexts = {
  byCode,
  byStatus,
  unknown: "Something went wrong on our side. Try again in a moment.",
  retryAfter: (seconds: number) => `Try again in ${seconds} seconds.`,
};
