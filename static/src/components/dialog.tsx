/** A modal dialog (a sheet from below on phones) on the browser's own element: focus and Escape come with it. */
import { X } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { texts } from "../texts";
import { Button } from "./button";

export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    const opener = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <div class="dialog__head">
        <h2 id={titleId}>{props.title}</h2>
        <Button look="quiet" label={texts.shell.close} onPress={props.onClose}>
          <X size={20} />
        </Button>
      </div>
      {props.children}
    </dialog>
  );
}
