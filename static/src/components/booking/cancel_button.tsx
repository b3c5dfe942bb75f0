/** Gives a booking up, after asking, with a word for the other one. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import type { Consultation, Participant } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { TextField } from "../fields";
import { ProblemNote } from "../notes";

const REASON_LENGTH = 500;

export function CancelButton(props: {
  booking: Consultation;
  other: Participant;
  onCancelled?: (booking: Consultation) => void;
}) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button look="quiet" onPress={() => setAsking(true)}>
        {texts.bookings.cancel}
        <span class="for-screen-readers"> {props.other.display_name}</span>
      </Button>
      {isAsking && <CancelDialog {...props} onClose={() => setAsking(false)} />}
    </>
  );
}

function CancelDialog(props: {
  booking: Consultation;
  other: Participant;
  onCancelled?: (booking: Consultation) => void;
  onClose: () => void;
}) {
  const { booking, other } = props;
  const { bookings, notices, resources } = useServices();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const cancel = async () => {
    setProblem(null);
    try {
      const written = reason.trim();
      const cancelled = await resources.cancelBooking(booking.id, written === "" ? {} : { reason: written });
      notices.say(texts.bookings.cancelled(other.display_name));
      props.onClose();
      props.onCancelled?.(cancelled);
      bookings.hear(cancelled);
    } catch (error) {
      setProblem(asProblem(error));
      void bookings.reload();
    }
  };
  return (
    <Dialog title={texts.bookings.cancelTitle(other.display_name)} onClose={props.onClose}>
      <div class="stack">
        <p>{texts.bookings.cancelHint(other.display_name)}</p>
        <TextField
          label={texts.bookings.cancelReason(other.display_name)}
          value={reason}
          onInput={setReason}
          maxLength={REASON_LENGTH}
          isMultiline
          rows={2}
        />
        <ProblemNote problem={problem} />
        <div class="row">
          <Button onPress={props.onClose}>{texts.bookings.keep}</Button>
          <Button look="danger" busyText={texts.bookings.cancelling} onPress={cancel}>
            {texts.bookings.cancelConfirm}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
