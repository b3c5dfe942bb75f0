/** One kind of gift: added, or changed. */
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import type { AdminGiftKind } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { editableMoney, parseMoney } from "../../texts/formats";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { TextField } from "../fields";
import { ProblemNote } from "../notes";
import { PictureField } from "../studio/picture_field";

export interface GiftKindDialogProps {
  /** Null: a new one. */
  kind: AdminGiftKind | null;
  /** Where a new one stands in the list. */
  sortOrder: number;
  onSaved: (kind: AdminGiftKind) => void;
  onClose: () => void;
}

export function GiftKindDialog(props: GiftKindDialogProps) {
  const { kind } = props;
  const { resources, notices, site } = useServices();
  const currency = kind?.currency ?? site.value?.currency ?? "USD";
  const [name, setName] = useState(kind?.name ?? "");
  const [description, setDescription] = useState(kind?.description ?? "");
  const [price, setPrice] = useState(kind === null ? "" : editableMoney(kind.price_minor, currency));
  const [uploadId, setUploadId] = useState<string | null>(null);
  const [isChecked, setChecked] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const priceMinor = parseMoney(price, currency);
  const hasPicture = kind !== null || uploadId !== null;
  const save = async (event: Event) => {
    event.preventDefault();
    setChecked(true);
    setProblem(null);
    if (!priceMinor || !hasPicture) return;
    const body = {
      name: name.trim(),
      description: description.trim(),
      price_minor: priceMinor,
      ...(uploadId === null ? {} : { image_upload_id: uploadId }),
    };
    try {
      const saved =
        kind === null
          ? await resources.addGiftKind({ ...body, sort_order: props.sortOrder })
          : await resources.changeGiftKind(kind.id, body);
      notices.say(kind === null ? texts.studio.kindAdded(saved.name) : texts.shell.saved);
      props.onSaved(saved);
      props.onClose();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <Dialog title={kind === null ? texts.studio.addKind : texts.studio.changeKind} onClose={props.onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <TextField
          label={texts.studio.kindName}
          value={name}
          isRequired
          maxLength={40}
          onInput={setName}
          problem={problem?.fieldMessage("name")}
        />
        <TextField
          label={texts.studio.kindDescription}
          value={description}
          maxLength={200}
          onInput={setDescription}
          problem={problem?.fieldMessage("description")}
        />
        <TextField
          label={texts.studio.kindPrice(currency)}
          inputMode="decimal"
          value={price}
          onInput={setPrice}
          problem={isChecked && !priceMinor ? texts.studio.badAmount : problem?.fieldMessage("price_minor")}
        />
        <PictureField
          label={texts.studio.kindPicture}
          url={kind?.image_url ?? null}
          alt={texts.studio.kindPictureAlt(name)}
          isSquare
          problem={isChecked && !hasPicture ? texts.studio.kindPictureNeeded : problem?.fieldMessage("image_upload_id")}
          onChange={setUploadId}
        />
        <ProblemNote problem={problem} />
        <div class="row">
          <Button look="primary" type="submit">
            {texts.shell.save}
          </Button>
          <Button onPress={props.onClose}>{texts.shell.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}
