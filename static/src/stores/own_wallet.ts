/** The visitor's own balance, kept true by events and asked for again at each connect. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Resources } from "../api/resources";
import type { LiveConnection } from "../live/connection";
import type { Wallet } from "../protocol";

export type Balance = Pick<Wallet, "balance_minor" | "currency">;

export class OwnWallet {
  private readonly current = signal<Balance | null>(null);

  constructor(
    private readonly resources: Resources,
    private readonly live: LiveConnection,
  ) {}

  get value(): ReadonlySignal<Balance | null> {
    return this.current;
  }

  start(): () => void {
    const stops = [
      this.live.onConnect(() => void this.reload()),
      this.live.on("wallet.changed", ({ balance_minor, currency }) => {
        this.current.value = { balance_minor, currency };
      }),
      this.live.on("consultation.charged", ({ balance_minor }) => {
        const wallet = this.current.value;
        if (wallet !== null && typeof balance_minor === "number") this.current.value = { ...wallet, balance_minor };
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** From an answer, which may come before the event. */
  tell(balanceMinor: number, currency: string): void {
    this.current.value = { balance_minor: balanceMinor, currency };
  }

  async reload(): Promise<void> {
    try {
      this.current.value = await this.resources.wallet();
    } catch {
      // A reader has no wallet, and a lost network is said by the connection bar.
    }
  }

  forget(): void {
    this.current.value = null;
  }
}
