/** One field and send. Enter sends on a keyboard, Shift+Enter makes a new line; drafts are kept as they are typed. */
import { ImagePlus, SendHorizontal } from "lucide-preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { ProblemNote } from "../notes";
import { RoomGiftButton } from "./gifts";
import type { RoomPart } from "./part";

const MAXIMUM_CHARACTERS = 4_000;
const MAXIMUM_LINES_PX = 160;
const IMAGE_TYPES = "image/png,image/jpeg,image/webp,image/gif";

export function Composer(props: RoomPart) {
  const { room } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const draft = room.draft.value;
  const [problem, setProblem] = useState<Problem | null>(null);
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight + 2, MAXIMUM_LINES_PX)}px`;
  }, [draft]);
  const send = () => {
    const content = draft.trim();
    if (content === "") return;
    room.post(content);
    field.current?.focus();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <ProblemNote problem={problem} />
      <div class="composer__row">
        <AttachButton {...props} onProblem={setProblem} />
        <label class="grow">
          <span class="for-screen-readers">{texts.room.composer}</span>
          <textarea
            ref={field}
            class="input composer__field"
            rows={1}
            maxLength={MAXIMUM_CHARACTERS}
            placeholder={texts.room.composer}
            value={draft}
            onInput={(event) => room.writeDraft(event.currentTarget.value)}
            onKeyDown={(event) => {
              const isSending = event.key === "Enter" && !event.shiftKey && !event.isComposing && hasKeyboard();
              if (!isSending) return;
              event.preventDefault();
              send();
            }}
          />
        </label>
        <button
          type="submit"
          class="button button--primary button--icon"
          aria-label={texts.room.send}
          disabled={draft.trim() === ""}
        >
          <SendHorizontal size={20} aria-hidden="true" />
        </button>
        {props.consultation.status === "in_progress" && <RoomGiftButton {...props} />}
      </div>
    </form>
  );
}

function AttachButton(props: RoomPart & { onProblem: (problem: Problem | null) => void }) {
  const { resources } = useServices();
  const input = useRef<HTMLInputElement>(null);
  const [isUploading, setUploading] = useState(false);
  const attach = async (file: File) => {
    setUploading(true);
    props.onProblem(null);
    try {
      const upload = await resources.upload(file, file.name);
      props.room.post(upload.id, "image");
    } catch (error) {
      props.onProblem(asProblem(error));
    } finally {
      setUploading(false);
    }
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept={IMAGE_TYPES}
        aria-label={texts.room.attach}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file !== undefined) void attach(file);
        }}
      />
      <Button look="quiet" label={texts.room.attach} isBusy={isUploading} onPress={() => input.current?.click()}>
        <ImagePlus size={22} />
      </Button>
      <span class="for-screen-readers" role="status">
        {isUploading ? texts.room.uploadingImage : ""}
      </span>
    </>
  );
}

/** On a touch keyboard Enter makes a new line, as everywhere else on the phone. */
function hasKeyboard(): boolean {
  return !window.matchMedia("(pointer: coarse)").matches;
}
