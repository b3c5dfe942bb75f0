/** Addresses inside the app: where somebody starts, and which "next" is ours. */
import type { User } from "../protocol";

/** Only a path on this site is followed after a login, never somebody else's address. */
export function safeNext(next: string | null): string | null {
  if (next === null || !/^\/(?![/\\])/.test(next)) return null;
  return next.startsWith("/login") || next.startsWith("/register") ? null : next;
}

export function startPage(user: User): string {
  if (user.role === "reader") return "/desk";
  return user.role === "admin" ? "/admin" : "/";
}
