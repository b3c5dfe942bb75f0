/** A gift's receipt: what, for whom, when, and what it cost. */
import { type ComponentChildren, Fragment } from "preact";
import { useRoute } from "preact-iso";
import { GiftPicture } from "../components/gifts/gift_picture";
import { LoginGate } from "../components/login_gate";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { useLoaded } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import type { GiftReceiptView } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatDateTime, formatMoney } from "../texts/formats";
import "../styles/gifts.css";

export default function GiftPage() {
  usePageTitle(texts.gifts.receipt);
  const id = useRoute().params.id ?? "";
  return <LoginGate>{() => <OneGift key={id} id={id} />}</LoginGate>;
}

function OneGift(props: { id: string }) {
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.gift(props.id), [props.id]);
  const { problem, value: gift } = loaded;
  if (problem !== null && problem.status >= 400 && problem.status < 500 && problem.status !== 429) {
    return (
      <Empty title={texts.shell.notFound} hint={texts.shell.notFoundHint}>
        <a class="button" href="/wallet">
          {texts.gifts.toWallet}
        </a>
      </Empty>
    );
  }
  if (gift === null) {
    return problem === null ? <Skeleton shape="page" /> : <ProblemNote problem={problem} onRetry={loaded.reload} />;
  }
  return <Receipt gift={gift} />;
}

function Receipt({ gift }: { gift: GiftReceiptView }) {
  const money = (minor: number) => formatMoney(minor, gift.currency);
  const { quantity } = gift;
  const isPriced = gift.amount_minor % quantity === 0 && quantity > 1;
  const facts: [string, ComponentChildren][] = [
    [texts.gifts.receiptTo, <a href={`/readers/${gift.reader.id}`}>{gift.reader.display_name}</a>],
    [texts.gifts.receiptFrom, gift.sender.display_name],
    [texts.gifts.receiptWhen, formatDateTime(gift.created_at)],
    [texts.gifts.receiptWhere, <Where gift={gift} />],
    [texts.gifts.receiptPaid, <b class="figures">{money(gift.amount_minor)}</b>],
  ];
  if (isPriced)
    facts.push([texts.gifts.receiptOf, texts.gifts.receiptPrice(quantity, money(gift.amount_minor / quantity))]);
  if (gift.earned_minor != null) facts.push([texts.gifts.receiptReader, money(gift.earned_minor)]);
  if (gift.refunded_at !== null) facts.push([texts.gifts.receiptRefunded, formatDateTime(gift.refunded_at)]);
  if (gift.message !== "") facts.push([texts.gifts.receiptMessage, gift.message]);
  facts.push([texts.gifts.receiptNumber, <span class="faint">{gift.id}</span>]);
  return (
    <article class="card stack narrow centered">
      <header class="row">
        <GiftPicture imageUrl={gift.image_url} />
        <div class="grow">
          <h1>{texts.gifts.receipt}</h1>
          <p class="name">{texts.gifts.receiptFor(quantity, gift.name)}</p>
        </div>
      </header>
      <dl class="receipt">
        {facts.map(([label, value]) => (
          <Fragment key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
    </article>
  );
}

function Where({ gift }: { gift: GiftReceiptView }) {
  if (gift.livestream_id !== null) return <a href={`/live/${gift.livestream_id}`}>{texts.gifts.receiptLivestream}</a>;
  return <a href={`/consultations/${gift.consultation_id}`}>{texts.gifts.receiptConsultation}</a>;
}
