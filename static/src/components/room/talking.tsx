/** The running consultation: head, notices, messages or call, composer; and what lies over them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { TopUpDialog } from "../top_up_dialog";
import { CallRoom } from "./call_room";
import { Composer } from "./composer";
import { EndDialog } from "./end_dialog";
import { RoomGiftLayer } from "./gifts";
import { MessageList } from "./message_list";
import { ModeBar } from "./mode_bar";
import type { RoomPart } from "./part";
import { RecordingBar } from "./recording";
import { RoomHead } from "./room_head";
import { RoomNotice } from "./room_notice";
import { StoppedClock, StoppedWords } from "./stopped_clock";

export function Talking(props: RoomPart) {
  const { consultation } = props;
  const { mode } = consultation;
  const [isEnding, setEnding] = useState(false);
  const { site, addingMoney } = useServices();
  // Whoever comes back from their bank's page wants to know what became of it.
  const [isToppingUp, setToppingUp] = useState(props.isClient && addingMoney.hasReturned);
  const [goesOn, setGoesOn] = useState(false);
  const isStopped = consultation.is_paused && consultation.pause_reason === "balance";
  const wasStopped = useRef(isStopped);
  useEffect(() => {
    const isGoingOn = !isStopped && wasStopped.current;
    if (isGoingOn) setToppingUp(false);
    setGoesOn(isGoingOn);
    wasStopped.current = isStopped;
  }, [isStopped]);
  const askToEnd = () => setEnding(true);
  return (
    <div class={`room${mode === "chat" ? "" : " room--call"}`}>
      <RoomHead {...props} onEnd={mode === "chat" ? askToEnd : undefined} />
      <RoomNotice {...props} onAddMoney={() => setToppingUp(true)} />
      <ModeBar {...props} />
      <RecordingBar {...props} />
      {mode !== "chat" && <CallRoom {...props} mode={mode} isStopped={isStopped} onEnd={askToEnd} />}
      {mode === "chat" && (
        <div class={`room__middle${isStopped ? " room__middle--dim" : ""}`}>
          <MessageList {...props} />
        </div>
      )}
      <RoomGiftLayer {...props} />
      <span class="for-screen-readers" role="status">
        {goesOn ? texts.room.goesOn : isStopped && isToppingUp ? texts.room.stoppedTitle : ""}
      </span>
      {isStopped && !isToppingUp && <StoppedClock {...props} onEnd={askToEnd} />}
      {mode === "chat" && !isStopped && <Composer {...props} />}
      {isEnding && <EndDialog {...props} onClose={() => setEnding(false)} />}
      {isToppingUp && site.value !== null && (
        // Stays open when the clock stops, so that a card that is being typed is not lost.
        <TopUpDialog ratePerMinuteMinor={consultation.rate_per_minute_minor} onClose={() => setToppingUp(false)}>
          {isStopped && (
            <div class="stopped__inline">
              <StoppedWords {...props} />
            </div>
          )}
        </TopUpDialog>
      )}
    </div>
  );
}
