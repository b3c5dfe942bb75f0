/** The time zone of this browser, which the server writes letters by once somebody books. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
