/** The way to a gift, and for a moment after one the way to the same once more. */
import { Gift as GiftIcon } from "lucide-preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { GiftSending } from "../../livestreams/gift_sending";
import type { Gift } from "../../livestreams/protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatMoney } from "../../texts/formats";
import { problemText } from "../../texts/problem_text";
import { Button } from "../button";
import { GiftSheet } from "./gift_sheet";

const ONCE_MORE_MS = 8_000;

export function GiftButton(props: { sending: GiftSending; name: string; isPrivate?: boolean }) {
  const { sending, name } = props;
  const { notices, login } = useServices();
  const [isOpen, setOpen] = useState(false);
  const [last, setLast] = useState<Gift | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  // Readers and admins have no wallet.
  if (login.user?.role !== "client") return null;
  const sent = (gift: Gift) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setLast(null), ONCE_MORE_MS);
    setLast(gift);
    setOpen(false);
  };
  const repeat = async () => {
    if (last === null) return;
    const gift = await sending.send({
      giftKindId: last.gift_kind_id,
      quantity: last.quantity,
      message: "",
      amountMinor: last.amount_minor,
    });
    if (gift !== null) return sent(gift);
    // What stands against it, and what to do about it, is said where gifts are chosen.
    const step = sending.step.peek();
    if (step.kind === "choosing" && step.problem !== null) notices.say(problemText(step.problem));
    setLast(null);
  };
  return (
    <>
      <button
        type="button"
        class="button gift-button"
        aria-label={texts.gifts.giveLabel(name)}
        aria-haspopup="dialog"
        onClick={() => {
          sending.again();
          setOpen(true);
        }}
      >
        <GiftIcon size={20} aria-hidden="true" />
        <span class="gift-button__word" aria-hidden="true">
          {texts.gifts.give}
        </span>
      </button>
      {last !== null && (
        <div class="once-more">
          <Button look="primary" busyText={texts.gifts.sending} onPress={repeat}>
            {texts.gifts.onceMore(
              last.quantity === 1 ? last.name : `${last.quantity} × ${last.name}`,
              formatMoney(last.amount_minor, last.currency),
            )}
          </Button>
        </div>
      )}
      {isOpen && (
        <GiftSheet
          sending={sending}
          name={name}
          isPrivate={props.isPrivate === true}
          onSent={sent}
          onClose={() => setOpen(false)}
        />
      )}
      <span class="for-screen-readers" role="status">
        {last === null ? "" : texts.gifts.sent(last.quantity, last.name)}
      </span>
    </>
  );
}
