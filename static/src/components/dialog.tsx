/** A modal dialog (a sheet from below on phones) on the browser's own element: focus and Escape come with it. */
import { X } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { texts } from "../texts";
import { Button } from "./button";

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** False: something is going on in it that must not be left now. */
  isClosable?: boolean;
  /**
   * For what brings frames of its own, such as a bank's question about a payment: nothing can lie above a browser's modal dialog,
   * so this one lies below, and the page behind it is made inert by hand.
   */
  isBelowFrames?: boolean;
  /** It comes by itself, perhaps while somebody types: focus goes to the title, where no key presses anything. */
  comesByItself?: boolean;
}

export function Dialog(props: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const titleId = useId();
  const isClosable = props.isClosable ?? true;
  const close = () => {
    if (isClosable) props.onClose();
  };
  useEffect(() => {
    const dialog = element.current;
    const opener = document.activeElement;
    const release = props.isBelowFrames && dialog !== null ? showBelowFrames(dialog) : () => undefined;
    if (!props.isBelowFrames) dialog?.showModal();
    if (props.comesByItself) title.current?.focus();
    return () => {
      release();
      dialog?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog${props.isBelowFrames ? " dialog--below-frames" : ""}`}
      aria-labelledby={titleId}
      aria-modal={props.isBelowFrames ? "true" : undefined}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onKeyDown={(event) => {
        if (props.isBelowFrames && event.key === "Escape") close();
      }}
    >
      <div class="dialog__head">
        <h2 id={titleId} ref={title} tabIndex={props.comesByItself ? -1 : undefined}>
          {props.title}
        </h2>
        <Button look="quiet" label={texts.shell.close} isDisabled={!isClosable} onPress={close}>
          <X size={20} />
        </Button>
      </div>
      {props.children}
    </dialog>
  );
}

/** Everything of the page but the dialog and what it lies in; frames that others add to the body stay usable. */
function showBelowFrames(dialog: HTMLDialogElement): () => void {
  const made: HTMLElement[] = [];
  for (let part: HTMLElement = dialog; part.parentElement && part.parentElement !== document.body; ) {
    const { parentElement } = part;
    for (const sibling of parentElement.children) {
      if (sibling === part || !(sibling instanceof HTMLElement) || sibling.inert) continue;
      sibling.inert = true;
      made.push(sibling);
    }
    part = parentElement;
  }
  dialog.show();
  return () => {
    for (const element of made) element.inert = false;
  };
}
