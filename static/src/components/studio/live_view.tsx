/** While it is live: picture and controls, figures, and beside them chat, requests and order. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { useLine } from "../desk/line";
import { TopSenders } from "../gifts/top_senders";
import { ChangeDialog } from "./change_dialog";
import { EndDialog } from "./end_dialog";
import { LiveControls } from "./live_controls";
import { LiveFigures } from "./live_figures";
import { type LivePart, LiveStage } from "./live_stage";
import { SidePanel } from "./side_panel";

export function LiveView(props: LivePart) {
  const { livestream, publisher } = props;
  const [isEnding, setEnding] = useState(false);
  const [isChanging, setChanging] = useState(false);
  const places = useLine();
  const room = useServices().ownLivestream.room.value;
  const stage = publisher?.stage.value;
  const stageElement = useRef<HTMLDivElement>(null);
  const isPrivate = livestream?.pause_reason === "private";
  useEffect(() => {
    // It was pressed further down, and what becomes of it is said over the picture.
    if (isPrivate) stageElement.current?.scrollIntoView({ block: "nearest" });
  }, [isPrivate]);
  const isSending = stage === "starting" || stage === "live" || stage === "reconnecting";
  return (
    <div class="studio-live">
      <div class="studio-live__main stack">
        <div class="studio-live__stage" ref={stageElement}>
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
        {livestream !== null && (
          <div class="row row--apart">
            <h1 class="studio-live__title grow">{livestream.title}</h1>
            <Button onPress={() => setChanging(true)}>{texts.studio.edit}</Button>
          </div>
        )}
        {livestream !== null && <LiveFigures livestream={livestream} />}
      </div>
      {livestream !== null && <SidePanel livestream={livestream} places={places ?? []} />}
      {livestream !== null && room !== null && (
        <div class="studio-live__below card">
          <TopSenders livestream={livestream} topSenders={room.topSenders.value} />
        </div>
      )}
      {isChanging && livestream !== null && <ChangeDialog livestream={livestream} onClose={() => setChanging(false)} />}
      {isEnding && livestream !== null && <EndDialog livestream={livestream} onClose={() => setEnding(false)} />}
    </div>
  );
}
