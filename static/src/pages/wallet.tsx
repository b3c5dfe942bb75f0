/** The balance and what it buys, adding money, and every movement with what it was for. */
import { useLocation } from "preact-iso";
import { Button } from "../components/button";
import { SpendingLimits } from "../components/limits_form";
import { LoginGate } from "../components/login_gate";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { TopUpForm } from "../components/top_up_form";
import { TransferLine } from "../components/transfer_line";
import { WhatItBuys } from "../components/what_it_buys";
import { usePagedList } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import type { TransferView } from "../protocol";
import { useServices } from "../services";
import type { Balance } from "../stores/own_wallet";
import { texts } from "../texts";
import { safeNext } from "../texts/addresses";
import { formatDay, formatMoney } from "../texts/formats";
import { groupTransfers, type TransferGroup } from "../texts/transfer_groups";
import "../styles/money.css";

export default function WalletPage() {
  usePageTitle(texts.money.title);
  return <LoginGate>{() => <OwnWalletPage />}</LoginGate>;
}

function OwnWalletPage() {
  const { wallet } = useServices();
  const { url } = useLocation();
  const next = safeNext(new URLSearchParams(url.split("?")[1] ?? "").get("next"));
  const own = wallet.value.value;
  return (
    <div class="wallet">
      <section class="wallet__balance">
        <h1>{texts.money.balance}</h1>
        {own === null ? <Skeleton shape="line" /> : <BalanceFigure wallet={own} />}
        {next !== null && (
          <p>
            <a href={next}>{texts.shell.back}</a>
          </p>
        )}
      </section>
      <div class="stack wallet__add">
        <section class="card stack">
          <h2>{texts.money.addMoney}</h2>
          <TopUpForm />
        </section>
        <SpendingLimits />
      </div>
      <History balanceMinor={own?.balance_minor ?? null} />
    </div>
  );
}

function BalanceFigure(props: { wallet: Balance }) {
  const { wallet } = props;
  return (
    <>
      <p class="wallet__figure figures">{formatMoney(wallet.balance_minor, wallet.currency)}</p>
      <WhatItBuys balanceMinor={wallet.balance_minor} currency={wallet.currency} />
    </>
  );
}

/** Loaded anew whenever the balance moves, so that the newest line is always there. */
function History(props: { balanceMinor: number | null }) {
  const { resources } = useServices();
  const list = usePagedList((cursor) => resources.listTransfers(cursor), [props.balanceMinor]);
  return (
    <section class="stack wallet__history">
      <h2>{texts.money.history}</h2>
      <ProblemNote problem={list.problem} onRetry={list.reload} />
      {list.items === null && list.problem === null && <Skeleton shape="line" count={3} />}
      {list.items?.length === 0 && <Empty title={texts.money.noHistory} hint={texts.money.noHistoryHint} />}
      {list.items !== null && <Days transfers={list.items} />}
      {list.hasMore && (
        <div>
          <Button onPress={list.loadMore}>{texts.shell.showMore}</Button>
        </div>
      )}
    </section>
  );
}

function Days(props: { transfers: readonly TransferView[] }) {
  const days = new Map<string, TransferGroup[]>();
  for (const group of groupTransfers(props.transfers)) {
    const day = formatDay(group.newest.created_at);
    days.set(day, [...(days.get(day) ?? []), group]);
  }
  return [...days.entries()].map(([day, groups]) => (
    <div key={day} class="card">
      <h3 class="day-title">{day}</h3>
      <ul class="line-list">
        {groups.map((group) => (
          <li key={group.newest.id}>
            <TransferLine group={group} />
          </li>
        ))}
      </ul>
    </div>
  ));
}
