/** One review for one consultation, by the client, after something was paid. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { TextField } from "../fields";
import { Note, ProblemNote } from "../notes";
import { StarsInput } from "../rating";
import type { RoomPart } from "./part";

export function ReviewForm(props: RoomPart) {
  const { consultation, other, room } = props;
  const { resources } = useServices();
  const [rating, setRating] = useState(0);
  const [comment, setComment] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  if (consultation.review !== null || isDone) {
    return (
      <Note tone="positive">
        <p role="status">{texts.room.reviewThanks}</p>
      </Note>
    );
  }
  if (consultation.total_cost_minor <= 0) return null;
  const publish = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const words = comment.trim();
      await resources.review(consultation.id, words === "" ? { rating } : { rating, comment: words });
      setDone(true);
      room.tellSnapshot(await resources.consultation(consultation.id));
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        void publish();
      }}
    >
      <h2>{texts.room.reviewTitle(other.display_name)}</h2>
      <StarsInput value={rating} onChange={setRating} />
      <TextField
        label={texts.room.reviewComment}
        isMultiline
        maxLength={2_000}
        value={comment}
        onInput={setComment}
        problem={problem?.fieldMessage("comment")}
      />
      <ProblemNote problem={problem} />
      <div>
        <Button type="submit" look="primary" isBusy={isBusy} isDisabled={rating === 0}>
          {texts.room.reviewSend}
        </Button>
      </div>
    </form>
  );
}
