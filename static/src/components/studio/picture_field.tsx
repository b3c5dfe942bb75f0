/** Choosing a picture, which is sent at once; the form then carries the upload's id. */
import { ImagePlus, X } from "lucide-preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { ProblemNote } from "../notes";

export interface PictureFieldProps {
  label: string;
  hint?: string;
  /** What is there before anything is chosen. */
  url: string | null;
  alt: string;
  isRemovable?: boolean;
  isSquare?: boolean;
  problem?: string | undefined;
  onChange: (uploadId: string | null) => void;
}

export function PictureField(props: PictureFieldProps) {
  const { resources } = useServices();
  const input = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(
    () => () => {
      if (chosen !== null) URL.revokeObjectURL(chosen);
    },
    [chosen],
  );
  const shown = chosen ?? props.url;
  const send = async (file: File) => {
    setBusy(true);
    setProblem(null);
    try {
      const upload = await resources.upload(file, file.name);
      setChosen(URL.createObjectURL(file));
      props.onChange(upload.id);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  const remove = () => {
    setChosen(null);
    props.onChange(null);
  };
  return (
    <div class="field">
      <span class="field__label">{props.label}</span>
      {shown !== null && (
        <img class={`picture-field${props.isSquare ? " picture-field--square" : ""}`} src={shown} alt={props.alt} />
      )}
      <input
        ref={input}
        type="file"
        hidden
        accept="image/png,image/jpeg,image/webp,image/gif"
        aria-label={props.label}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file !== undefined) void send(file);
        }}
      />
      <div class="row">
        <Button isBusy={isBusy} busyText={texts.studio.uploading} onPress={() => input.current?.click()}>
          <ImagePlus size={18} aria-hidden="true" />
          {shown === null ? texts.studio.coverChoose : texts.studio.coverChange}
        </Button>
        {props.isRemovable && shown !== null && (
          <Button look="quiet" onPress={remove}>
            <X size={18} aria-hidden="true" />
            {texts.studio.coverRemove}
          </Button>
        )}
      </div>
      {props.hint && <span class="field__hint">{props.hint}</span>}
      {props.problem && <span class="field__problem">{props.problem}</span>}
      <ProblemNote problem={problem} />
    </div>
  );
}
