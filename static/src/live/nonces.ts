/** Client-made names for commands that create something; the same nonce never takes effect twice. */
export function newNonce(): string {
  return crypto.randomUUID();
}
