/** The check of a call that has not begun: done while it rings or while one waits, it lets the call open at once. */
import { CircleCheck } from "lucide-preact";
import { useServices } from "../../services";
import { DeviceCheck } from "./device_check";
import type { RoomPart } from "./part";

export function GettingReady(props: RoomPart & { joinText: string; readyText: string }) {
  const { consultation } = props;
  const { ownCall } = useServices();
  if (consultation.type === "chat") return null;
  if (ownCall.isReady(consultation.id)) {
    return (
      <p class="getting-ready" role="status">
        <CircleCheck size={20} aria-hidden="true" />
        {props.readyText}
      </p>
    );
  }
  return <DeviceCheck consultationId={consultation.id} mode={consultation.type} joinText={props.joinText} />;
}
