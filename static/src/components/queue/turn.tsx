/** It is this client's turn: said wherever they are, with the bell, the time that is left, and the price before it starts. */
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { asProblem, type Problem } from "../../api/problems";
import { useRinging } from "../../hooks/ringing";
import { useServerNow } from "../../hooks/server_time";
import { newNonce } from "../../live/nonces";
import type { QueueEntry } from "../../protocol";
import { secondsUntil } from "../../rooms/clock";
import { useServices } from "../../services";
import { hasTurn } from "../../stores/own_queue";
import { texts } from "../../texts";
import { formatClock, formatMoney } from "../../texts/formats";
import { Avatar } from "../avatar";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { Note, ProblemNote } from "../notes";
import { PriceSentence } from "../price_sentence";

/** Turns whose dialog was closed without an answer: the bar goes on saying it. By entry and until when, so that a new turn shows. */
const hidden = signal<ReadonlySet<string>>(new Set());

const keyOf = (entry: QueueEntry) => `${entry.id}.${entry.reserved_until_at}`;

export function showTurn(entry: QueueEntry): void {
  hidden.value = new Set([...hidden.value].filter((key) => key !== keyOf(entry)));
}

export function Turn() {
  const { queue, liveConsultation, bell, storage } = useServices();
  const shown = queue.entries.value.find((entry) => hasTurn(entry) && !hidden.value.has(keyOf(entry)));
  const entry = liveConsultation.value.value === null ? shown : undefined;
  useRinging(
    entry === undefined ? null : { id: keyOf(entry), flash: texts.queue.turnFlash(entry.reader.display_name) },
    bell,
    storage,
  );
  if (entry === undefined) return null;
  const hide = () => {
    hidden.value = new Set([...hidden.value, keyOf(entry)]);
  };
  return <TurnDialog key={keyOf(entry)} entry={entry} onHide={hide} />;
}

function TurnDialog(props: { entry: QueueEntry; onHide: () => void }) {
  const { entry } = props;
  const { mediaSupport } = useServices();
  const name = entry.reader.display_name;
  const rate = entry.rate_per_minute_minor;
  return (
    <Dialog title={texts.queue.turnTitle(name)} onClose={props.onHide} comesByItself>
      <div class="stack">
        <div class="row">
          <Avatar id={entry.reader.id} name={name} url={entry.reader.avatar_url} />
          <TurnLeft entry={entry} />
        </div>
        {rate !== null && <PriceSentence type={entry.type} ratePerMinuteMinor={rate} currency={entry.currency} />}
        {entry.type !== "chat" && mediaSupport !== "ok" ? (
          <Note tone="warning">
            <p>{texts.calls.unsupported[mediaSupport]}</p>
          </Note>
        ) : (
          <StartTurn entry={entry} ratePerMinuteMinor={rate ?? 0} />
        )}
        <PassTurn entry={entry} />
      </div>
    </Dialog>
  );
}

/** Counted down for the eye; a screen reader hears the title and asks when it wants to know. */
export function TurnLeft(props: { entry: QueueEntry }) {
  const left = secondsUntil(props.entry.reserved_until_at, useServerNow());
  if (left === null) return null;
  return (
    <p class="turn__left figures" role="timer" aria-live="off">
      {texts.queue.turnLeft(formatClock(left))}
    </p>
  );
}

function StartTurn(props: { entry: QueueEntry; ratePerMinuteMinor: number }) {
  const { entry } = props;
  const { live, liveConsultation, queue, bell } = useServices();
  const { route } = useLocation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const start = async () => {
    bell.stop();
    setProblem(null);
    try {
      const { consultation } = await live.send("consultation.request", {
        reader_id: entry.reader.id,
        type: entry.type,
        nonce: newNonce(),
      });
      liveConsultation.hear(consultation);
      route(`/room/${consultation.id}`);
    } catch (error) {
      setProblem(asProblem(error));
      await queue.reload();
    }
  };
  return (
    <>
      <Button look="primary" isWide busyText={texts.queue.asked(entry.reader.display_name)} onPress={start}>
        {texts.readers.start[entry.type](formatMoney(props.ratePerMinuteMinor, entry.currency))}
      </Button>
      <ProblemNote problem={problem} />
      {problem?.code === "wallet.balance_too_low" && (
        <a class="button button--wide" href={`/wallet?next=${encodeURIComponent(`/readers/${entry.reader.id}`)}`}>
          {texts.queue.addMoney}
        </a>
      )}
    </>
  );
}

function PassTurn(props: { entry: QueueEntry }) {
  const { queue } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const pass = async () => {
    try {
      await queue.leave(props.entry.reader.id);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <>
      <Button isWide onPress={pass}>
        {texts.queue.pass}
      </Button>
      <p class="faint">{texts.queue.passHint}</p>
      <ProblemNote problem={problem} />
    </>
  );
}
