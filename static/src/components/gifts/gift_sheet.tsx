/** Choosing a gift: which, how many, with what words, and what it costs, said beside the button that pays it. */
import { Minus, Plus } from "lucide-preact";
import { useState } from "preact/hooks";
import { useLoaded } from "../../hooks/loading";
import type { GiftSending } from "../../livestreams/gift_sending";
import type { Gift, GiftKind } from "../../livestreams/protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatMoney } from "../../texts/formats";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { TextField } from "../fields";
import { ProblemNote, Skeleton } from "../notes";
import { TopUpDialog } from "../top_up_dialog";
import { GiftPicture } from "./gift_picture";

const QUANTITY_MAXIMUM = 100;
const MESSAGE_MAXIMUM = 200;

export interface GiftSheetProps {
  sending: GiftSending;
  /** For whom. */
  name: string;
  /** In a consultation nobody else reads the words with it. */
  isPrivate?: boolean;
  onSent: (gift: Gift) => void;
  onClose: () => void;
}

export function GiftSheet(props: GiftSheetProps) {
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.giftKinds(), []);
  const [kindId, setKindId] = useState<string | null>(null);
  const [quantity, setQuantity] = useState(1);
  const [message, setMessage] = useState("");
  const [isToppingUp, setToppingUp] = useState(false);
  const kinds = loaded.value?.items ?? [];
  const kind = kinds.find(({ id }) => id === kindId) ?? kinds[0];
  // In its place rather than above: what a bank asks in a frame of its own could not lie over a modal sheet.
  if (isToppingUp) return <TopUpDialog goOnText={texts.gifts.backToGift} onClose={() => setToppingUp(false)} />;
  return (
    <Dialog title={texts.gifts.title(props.name)} onClose={props.onClose}>
      {loaded.value === null && loaded.problem === null && <Skeleton shape="card" />}
      <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
      {loaded.value !== null && kind === undefined && <p>{texts.gifts.none}</p>}
      {kind !== undefined && (
        <form class="stack" onSubmit={(event) => event.preventDefault()}>
          <KindChoice kinds={kinds} chosen={kind} onChange={setKindId} />
          <Quantity value={quantity} onChange={setQuantity} />
          <TextField
            label={texts.gifts.message}
            hint={props.isPrivate ? texts.gifts.messageHintPrivate(props.name) : texts.gifts.messageHint}
            value={message}
            maxLength={MESSAGE_MAXIMUM}
            autoComplete="off"
            onInput={setMessage}
          />
          <Payment
            {...props}
            kind={kind}
            quantity={quantity}
            message={message.trim()}
            onAddMoney={() => setToppingUp(true)}
            onPriceChanged={loaded.reload}
          />
        </form>
      )}
    </Dialog>
  );
}

function KindChoice(props: { kinds: readonly GiftKind[]; chosen: GiftKind; onChange: (id: string) => void }) {
  return (
    <fieldset class="field">
      <legend class="field__label">{texts.gifts.kinds}</legend>
      <div class="gift-kinds">
        {props.kinds.map((kind) => (
          <label key={kind.id} class="choice">
            <input
              type="radio"
              name="gift-kind"
              value={kind.id}
              checked={kind.id === props.chosen.id}
              onChange={() => props.onChange(kind.id)}
            />
            <span class="choice__face gift-kind" title={kind.description}>
              <GiftPicture
                imageUrl={kind.image_url}
                animationUrl={kind.animation_url}
                isMoving={kind.id === props.chosen.id}
              />
              <span class="choice__title">{kind.name}</span>
              <span class="gift-kind__price figures">{formatMoney(kind.price_minor, kind.currency)}</span>
            </span>
          </label>
        ))}
      </div>
      <p class="faint">{props.chosen.description}</p>
    </fieldset>
  );
}

function Quantity(props: { value: number; onChange: (value: number) => void }) {
  const { value, onChange } = props;
  const change = (next: number) => {
    if (Number.isSafeInteger(next)) onChange(Math.min(QUANTITY_MAXIMUM, Math.max(1, next)));
  };
  return (
    <fieldset class="gift-quantity">
      <legend class="field__label">{texts.gifts.quantity}</legend>
      <Button label={texts.gifts.fewer} isDisabled={value <= 1} onPress={() => change(value - 1)}>
        <Minus size={18} />
      </Button>
      <input
        class="input figures gift-quantity__field"
        type="number"
        inputMode="numeric"
        min={1}
        max={QUANTITY_MAXIMUM}
        aria-label={texts.gifts.quantity}
        value={value}
        onChange={(event) => {
          change(event.currentTarget.valueAsNumber);
          event.currentTarget.value = String(value);
        }}
      />
      <Button label={texts.gifts.more} isDisabled={value >= QUANTITY_MAXIMUM} onPress={() => change(value + 1)}>
        <Plus size={18} />
      </Button>
    </fieldset>
  );
}

function Payment(
  props: GiftSheetProps & {
    kind: GiftKind;
    quantity: number;
    message: string;
    onAddMoney: () => void;
    onPriceChanged: () => void;
  },
) {
  const { kind, quantity, message, sending } = props;
  const { wallet } = useServices();
  const step = sending.step.value;
  const problem = step.kind === "choosing" ? step.problem : null;
  const amountMinor = kind.price_minor * quantity;
  const money = (minor: number) => formatMoney(minor, kind.currency);
  const balance = wallet.value.value?.balance_minor ?? null;
  const missingMinor = balance === null ? 0 : Math.max(0, amountMinor - balance);
  const isTooLow = missingMinor > 0;
  const send = async () => {
    const gift = await sending.send({ giftKindId: kind.id, quantity, message, amountMinor });
    if (gift !== null) props.onSent(gift);
    const { value: after } = sending.step;
    if (after.kind === "choosing" && after.problem?.code === "gift.price_changed") props.onPriceChanged();
  };
  return (
    <div class="stack stack--tight gift-sheet__pay">
      {balance !== null && (
        <p class={isTooLow ? "gift-sheet__low" : "soft"} role="status">
          {isTooLow
            ? texts.gifts.notEnough(money(balance), money(missingMinor))
            : texts.gifts.balance(money(balance), money(balance - amountMinor))}
        </p>
      )}
      {/* What the balance says already needs no second saying. */}
      <ProblemNote problem={isTooLow && problem?.code === "wallet.balance_too_low" ? null : problem} />
      {problem?.code === "wallet.spending_limit_reached" && <a href="/wallet">{texts.gifts.toLimits}</a>}
      {isTooLow ? (
        <Button look="primary" isWide onPress={props.onAddMoney}>
          {texts.gifts.addMoney}
        </Button>
      ) : (
        <Button look="primary" isWide isBusy={step.kind === "sending"} busyText={texts.gifts.sending} onPress={send}>
          {texts.gifts.send(quantity, kind.name, money(amountMinor))}
        </Button>
      )}
    </div>
  );
}
