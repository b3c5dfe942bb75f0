/** What can be given: in the order in which it is offered, with prices; added, changed, retired. */
import { ArrowDown, ArrowUp, Plus } from "lucide-preact";
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/problems";
import { AdminTabs } from "../components/admin/admin_tabs";
import { GiftKindDialog } from "../components/admin/gift_kind_dialog";
import { Button } from "../components/button";
import { LoginGate } from "../components/login_gate";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { useLoaded } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import type { AdminGiftKind, GiftKindPatch } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatMoney } from "../texts/formats";
import "../styles/studio.css";

export default function AdminGiftKindsPage() {
  usePageTitle(texts.studio.kindsTitle);
  return (
    <LoginGate>{(user) => (user.role === "admin" ? <GiftKinds /> : <Empty title={texts.desk.adminsOnly} />)}</LoginGate>
  );
}

function GiftKinds() {
  const { resources } = useServices();
  const loaded = useLoaded(() => resources.adminGiftKinds(), []);
  const [edited, setEdited] = useState<AdminGiftKind | "new" | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const kinds = loaded.value?.items ?? [];
  const put = (...saved: AdminGiftKind[]) => {
    const others = kinds.filter((kind) => !saved.some(({ id }) => id === kind.id));
    loaded.change({ items: inOrder([...others, ...saved]), next_cursor: null });
  };
  const change = async (changes: readonly Change[]) => {
    setProblem(null);
    try {
      put(...(await Promise.all(changes.map(([kind, body]) => resources.changeGiftKind(kind.id, body)))));
    } catch (error) {
      setProblem(asProblem(error));
      await loaded.reload();
    }
  };
  return (
    <div class="stack narrow centered">
      <h1>{texts.studio.kindsTitle}</h1>
      <AdminTabs />
      <div class="row row--apart">
        <p class="soft grow">{texts.studio.kindsHint}</p>
        <Button look="primary" onPress={() => setEdited("new")}>
          <Plus size={18} aria-hidden="true" />
          {texts.studio.addKind}
        </Button>
      </div>
      <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
      <ProblemNote problem={problem} />
      {loaded.value === null && loaded.problem === null && <Skeleton shape="line" count={4} />}
      {loaded.value !== null && kinds.length === 0 && <Empty title={texts.studio.kindsNone} />}
      {kinds.length > 0 && (
        <ul class="card line-list">
          {kinds.map((kind, index) => (
            <KindLine
              key={kind.id}
              kind={kind}
              isFirst={index === 0}
              isLast={index === kinds.length - 1}
              onChange={change}
              onMove={(by) => change(moved(kinds, index, by))}
              onEdit={() => setEdited(kind)}
            />
          ))}
        </ul>
      )}
      {edited !== null && (
        <GiftKindDialog
          kind={edited === "new" ? null : edited}
          sortOrder={Math.max(0, ...kinds.map(({ sort_order }) => sort_order)) + STEP}
          onSaved={put}
          onClose={() => setEdited(null)}
        />
      )}
    </div>
  );
}

type Change = readonly [AdminGiftKind, GiftKindPatch];

const STEP = 10;

/** The whole list is numbered anew where it is not yet: new ones all come with one number. */
function moved(kinds: readonly AdminGiftKind[], index: number, by: -1 | 1): readonly Change[] {
  const order = kinds.filter((_, at) => at !== index);
  order.splice(index + by, 0, ...kinds.slice(index, index + 1));
  return order
    .map((kind, at): Change => [kind, { sort_order: (at + 1) * STEP }])
    .filter(([kind, { sort_order }]) => kind.sort_order !== sort_order);
}

interface KindLineProps {
  kind: AdminGiftKind;
  isFirst: boolean;
  isLast: boolean;
  onChange: (changes: readonly Change[]) => Promise<void>;
  /** Up or down by one place. */
  onMove: (by: -1 | 1) => Promise<void>;
  onEdit: () => void;
}

function KindLine({ kind, isFirst, isLast, onChange, onMove, onEdit }: KindLineProps) {
  const { notices } = useServices();
  const retire = async () => {
    await onChange([[kind, { is_active: !kind.is_active }]]);
    if (kind.is_active) notices.say(texts.studio.retiredNow(kind.name));
  };
  return (
    <li>
      <div class="line row">
        <img class="gift-kind__picture" src={kind.image_url} alt="" width={44} height={44} />
        <span class="grow">
          <span class="line__title">
            {kind.name} · <span class="figures">{formatMoney(kind.price_minor, kind.currency)}</span>
          </span>
          <span class="line__facts faint">{kind.description}</span>
        </span>
        {!kind.is_active && <span class="tag tag--notice">{texts.studio.retired}</span>}
        <span class="gift-kind__moves">
          <Button look="quiet" label={texts.studio.up(kind.name)} isDisabled={isFirst} onPress={() => onMove(-1)}>
            <ArrowUp size={18} />
          </Button>
          <Button look="quiet" label={texts.studio.down(kind.name)} isDisabled={isLast} onPress={() => onMove(1)}>
            <ArrowDown size={18} />
          </Button>
        </span>
        <Button onPress={onEdit}>{texts.studio.edit}</Button>
        <Button look="quiet" onPress={retire}>
          {kind.is_active ? texts.studio.retire : texts.studio.bringBack}
        </Button>
      </div>
    </li>
  );
}

function inOrder(kinds: readonly AdminGiftKind[]): AdminGiftKind[] {
  return [...kinds].sort((one, other) => one.sort_order - other.sort_order || one.id.localeCompare(other.id));
}
