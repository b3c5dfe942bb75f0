/** Asks the server to let two people go on in another way. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/problems";
import type { RoomPart } from "../components/room/part";
import type { ConsultationType } from "../protocol";
import { describeChange } from "../rooms/modes";
import { useServices } from "../services";

export function useModeChange(part: RoomPart) {
  const { live, liveConsultation, ownCall } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const change = async (mode: ConsultationType): Promise<boolean> => {
    setProblem(null);
    const { isMore, ratePerMinuteMinor } = describeChange(part.consultation, mode);
    // What the client saw beside the button is what they agree to.
    const agreed = isMore && part.isClient ? { agreed_rate_per_minute_minor: ratePerMinuteMinor } : {};
    if (isMore && mode !== "chat") ownCall.wishFor(part.consultation.id, mode);
    try {
      const answer = await live.send("consultation.set_mode", {
        consultation_id: part.consultation.id,
        mode,
        ...agreed,
      });
      part.room.tellSnapshot(answer.consultation);
      liveConsultation.hear(answer.consultation);
      return true;
    } catch (error) {
      setProblem(asProblem(error));
      return false;
    }
  };
  return { change, problem };
}
