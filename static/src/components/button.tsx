/** A button that says when it is working and cannot be pressed twice. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export interface ButtonProps {
  children: ComponentChildren;
  onPress?: () => unknown;
  type?: "button" | "submit";
  look?: "plain" | "primary" | "danger" | "quiet";
  isWide?: boolean;
  isBusy?: boolean;
  isDisabled?: boolean;
  /** Shown instead of the children while busy. */
  busyText?: string;
  /** The whole name for screen readers, when the button shows only an icon. */
  label?: string;
  isPressed?: boolean;
  form?: string;
}

export function Button(props: ButtonProps) {
  const [isWorking, setWorking] = useState(false);
  const isMounted = useRef(true);
  useEffect(
    () => () => {
      isMounted.current = false;
    },
    [],
  );
  const isBusy = isWorking || props.isBusy === true;
  const press = async () => {
    if (isBusy) return;
    setWorking(true);
    try {
      await props.onPress?.();
    } finally {
      if (isMounted.current) setWorking(false);
    }
  };
  const look = props.look === undefined || props.look === "plain" ? "" : ` button--${props.look}`;
  const shape = `${props.isWide ? " button--wide" : ""}${props.label && !props.busyText ? " button--icon" : ""}`;
  return (
    <button
      type={props.type ?? "button"}
      class={`button${look}${shape}`}
      disabled={isBusy || props.isDisabled}
      aria-busy={isBusy}
      aria-label={props.label}
      aria-pressed={props.isPressed}
      form={props.form}
      onClick={props.onPress === undefined ? undefined : () => void press()}
    >
      {isBusy && <span class="button__spinner" aria-hidden="true" />}
      {isBusy && props.busyText !== undefined ? props.busyText : isBusy && props.label ? null : props.children}
    </button>
  );
}
