/** Beside the picture: the chat, who waits for a private consultation, and who may write. */
import { useState } from "preact/hooks";
import type { Livestream } from "../../livestreams/protocol";
import type { QueuePlace } from "../../protocol";
import { texts } from "../../texts";
import { OrderPanel } from "./order_panel";
import { RequestsPanel } from "./requests_panel";
import { StudioChat } from "./studio_chat";

type Tab = "chat" | "requests" | "order";
const TABS: readonly Tab[] = ["chat", "requests", "order"];

export function SidePanel(props: { livestream: Livestream; places: readonly QueuePlace[] }) {
  const [tab, setTab] = useState<Tab>("chat");
  const names: Record<Tab, string> = {
    chat: texts.studio.tabChat,
    requests: texts.studio.tabRequests(props.places.length),
    order: texts.studio.tabOrder,
  };
  return (
    <section class="studio-side card" aria-label={texts.studio.side}>
      <div class="segments studio-side__tabs">
        {TABS.map((one) => (
          <button key={one} type="button" aria-pressed={one === tab} onClick={() => setTab(one)}>
            {names[one]}
          </button>
        ))}
      </div>
      {/* The chat stays, so that what was typed and where one read is kept. */}
      <div class="studio-side__chat" hidden={tab !== "chat"}>
        <StudioChat livestream={props.livestream} />
      </div>
      {tab === "requests" && <RequestsPanel {...props} />}
      {tab === "order" && <OrderPanel livestream={props.livestream} />}
    </section>
  );
}
