/** While it is live: picture and controls, figures, and beside them chat, requests and order. */
import { useState } from "preact/hooks";
import { texts } from "../../texts";
import { Button } from "../button";
import { useLine } from "../desk/line";
import { EndDialog } from "./end_dialog";
import { LiveControls } from "./live_controls";
import { LiveFigures } from "./live_figures";
import { type LivePart, LiveStage } from "./live_stage";
import { SidePanel } from "./side_panel";

export function LiveView(props: LivePart) {
  const { livestream, publisher } = props;
  const [isEnding, setEnding] = useState(false);
  const places = useLine();
  const stage = publisher?.stage.value;
  const isSending = stage === "starting" || stage === "live" || stage === "reconnecting";
  return (
    <div class="studio-live">
      <div class="studio-live__main stack">
        <div class="studio-live__stage">
          <LiveStage {...props} />
          {publisher !== null && isSending && <LiveControls publisher={publisher} onEnd={() => setEnding(true)} />}
        </div>
        {livestream !== null && !isSending && (
          <div>
            <Button look="danger" onPress={() => setEnding(true)}>
              {texts.studio.endIt}
            </Button>
          </div>
        )}
        {livestream !== null && <h1 class="studio-live__title">{livestream.title}</h1>}
        {livestream !== null && <LiveFigures livestream={livestream} />}
      </div>
      {livestream !== null && <SidePanel livestream={livestream} places={places ?? []} />}
      {isEnding && livestream !== null && <EndDialog livestream={livestream} onClose={() => setEnding(false)} />}
    </div>
  );
}
