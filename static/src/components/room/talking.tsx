/** The running consultation: head, notices, messages, composer; and what lies over them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { TopUpDialog } from "../top_up_dialog";
import { Composer } from "./composer";
import { EndDialog } from "./end_dialog";
import { MessageList } from "./message_list";
import type { RoomPart } from "./part";
import { RoomHead } from "./room_head";
import { RoomNotice } from "./room_notice";
import { StoppedClock } from "./stopped_clock";

export function Talking(props: RoomPart) {
  const { consultation } = props;
  const [isEnding, setEnding] = useState(false);
  const [isToppingUp, setToppingUp] = useState(false);
  const { site } = useServices();
  const [goesOn, setGoesOn] = useState(false);
  const isStopped = consultation.is_paused && consultation.pause_reason === "balance";
  const wasStopped = useRef(isStopped);
  useEffect(() => {
    if (isStopped) setToppingUp(false);
    setGoesOn(!isStopped && wasStopped.current);
    wasStopped.current = isStopped;
  }, [isStopped]);
  return (
    <div class="room">
      <RoomHead {...props} onEnd={() => setEnding(true)} />
      <RoomNotice {...props} onAddMoney={() => setToppingUp(true)} />
      <div class={`room__middle${isStopped ? " room__middle--dim" : ""}`}>
        <MessageList {...props} />
      </div>
      <span class="for-screen-readers" role="status">
        {goesOn ? texts.room.goesOn : ""}
      </span>
      {isStopped && <StoppedClock {...props} onEnd={() => setEnding(true)} />}
      {!isStopped && <Composer {...props} />}
      {isEnding && <EndDialog {...props} onClose={() => setEnding(false)} />}
      {isToppingUp && site.value !== null && (
        <TopUpDialog ratePerMinuteMinor={consultation.rate_per_minute_minor} onClose={() => setToppingUp(false)} />
      )}
    </div>
  );
}
