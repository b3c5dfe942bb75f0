/** What a visitor without a login sees of a livestream: what it is, and the way in. */
import type { Livestream } from "../../livestreams/protocol";
import { texts } from "../../texts";
import { Beginning } from "./coming";
import { LiveSign } from "./live_sign";
import { Curtain } from "./viewer_stage";
import { About, Who } from "./who";

export function Foyer(props: { livestream: Livestream }) {
  const { livestream } = props;
  const { status } = livestream;
  return (
    <div class="foyer stack">
      <div class="viewer-stage viewer-stage--calm">
        <Curtain livestream={livestream} />
        <div class="viewer-stage__signs">
          <LiveSign livestream={livestream} />
        </div>
      </div>
      {status === "scheduled" && <Beginning livestream={livestream} />}
      <Who livestream={livestream} />
      <About livestream={livestream} />
      {status !== "cancelled" && (
        <div class="card stack">
          <a
            class="button button--primary button--wide"
            href={`/login?next=${encodeURIComponent(`/live/${livestream.id}`)}`}
          >
            {texts.livestreams.logInToWatch}
          </a>
          <p class="soft">{texts.livestreams.logInHint}</p>
        </div>
      )}
    </div>
  );
}
