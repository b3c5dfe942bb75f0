/** Single keys for the call; never while somebody types, and never while a dialog asks something. */
import { useEffect, useRef } from "preact/hooks";

export function useShortcuts(actions: Readonly<Record<string, () => void>>, isOn: boolean): void {
  const newest = useRef(actions);
  newest.current = actions;
  useEffect(() => {
    if (!isOn) return;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const action = newest.current[event.key.toLowerCase()];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [isOn]);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input, textarea, select");
}
