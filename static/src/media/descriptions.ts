/** Reading what we need out of session descriptions (RFC 8866), and the one line that we add to answers. */

/** Which peer connection made a description, and which of its descriptions it is: the `o=` line. */
export interface Origin {
  sessionId: string;
  version: string;
}

/**
 * An answer names the offer that it answers, so that an answer to a page that was loaded again, or to a peer
 * connection that was given up, is never taken for one to ours. Browsers skip lines that they do not know.
 */
const ANSWERED_LINE = "a=x-soulseer-answers:";

export function readOrigin(sdp: string): Origin | null {
  const [, sessionId, version] = (linesOf(sdp).find((line) => line.startsWith("o=")) ?? "").split(" ");
  return sessionId === undefined || version === undefined ? null : { sessionId, version };
}

export function isSameOrigin(one: Origin | null, other: Origin | null): boolean {
  return one !== null && other !== null && one.sessionId === other.sessionId && one.version === other.version;
}

/** Adds the name of the answered offer before the first media section. */
export function addAnswered(sdp: string, offer: Origin): string {
  const at = sdp.search(/^m=/m);
  const line = `${ANSWERED_LINE}${offer.sessionId} ${offer.version}\r\n`;
  return at < 0 ? sdp + line : sdp.slice(0, at) + line + sdp.slice(at);
}

/** Null in answers of programs other than this page. */
export function readAnswered(sdp: string): Origin | null {
  const line = linesOf(sdp).find((candidate) => candidate.startsWith(ANSWERED_LINE));
  const [sessionId, version] = line?.slice(ANSWERED_LINE.length).split(" ") ?? [];
  return sessionId === undefined || version === undefined ? null : { sessionId, version };
}

export function readUfrags(sdp: string): ReadonlySet<string> {
  return new Set(valuesOf(sdp, "a=ice-ufrag:"));
}

/** The certificates' hashes in one spelling, each once, sorted; the hash's name is part of each. */
export function readFingerprints(sdp: string): readonly string[] {
  const spelled = valuesOf(sdp, "a=fingerprint:").map((value) => {
    const [algorithm = "", digest = ""] = value.split(/\s+/);
    return `${algorithm.toLowerCase()} ${digest.toUpperCase()}`;
  });
  return [...new Set(spelled)].sort();
}

function valuesOf(sdp: string, name: string): string[] {
  return linesOf(sdp)
    .filter((line) => line.startsWith(name))
    .map((line) => line.slice(name.length).trim());
}

function linesOf(sdp: string): string[] {
  return sdp.split(/\r?\n/);
}
