/** A gift's receipt: what, for whom, when, and what it cost. */
import { useRoute } from "preact-iso";
import { GiftPicture } from "../components/gifts/gift_picture";
import { LoginGate } from "../components/login_gate";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { useLoaded } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import { useServices } from "../services";
import { texts } from "../texts";

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
  return <GiftPicture imageUrl="" />;
}
