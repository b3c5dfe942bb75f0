/** A short authentication string: what two people read to each other to learn whether somebody sits between them. */
import { readFingerprints } from "./descriptions";
import { SAFETY_WORDS } from "./safety_word_list";

/** 4 words of 256 are 32 bits. */
const WORDS = 4;

export interface WordSources {
  localSdp: string;
  remoteSdp: string;
  /** From `WordExchange`. */
  numbers: readonly [string, string];
}

/**
 * Four words from the certificates' hashes in both descriptions and from a number of each side; null while one
 * description has no certificate.
 *
 * What they prove: DTLS lets only the holder of the described certificate take part. Whoever changes the descriptions
 * on their way (the server could) in order to decrypt the media must put own certificates in, and then each side makes
 * its words from others; as the numbers are committed to beforehand, no searching makes them equal, and chance does so
 * once in 2^32 attempts.
 *
 * What they do not prove: who the other person is (they must know each other's voice or face), that the page itself
 * was not changed by whoever served it, or anything about media that were carried over to the server's relay.
 */
export async function findSafetyWords(
  { localSdp, remoteSdp, numbers }: WordSources,
  digest: (text: string) => Promise<Uint8Array>,
): Promise<readonly string[] | null> {
  const local = readFingerprints(localSdp).join(",");
  const remote = readFingerprints(remoteSdp).join(",");
  if (local === "" || remote === "") return null;
  const bytes = await digest(["soulseer safety words", ...[local, remote].sort(), ...numbers].join("\n"));
  return [...bytes.slice(0, WORDS)].map((byte) => SAFETY_WORDS[byte] ?? "");
}
