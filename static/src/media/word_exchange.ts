/**
 * Two random numbers, one of each side, that go into the safety words. The reader's side first sends only the hash of
 * its number, and the number itself after it has the other's (as ZRTP's hash commitment does, RFC 6189, section 4.4.1):
 * whoever sits between must settle on numbers before knowing what words they make.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

export interface WordMessage {
  commitment?: string;
  number?: string;
}

const NUMBER = /^[0-9a-f]{32}$/;
const HASH = /^[0-9a-f]{64}$/;

export interface WordExchangeEnvironment {
  /** One side commits; it is the impolite one. */
  isCommitting: boolean;
  send: (message: WordMessage) => void;
  digest: (text: string) => Promise<Uint8Array>;
  /** 32 hexadecimal digits that nobody can guess. */
  randomNumber: () => string;
}

export class WordExchange {
  private readonly agreed = signal<readonly [string, string] | null>(null);
  private readonly own: string;
  private commitment: string | null = null;
  private hasTold = false;
  private isOver = false;

  constructor(private readonly environment: WordExchangeEnvironment) {
    this.own = environment.randomNumber();
  }

  /** The committing side's number and the other's; null until both are known, and for ever if one side cheated. */
  get numbers(): ReadonlySignal<readonly [string, string] | null> {
    return this.agreed;
  }

  async begin(): Promise<void> {
    const { isCommitting, send } = this.environment;
    if (!isCommitting || this.commitment !== null) return;
    this.commitment = await this.hash(this.own);
    send({ commitment: this.commitment });
  }

  async hear({ commitment, number }: WordMessage): Promise<void> {
    if (this.isOver) return;
    if (this.environment.isCommitting) {
      if (isText(number, NUMBER)) this.reveal(number);
    } else if (isText(commitment, HASH) && this.commitment === null) this.answer(commitment);
    else if (isText(number, NUMBER) && this.hasTold) await this.check(number);
  }

  /** The other side's number is there, so ours may be known. */
  private reveal(theirs: string): void {
    if (this.commitment === null) return;
    this.isOver = true;
    this.environment.send({ number: this.own });
    this.agreed.value = [this.own, theirs];
  }

  private answer(commitment: string): void {
    this.commitment = commitment;
    this.hasTold = true;
    this.environment.send({ number: this.own });
  }

  private async check(theirs: string): Promise<void> {
    this.isOver = true;
    if ((await this.hash(theirs)) === this.commitment) this.agreed.value = [theirs, this.own];
  }

  private async hash(number: string): Promise<string> {
    return toHex(await this.environment.digest(`soulseer commitment\n${number}`));
  }
}

export function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === "string" && form.test(value);
}
