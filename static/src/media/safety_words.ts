/** A short authentication string: what two people read to each other to learn whether somebody sits between them. */
import { readFingerprints } from "./descriptions";
import { SAFETY_WORDS } from "./safety_word_list";

/** 4 words of 256 are 32 bits. */
const WORDS = 4;

/**
 * Four words from the certificates' hashes in both descriptions; null while one has none.
 *
 * What it proves: DTLS lets only the holder of the described certificate take part, so when both people see the same
 * words, each browser talks with the certificate that the other one named. Whoever changed the descriptions on the way
 * (the server is able to) in order to decrypt the media had to put own certificates in, and the words then differ.
 *
 * What it does not prove: who the other person is (they must know each other's voice or face), what a changed page
 * would show, or anything after the media were carried over to the server's relay. With 32 bits and no commitment
 * beforehand, an attacker who prepares about 2^17 certificates while the call is being set up can find a pair that
 * gives both sides the same words; against that a longer comparison would be needed.
 */
export async function findSafetyWords(
  descriptions: { local: string; remote: string },
  digest: (text: string) => Promise<Uint8Array>,
): Promise<readonly string[] | null> {
  const local = readFingerprints(descriptions.local).join(",");
  const remote = readFingerprints(descriptions.remote).join(",");
  if (local === "" || remote === "") return null;
  const bytes = await digest(["soulseer safety words", ...[local, remote].sort()].join("\n"));
  return [...bytes.slice(0, WORDS)].map((byte) => SAFETY_WORDS[byte] ?? "");
}
